using FluentAssertions;
using Xunit;
using Xunit.Abstractions;

namespace CqlDriver.SimulationTests;

public sealed class RandomScheduleTests(ITestOutputHelper output)
{
    [Fact]
    public void Invariants_hold_over_random_schedules()
    {
        var failures = 0;
        for (ulong seed = 1; seed <= 2_000; seed++)
        {
            var result = Simulation.Run(new RandomChoices(seed), 300, new SimulationOptions());
            if (result.Failure is not null)
            {
                failures++;
                output.WriteLine($"seed {seed}: {result.Failure.Message}\n--schedule {result.Schedule}\n{string.Join('\n', Simulation.Tell(result.Schedule, 40))}\n{result.Failure.StackTrace}");
                break;
            }
        }

        failures.Should().Be(0);
    }
}
