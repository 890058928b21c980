using System.Diagnostics;

namespace CqlDriver.LoadBench;

/// <summary>
/// The whole table: each row a process of its own, so that none inherits heap or compiled code of another, with three rounds
/// of floor and driver. Rows are small; what is to be quoted is run longer. Server collection on one core is left out: the
/// runtime takes the workstation's there.
/// </summary>
internal static class Matrix
{
    private const string Median = "median ";

    private static readonly TimeSpan RowLimit = TimeSpan.FromMinutes(2);

    private static readonly string[] Columns =
    [
        "op", "conc", "conns", "protocol", "gc", "cores", "ops/s", "cpu_us/op", "floor_cpu_us/op", "floor_ratio", "alloc_B/op", "gen0", "gen2",
        "p50_us", "p99_us", "p999_us", "rss_MB",
    ];

    public static int Run()
    {
        List<string> rows = [];
        foreach (var (gc, cores) in Environment.ProcessorCount > 1 ? [("workstation", 2), ("workstation", 1), ("server", 2)] : new[] { ("workstation", 1) })
        {
            foreach (var protocol in new[] { 4, 5 })
            {
                foreach (var row in Loads())
                {
                    rows.Add(RunRow($"{row} --protocol {protocol} --gc {gc} --cores {cores} --repeat 3 --warmup 1000"));
                    Console.WriteLine(rows[^1]);
                }
            }
        }

        Console.WriteLine();
        WriteTable(rows);
        return 0;
    }

    /// <summary>Operation, in flight and connections, with a number of operations that takes some tenths of a second.</summary>
    private static IEnumerable<string> Loads() =>
    [
        "--op insert --conc 256 --conns 1 --n 200000",
        "--op select --conc 256 --conns 1 --n 200000",
        "--op page --conc 256 --conns 1 --n 300000",
        "--op mixed --conc 256 --conns 1 --n 200000",
        "--op insert --conc 1 --conns 1 --n 10000",
        "--op insert --conc 16 --conns 1 --n 100000",
        "--op insert --conc 64 --conns 1 --n 200000",
        "--op insert --conc 1024 --conns 1 --n 200000",
        "--op insert --conc 4096 --conns 1 --n 200000",
        "--op insert --conc 256 --conns 2 --n 200000",
    ];

    /// <summary>The row's line of medians.</summary>
    private static string RunRow(string command)
    {
        var arguments = command.Split(' ');
        var start = ChildRun.Command(arguments, LoadArguments.Parse(arguments));
        start.RedirectStandardOutput = true;
        using var child = Process.Start(start) ?? throw new LoadFailure("The child did not start.");
        var output = child.StandardOutput.ReadToEndAsync();
        if (!child.WaitForExit(RowLimit))
        {
            child.Kill(entireProcessTree: true);
            throw new LoadFailure($"{command}: not over after {RowLimit.TotalMinutes} min.");
        }

        // Two medians, the floor's and the driver's.
        var median = output.Result.Split('\n').LastOrDefault(line => line.StartsWith(Median, StringComparison.Ordinal));
        return child.ExitCode == 0 && median is not null ? median[Median.Length..] : throw new LoadFailure($"{command}: exit code {child.ExitCode}.");
    }

    private static void WriteTable(List<string> rows)
    {
        Console.WriteLine($"| {string.Join(" | ", Columns)} |");
        Console.WriteLine($"|{string.Concat(Enumerable.Repeat(" --- |", Columns.Length))}");
        foreach (var row in rows)
        {
            var values = row.Split(' ').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
            Console.WriteLine($"| {string.Join(" | ", Columns.Select(column => values[column]))} |");
        }
    }
}
