using CqlDriver.LoadBench.Floor;

namespace CqlDriver.LoadBench;

/// <summary>Runs each operation: the floor first, when asked for, then the driver, one after the other in this process.</summary>
internal static class LoadRun
{
    private const int WarmUpPart = 10;

    public static Task<int> RunAsync(LoadOptions options)
    {
        using var answerer = options.ContactPoints.Count == 0 ? AnswererProcess.Start() : null;
        foreach (var operation in options.Operations)
        {
            var count = options.CountOf(operation);
            if (options.WithFloor)
            {
                MeasureFloor(options, operation, answerer!, count);
            }
        }

        return Task.FromResult(0);
    }

    private static double MeasureFloor(LoadOptions options, Operation operation, AnswererProcess answerer, int count)
    {
        FloorClient.Run(options, operation, answerer.Port, Math.Max(count / WarmUpPart, options.Concurrency));
        var answererCpu = answerer.Cpu;
        var meter = new ProcessMeter();
        FloorClient.Run(options, operation, answerer.Port, count);
        var spent = meter.Stop();
        var perOperation = spent.CpuMicrosecondsPer(count);
        Console.WriteLine(FormattableString.Invariant(
            $"floor op={operation.ToString().ToLowerInvariant()} protocol={(int)options.Protocol} conc={options.Concurrency} conns={options.Connections} n={count} ops/s={count / spent.Elapsed.TotalSeconds:F0} cpu_us/op={perOperation:F3} alloc_B/op={(double)spent.AllocatedBytes / count:F1} answerer_cpu_us/op={(answerer.Cpu - answererCpu).TotalMicroseconds / count:F3}"));
        return perOperation;
    }
}
