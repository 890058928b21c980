using System.Globalization;

namespace CqlDriver.LoadBench;

/// <summary>A measured value; not a number: not measured, printed as a dash.</summary>
internal readonly record struct Figure(string Key, double Value, int Decimals)
{
    public override string ToString() => $"{Key}={(double.IsNaN(Value) ? "-" : Value.ToString("F" + Decimals, CultureInfo.InvariantCulture))}";
}

/// <summary>One line of output: what was run, the figures everybody asks for, how it was run, further figures.</summary>
internal sealed record RunReport(string Head, IReadOnlyList<Figure> Figures, string Labels, IReadOnlyList<Figure> Further)
{
    private const string CpuKey = "cpu_us/op";
    private const string RatioKey = "floor_ratio";
    private const string FloorCpuKey = "floor_cpu_us/op";

    public double CpuPerOperation => Value(CpuKey);

    public double OperationsPerSecond => Value("ops/s");

    public static RunReport Of(string head, Spent spent, int count, LatencyHistogram latencies, double floorCpu, string labels, params Figure[] further)
    {
        var cpu = spent.CpuMicrosecondsPer(count);
        return new RunReport(
            head,
            [
                new("ops/s", count / spent.Elapsed.TotalSeconds, 0),
                new(CpuKey, cpu, 3),
                new("alloc_B/op", (double)spent.AllocatedBytes / count, 1),
                new("gen0", spent.Gen0, 0),
                new("gen2", spent.Gen2, 0),
                new("p50_us", latencies.Percentile(0.5), 0),
                new("p99_us", latencies.Percentile(0.99), 0),
                new("p999_us", latencies.Percentile(0.999), 0),
                new("rss_MB", Environment.WorkingSet / 1048576.0, 0),
                new(RatioKey, cpu / floorCpu, 2),
            ],
            labels,
            [new(FloorCpuKey, floorCpu, 3), .. further]);
    }

    /// <summary>The median of each figure; the ratio is that of the medians.</summary>
    public static RunReport Median(IReadOnlyList<RunReport> runs)
    {
        var first = runs[0];
        var median = first with
        {
            Figures = [.. first.Figures.Select((_, i) => Median(runs, run => run.Figures[i]))],
            Further = [.. first.Further.Select((_, i) => Median(runs, run => run.Further[i]))],
        };
        var ratio = median.CpuPerOperation / median.Value(FloorCpuKey);
        return median with { Figures = [.. median.Figures.Select(figure => figure.Key == RatioKey ? figure with { Value = ratio } : figure)] };
    }

    public override string ToString() => $"{Head} {string.Join(' ', Figures)} {Labels} {string.Join(' ', Further)}";

    private static Figure Median(IReadOnlyList<RunReport> runs, Func<RunReport, Figure> select)
    {
        double[] values = [.. runs.Select(run => select(run).Value).Order()];
        return select(runs[0]) with { Value = (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2 };
    }

    private double Value(string key) => Figures.Concat(Further).Single(figure => figure.Key == key).Value;
}
