namespace CqlDriver.SimulationTests;

/// <summary>Runs schedules.</summary>
internal static class Simulation
{
    private const int LinesTold = 50;
    private const int MostShrinkingRuns = 4_000;
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(120);

    /// <summary>One run, from the first choice to the last thing closed.</summary>
    public static SimulationResult Run(ChoiceSource source, int steps, SimulationOptions options)
    {
        var world = new SimulationWorld(source, options);
        Exception? failure = null;
        try
        {
            world.Begin();
            for (var i = 0; i < steps && !world.HasEnded; i++)
            {
                world.Step();
            }

            if (world.Choose(ChoicePoint.Settle, 4) == 0)
            {
                world.Describe("faults stop");
                world.Actions.HealAll();
                world.Application.UnforceAll();

                // An event may have been lost on a connection that lives on.
                world.Application.Refresh();
                world.Settle(SettleTime, 20_000);
                world.CheckWell();
            }

            world.End();
            world.Recording?.Check(world.Metadata);
        }
#pragma warning disable CA1031 // Whatever the driver throws is what was looked for.
        catch (Exception error)
#pragma warning restore CA1031
        {
            failure = error;
        }

        return new SimulationResult(failure, new Schedule(steps, [.. world.Answers]), world.StepCount, world.LoopSteps, world.Hash) { StepStarts = world.StepStarts };
    }

    /// <summary>A failure as it is told: the shrunk schedule in words, what did not hold, and the lines that replay both.</summary>
    public static string Explain(SimulationResult found, SimulationOptions options)
    {
        options = options with { Coverage = null, Narrator = null };
        var shrunk = new ScheduleShrinker(options, MostShrinkingRuns).Shrink(found.Schedule);
        var result = Run(new RecordedChoices(shrunk.Answers), shrunk.Steps, options);
        var what = result.Failure is InvariantViolationException ? result.Failure.Message : result.Failure?.ToString() ?? "everything held when it was replayed";
        return string.Join('\n', [.. Tell(shrunk, LinesTold, options), what, $"found:  {options.Arguments} --schedule {found.Schedule}", $"shrunk: {options.Arguments} --schedule {shrunk}"]);
    }

    /// <summary>The last steps of a schedule, in words.</summary>
    public static IReadOnlyList<string> Tell(Schedule schedule, int last, SimulationOptions options)
    {
        var told = new Queue<string>();
        Run(new RecordedChoices(schedule.Answers), schedule.Steps, options with
        {
            Narrator = line =>
            {
                told.Enqueue(line);
                if (told.Count > last)
                {
                    told.Dequeue();
                }
            },
        });
        return [.. told];
    }
}

/// <param name="Failure">What did not hold; null: everything held.</param>
/// <param name="Schedule">The run.</param>
/// <param name="Steps">Steps of the world.</param>
/// <param name="LoopSteps">Steps of the driver's loop.</param>
/// <param name="Hash">Of everything that happened.</param>
internal sealed record SimulationResult(Exception? Failure, Schedule Schedule, int Steps, int LoopSteps, ulong Hash)
{
    /// <summary>Where the answers of each step begin.</summary>
    public IReadOnlyList<int> StepStarts { get; init; } = [];

    /// <summary>The name of the invariant; that of a defect that threw is "fault".</summary>
    public string? Invariant => Failure is null ? null : (Failure as InvariantViolationException)?.Invariant ?? "fault";
}
