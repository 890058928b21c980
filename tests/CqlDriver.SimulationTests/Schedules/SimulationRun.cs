using System.Diagnostics;
using System.Globalization;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>
/// Runs schedules for some seconds and says what was seen: <c>--seconds N --seed S --steps N --schedules N --without Race</c>; or
/// replays one: <c>--schedule B64 --lines N</c>; each kind of world in turn, unless <c>--world Kind</c> names one; or takes the defences against each race away in turn: <c>--switches</c>. The exit
/// status is not zero when something did not hold; the last line replays it.
/// </summary>
internal static class SimulationRun
{

    public static int FromArguments(string[] args)
    {
        var seconds = double.Parse(Option(args, "--seconds") ?? "60", CultureInfo.InvariantCulture);
        var steps = int.Parse(Option(args, "--steps") ?? "250", CultureInfo.InvariantCulture);
        var most = long.Parse(Option(args, "--schedules") ?? long.MaxValue.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        var defences = Option(args, "--without") is { } race ? Defences.All.Without(Enum.Parse<Race>(race, ignoreCase: true)) : Defences.All;
        var world = Option(args, "--world") is { } kind ? Enum.Parse<WorldKind>(kind, ignoreCase: true) : (WorldKind?)null;
        var options = new SimulationOptions { Defences = defences, World = world ?? WorldKind.Nodes, Records = args.Contains("--record"), ReadsSchema = args.Contains("--schema") };
        if (Option(args, "--schedule") is { } text)
        {
            var schedule = Schedule.Parse(text);
            if (Option(args, "--lines") is { } lines)
            {
                foreach (var line in Simulation.Tell(schedule, int.Parse(lines, CultureInfo.InvariantCulture), options))
                {
                    Console.WriteLine(line);
                }
            }

            return Report(Simulation.Run(new RecordedChoices(schedule.Answers), schedule.Steps, options), options);
        }

        // The seed of a run that names none must differ from run to run; it is printed, and it is the only thing that does.
        var seed = Option(args, "--seed") is { } given ? ulong.Parse(given, CultureInfo.InvariantCulture) : (ulong)Stopwatch.GetTimestamp() * 2_654_435_761;
        Console.WriteLine($"seed {seed}, {steps} steps a schedule");
        return args.Contains("--switches") ? TrySwitches(seed, steps, (int)Math.Min(most, 100_000)) : Run(seed, steps, seconds, most, world, options);
    }

    private static int Run(ulong seed, int steps, double seconds, long most, WorldKind? world, SimulationOptions given)
    {
        var coverage = new Coverage();
        var isDefended = given.Defences == Defences.All;
        var options = Enum.GetValues<WorldKind>().Where(kind => world is null || kind == world).Select(kind => given with { Coverage = coverage, World = kind }).ToArray();
        var recorded = 0;
        var choices = new RandomChoices(seed);
        var watch = Stopwatch.StartNew();
        var processorTime = Process.GetCurrentProcess().TotalProcessorTime;
        var (schedules, worldSteps, loopSteps) = (0L, 0L, 0L);
        while (watch.Elapsed.TotalSeconds < seconds && schedules < most)
        {
            choices.Reset(seed + (ulong)schedules);
            var option = options[schedules % options.Length];
            option = isDefended && !option.Records ? option.ForSeed(seed + (ulong)schedules) : option;
            var result = Simulation.Run(choices, steps, option);
            recorded += option.Records ? 1 : 0;
            schedules++;
            worldSteps += result.Steps;
            loopSteps += result.LoopSteps;
            if (result.Failure is not null)
            {
                Console.WriteLine($"after {schedules} schedules, seed {seed + (ulong)schedules - 1}");
                return Report(result, option);
            }
        }

        var elapsed = watch.Elapsed.TotalSeconds;
        Console.WriteLine(coverage);
        var used = (Process.GetCurrentProcess().TotalProcessorTime - processorTime).TotalSeconds;
        Console.WriteLine(
            $"seed {seed}: {schedules} schedules, {worldSteps} steps, {loopSteps} of them steps of the loop, {recorded} schedules taken again from their recordings, {InvariantSet.Names} checked after each; " +
            $"{elapsed:0.0} s, {worldSteps / elapsed:N0} steps/s, {worldSteps / used:N0} per second of processor time");
        return 0;
    }

    /// <summary>How soon each race is found without its defences.</summary>
    private static int TrySwitches(ulong seed, int steps, int most)
    {
        foreach (var race in Enum.GetValues<Race>())
        {
            var (result, schedules) = SwitchTrial.Run(race, seed, most, steps);
            Console.WriteLine($"{(int)race,3} {race,-22} {(result.Failure is null ? $"not found in {schedules} schedules" : $"{result.Invariant} after {schedules} schedules: {result.Failure.Message.Split('\n')[0]}")}");
        }

        return 0;
    }

    private static int Report(SimulationResult found, SimulationOptions options)
    {
        Console.WriteLine(found.Failure is null ? "Everything held." : Simulation.Explain(found, options));
        return found.Failure is null ? 0 : 1;
    }

    private static string? Option(string[] args, string name)
    {
        var at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }
}
