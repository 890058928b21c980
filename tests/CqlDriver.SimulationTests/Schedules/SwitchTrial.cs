using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>Takes the defences against one race away and looks for the schedule that shows it.</summary>
internal static class SwitchTrial
{
    /// <summary>The first violation, or the first of one invariant; no failure when there was none in so many schedules.</summary>
    public static (SimulationResult Result, int Schedules) Run(Race race, ulong seed, int mostSchedules, int steps, string? invariant = null)
    {
        var options = new SimulationOptions { Defences = Defences.All.Without(race), World = WorldOf(race) };
        var choices = new RandomChoices(seed);
        SimulationResult? result = null;
        for (var i = 0; i < mostSchedules; i++)
        {
            choices.Reset(seed + (ulong)i);
            result = Simulation.Run(choices, steps, options);
            if (result.Failure is not null && (invariant ?? result.Invariant) == result.Invariant)
            {
                return (result, i + 1);
            }
        }

        return (result!, mostSchedules);
    }

    private static WorldKind WorldOf(Race race) => race switch
    {
        Race.LateTabletHint => WorldKind.Tablets,
        Race.ClientRoutes or Race.BadRoute => WorldKind.Routes,
        Race.BatchHalf or Race.OldEntry => WorldKind.Log,
        _ => WorldKind.Nodes,
    };
}
