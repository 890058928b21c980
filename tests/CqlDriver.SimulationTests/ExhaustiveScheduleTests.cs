using CqlDriver.Topology;
using FluentAssertions;
using Xunit;
using Xunit.Abstractions;

namespace CqlDriver.SimulationTests;

/// <summary>All orders of a few choices around each thing that can happen to a cluster, in the smallest world there is.</summary>
public sealed class ExhaustiveScheduleTests(ITestOutputHelper output)
{
    private const int QuietSteps = 40;
    private const int FreeSteps = 14;
    private const int Depth = 10;

    public static TheoryData<int> Actions => [.. Enumerable.Range(0, WorldActions.Count)];

    [Theory]
    [MemberData(nameof(Actions))]
    public void Every_order_of_the_first_choices_after_an_action_holds(int action)
    {
        var (result, runs) = Explore(action, Defences.All);

        output.WriteLine($"{runs} combinations");
        runs.Should().BeGreaterThan(100);
        if (result is not null)
        {
            Assert.Fail(Simulation.Explain(result, new SimulationOptions()));
        }
    }

    [Fact]
    public void It_finds_what_is_not_defended_against()
    {
        var found = Enumerable.Range(0, WorldActions.Count).Select(action => Explore(action, Defences.All.Without(Race.ReAdded)).Found).FirstOrDefault(found => found is not null);

        found!.Invariant.Should().Be("I1");
    }

    private static (SimulationResult? Found, int Runs) Explore(int action, Defences defences)
    {
        var choices = new ExhaustiveChoices(action, Depth, QuietSteps);
        do
        {
            var result = Simulation.Run(choices, QuietSteps + FreeSteps, new SimulationOptions { Defences = defences });
            if (result.Failure is not null)
            {
                return (result, choices.Runs);
            }
        }
        while (choices.TryTurn());

        return (null, choices.Runs);
    }
}
