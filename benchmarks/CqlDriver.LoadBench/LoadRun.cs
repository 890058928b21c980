using CqlDriver.LoadBench.Floor;
using CqlDriver.LoadBench.Load;

namespace CqlDriver.LoadBench;

/// <summary>Runs each operation: the floor first, when asked for, then the driver, one after the other in this process.</summary>
internal static class LoadRun
{
    private const int WarmUpPart = 5;

    /// <summary>The floor is so fast that the same number of operations would be over within a few ticks of the CPU clock.</summary>
    private const int FloorTimes = 4;

    public static async Task<int> RunAsync(LoadOptions options)
    {
        using var answerer = options.ContactPoints.Count == 0 ? AnswererProcess.Start() : null;
        foreach (var operation in options.Operations)
        {
            var floor = options.WithFloor ? MeasureFloor(options, operation, answerer!) : (double?)null;
            if (options.WithDriver)
            {
                await MeasureDriverAsync(options, operation, answerer, floor);
            }
        }

        return 0;
    }

    private static double MeasureFloor(LoadOptions options, Operation operation, AnswererProcess answerer)
    {
        var count = options.CountOf(operation) * FloorTimes;
        FloorClient.Run(options, operation, answerer.Port, Math.Max(count / WarmUpPart, options.Concurrency));
        var answererCpu = answerer.Cpu;
        var meter = new ProcessMeter();
        FloorClient.Run(options, operation, answerer.Port, count);
        var spent = meter.Stop();
        Console.WriteLine($"floor  {Figures(options, operation, count, spent)} {Answerer(answerer, answererCpu, count)}");
        return spent.CpuMicrosecondsPer(count);
    }

    private static async Task MeasureDriverAsync(LoadOptions options, Operation operation, AnswererProcess? answerer, double? floor)
    {
        await using var session = await CqlSession.ConnectAsync(DriverOptions(options, answerer));
        var workload = await Workload.PrepareAsync(session, options.Keyspace, isReal: answerer is null);
        var count = options.CountOf(operation);
        await new DriverLoad(workload, operation, new LatencyHistogram()).RunAsync(Math.Max(count / WarmUpPart, 1), options.Concurrency, rate: 0);

        GC.Collect();
        var latencies = new LatencyHistogram();
        var load = new DriverLoad(workload, operation, latencies);
        var answererCpu = answerer?.Cpu ?? TimeSpan.Zero;
        var meter = new ProcessMeter();
        await load.RunAsync(count, options.Concurrency, options.Rate);
        var spent = meter.Stop();

        var latency = FormattableString.Invariant($"p50_us={latencies.Percentile(0.5):F0} p99_us={latencies.Percentile(0.99):F0} p999_us={latencies.Percentile(0.999):F0}");
        var memory = FormattableString.Invariant($"rss_MB={Environment.WorkingSet / 1048576}");
        var ratio = floor is { } cpu ? FormattableString.Invariant($" floor_ratio={spent.CpuMicrosecondsPer(count) / cpu:F1}") : "";
        var other = answerer is null ? "" : " " + Answerer(answerer, answererCpu, count);
        Console.WriteLine($"driver {Figures(options, operation, count, spent)} {latency} {memory}{ratio}{other}");
        GC.KeepAlive(load.Read);
    }

    private static CqlClusterOptions DriverOptions(LoadOptions options, AnswererProcess? answerer)
    {
        var driver = new CqlClusterOptions
        {
            ProtocolVersion = options.Protocol,
            ConnectionsPerNode = options.Connections,
            LocalDatacenter = options.Datacenter,
            Port = answerer?.Port ?? 9042,
        };
        foreach (var contactPoint in answerer is null ? options.ContactPoints : ["127.0.0.1"])
        {
            driver.ContactPoints.Add(contactPoint);
        }

        return driver;
    }

    private static string Figures(LoadOptions options, Operation operation, int count, Spent spent)
    {
        var name = operation.ToString().ToLowerInvariant();
        return FormattableString.Invariant(
            $"op={name} protocol={(int)options.Protocol} conc={options.Concurrency} conns={options.Connections} n={count} ops/s={count / spent.Elapsed.TotalSeconds:F0} ")
            + FormattableString.Invariant(
            $"cpu_us/op={spent.CpuMicrosecondsPer(count):F3} alloc_B/op={(double)spent.AllocatedBytes / count:F1} gen0={spent.Gen0} gen2={spent.Gen2}");
    }

    private static string Answerer(AnswererProcess answerer, TimeSpan before, int count) =>
        FormattableString.Invariant($"answerer_cpu_us/op={(answerer.Cpu - before).TotalMicroseconds / count:F3}");
}
