using FluentAssertions;
using Xunit;

namespace CqlDriver.SimulationTests;

public sealed class RandomScheduleTests
{
    private const int Steps = 250;

    [Fact]
    public void Every_invariant_holds_over_random_schedules()
    {
        var choices = new RandomChoices(0);
        for (ulong seed = 1; seed <= 3_000; seed++)
        {
            choices.Reset(seed);
            Passing(Simulation.Run(choices, Steps, new SimulationOptions()), new SimulationOptions());
        }
    }

    [Fact]
    public void Every_invariant_holds_while_the_schema_is_read_too()
    {
        var choices = new RandomChoices(0);
        var options = new SimulationOptions { ReadsSchema = true };
        for (ulong seed = 1; seed <= 500; seed++)
        {
            choices.Reset(seed);
            Passing(Simulation.Run(choices, Steps, options), options);
        }
    }

    [Theory]
    [InlineData(nameof(WorldKind.Nodes))]
    [InlineData(nameof(WorldKind.Tablets))]
    [InlineData(nameof(WorldKind.Routes))]
    [InlineData(nameof(WorldKind.Log))]
    public void Every_invariant_holds_in_each_kind_of_world_and_recordings_replay(string world)
    {
        var choices = new RandomChoices(0);
        for (ulong seed = 1; seed <= 600; seed++)
        {
            choices.Reset(seed);
            var options = new SimulationOptions { World = Enum.Parse<WorldKind>(world) }.ForSeed(seed);
            Passing(Simulation.Run(choices, Steps, options), options);
        }
    }

    [Fact]
    public void A_seed_run_twice_gives_the_same_trace()
    {
        for (ulong seed = 1; seed <= 100; seed++)
        {
            var first = Simulation.Run(new RandomChoices(seed), Steps, new SimulationOptions());
            var second = Simulation.Run(new RandomChoices(seed), Steps, new SimulationOptions());
            second.Hash.Should().Be(first.Hash, "seed {0} decides everything", seed);
        }
    }

    [Fact]
    public void A_printed_schedule_replays_the_run()
    {
        for (ulong seed = 1; seed <= 50; seed++)
        {
            var run = Simulation.Run(new RandomChoices(seed), Steps, new SimulationOptions());
            var replayed = Schedule.Parse(run.Schedule.ToString());
            Simulation.Run(new RecordedChoices(replayed.Answers), replayed.Steps, new SimulationOptions()).Hash.Should().Be(run.Hash);
        }
    }

    private static void Passing(SimulationResult result, SimulationOptions options)
    {
        if (result.Failure is not null)
        {
            Assert.Fail(Simulation.Explain(result, options));
        }
    }
}
