using System.Runtime;
using CqlDriver.LoadBench.Answerer;
using CqlDriver.LoadBench.Floor;
using CqlDriver.LoadBench.Load;

namespace CqlDriver.LoadBench;

/// <summary>
/// Runs each operation: rounds of the floor and the driver in turn, one after the other in this process, with one session for
/// all of them.
///
/// The canned answerer is a process of its own, so that its time and memory are not the client's. It tells what it has
/// counted: how many executions came, how long their frames were. What the driver returned is compared with what the
/// answerer holds, value by value, and the executions it saw with the operations that were run; a difference ends
/// everything with exit code 1, since figures of wrong answers are worth nothing.
///
/// A warm-up precedes the first run of an operation until everything is compiled, a short one the others. Every wait has a
/// limit: the floor's sockets theirs, requests the driver's, loads that of <see cref="Progress"/>.
/// </summary>
internal sealed class LoadRun : IAsyncDisposable
{
    private static readonly TimeSpan WarmUpAgain = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan FloorWarmUp = TimeSpan.FromMilliseconds(200);

    private readonly LoadOptions _options;
    private readonly AnswererProcess? _answerer;
    private readonly HashSet<Operation> _warm = [];
    private CqlSession? _session;
    private Workload? _workload;

    private LoadRun(LoadOptions options)
    {
        _options = options;
        _answerer = options.IsCanned ? AnswererProcess.Start(options) : null;
    }

    public static async Task<int> RunAsync(LoadOptions options)
    {
        await using var run = new LoadRun(options);
        if (options.WithDriver)
        {
            await run.ConnectAsync();
        }

        foreach (var operation in options.Operations)
        {
            await run.RunRoundsAsync(operation);
        }

        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        if (_session is not null)
        {
            await _session.DisposeAsync();
        }

        _answerer?.Dispose();
    }

    private async Task ConnectAsync()
    {
        _session = await CqlSession.ConnectAsync(_options.ForDriver(_answerer?.Port ?? 9042));
        _workload = await Workload.PrepareAsync(_session, _options.Keyspace, isReal: !_options.IsCanned);
    }

    private async Task RunRoundsAsync(Operation operation)
    {
        List<RunReport> floors = [];
        List<RunReport> closed = [];
        List<RunReport> open = [];
        for (var round = 0; round < _options.Rounds; round++)
        {
            var floor = double.NaN;
            if (_options.WithFloor && operation != Operation.Burst)
            {
                floor = Tell(floors, RunFloor(operation)).CpuPerOperation;
            }

            if (!_options.WithDriver)
            {
                continue;
            }

            if (operation == Operation.Burst)
            {
                Tell(closed, await RunBurstAsync());
                continue;
            }

            var rate = (double)_options.Rate;
            if (_options.Rate <= 0)
            {
                rate = Tell(closed, await RunClosedAsync(operation, floor)).OperationsPerSecond / 2;
            }

            if (_options.Rate != 0)
            {
                Tell(open, await RunOpenAsync(operation, rate, floor));
            }
        }

        foreach (var runs in new[] { floors, closed, open }.Where(runs => runs.Count > 1))
        {
            Console.WriteLine($"median {RunReport.Median(runs)}");
        }
    }

    private static RunReport Tell(List<RunReport> reports, RunReport report)
    {
        reports.Add(report);
        Console.WriteLine(report);
        return report;
    }

    private RunReport RunFloor(Operation operation)
    {
        var count = _options.CountOf(operation);
        for (var start = Environment.TickCount64; Environment.TickCount64 - start < FloorWarmUp.TotalMilliseconds;)
        {
            new FloorClient(operation, _options.Protocol, _answerer!.Port, new LatencyHistogram()).Run(Slice(count), _options.Concurrency, _options.Connections);
        }

        var latencies = new LatencyHistogram();
        var client = new FloorClient(operation, _options.Protocol, _answerer!.Port, latencies);
        var before = Settle();
        var meter = new ProcessMeter();
        client.Run(count, _options.Concurrency, _options.Connections);
        var spent = meter.Stop();
        return RunReport.Of(
            Head(operation, count), spent, count, latencies, spent.CpuMicrosecondsPer(count), Labels("floor", "closed"), Counted(operation, before, count));
    }

    private async Task<RunReport> RunClosedAsync(Operation operation, double floor)
    {
        await WarmUpAsync(operation);
        var count = _options.CountOf(operation);
        var latencies = new LatencyHistogram();
        var load = new ClosedLoad(_workload!, operation, latencies);
        var before = Settle();
        var meter = new ProcessMeter();
        await load.RunAsync(count, _options.Concurrency);
        var spent = meter.Stop();
        return RunReport.Of(Head(operation, count), spent, count, latencies, floor, Labels("driver", "closed"), Counted(operation, before, count));
    }

    private async Task<RunReport> RunOpenAsync(Operation operation, double rate, double floor)
    {
        await WarmUpAsync(operation);
        var count = _options.CountOf(operation);
        var warmUp = (int)Math.Clamp(rate * WarmUpAgain.TotalSeconds, 1, count);
        await new OpenLoad(_workload!, operation, _options.StartsOnPool, new LatencyHistogram(), new LatencyHistogram()).RunAsync(warmUp, rate);

        var (latencies, lateness) = (new LatencyHistogram(), new LatencyHistogram());
        var load = new OpenLoad(_workload!, operation, _options.StartsOnPool, latencies, lateness);
        var before = Settle();
        var meter = new ProcessMeter();
        await load.RunAsync(count, rate);
        var spent = meter.Stop();
        Figure[] further =
        [
            new("rate", rate, 0),
            new("pace_p50_us", lateness.Percentile(0.5), 0),
            new("pace_p99_us", lateness.Percentile(0.99), 0),
            new("failed", load.Failed, 0),
            .. Counted(operation, before, count - load.Failed),
        ];
        return RunReport.Of(Head(operation, count), spent, count, latencies, floor, Labels("driver", "open") + $" start={(_options.StartsOnPool ? "pool" : "thread")}", further);
    }

    private async Task<RunReport> RunBurstAsync()
    {
        await WarmUpAsync(Operation.Insert);
        var count = _options.Count;
        var latencies = new LatencyHistogram();
        var load = new BurstLoad(_workload!, latencies);
        load.Reserve(count);
        var before = Settle();
        var resident = PeakMemory.Restart();
        var meter = new ProcessMeter();
        await load.RunAsync();
        var spent = meter.Stop();
        var labels = $"{Labels("driver", "burst")} backpressure={(_options.Backpressure == BackpressureMode.Wait ? "wait" : "fail")}";
        Figure[] further =
        [
            new("ok", load.Succeeded, 0),
            new("too_many", load.Refused, 0),
            new("timed_out", load.TimedOut, 0),
            new("failed", load.Failed, 0),
            new("start_ms", load.Starting.TotalMilliseconds, 0),
            new("rss_before_MB", resident / 1048576.0, 0),
            new("rss_peak_MB", PeakMemory.Bytes / 1048576.0, 0),
            new("tasks_MB", load.TaskBytes / 1048576.0, 0),
            .. Counted(Operation.Burst, before, load.Succeeded),
        ];
        return RunReport.Of(Head(Operation.Burst, count), spent, count, latencies, double.NaN, labels, further);
    }

    private Task WarmUpAsync(Operation operation)
    {
        var time = _warm.Add(operation) ? _options.WarmUp : WarmUpAgain;
        var load = new ClosedLoad(_workload!, operation, new LatencyHistogram());
        return load.WarmUpAsync(time, _options.Concurrency, Slice(_options.CountOf(operation)));
    }

    /// <summary>A part of the operations small enough to look at the clock after each.</summary>
    private int Slice(int count) => Math.Clamp(count / 50, Math.Min(_options.Concurrency, count), count);

    private AnswererCounts? Settle()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return _answerer?.Ask();
    }

    /// <summary>What the answerer says of the run; fewer executions than answers would be a lie of the client's.</summary>
    private Figure[] Counted(Operation operation, AnswererCounts? before, int count)
    {
        if (before is null)
        {
            return [];
        }

        var counts = _answerer!.Ask() - before;
        if (counts.Executions < count)
        {
            throw new LoadFailure($"The client counted {count} answers to {operation}, the answerer executed {counts.Executions}.");
        }

        var executions = (double)counts.Executions;
        return
        [
            new("answerer_cpu_us/op", counts.Cpu.TotalMicroseconds / executions, 3),
            new("batch", executions / counts.Batches, 1),
            new("request_B", counts.RequestBytes / executions, 1),
            new("answer_B", counts.AnswerBytes / executions, 1),
        ];
    }

    private string Head(Operation operation, int count) =>
        $"op={operation.ToString().ToLowerInvariant()} conc={(operation == Operation.Burst ? count : _options.Concurrency)} conns={_options.Connections} n={count}";

    private string Labels(string client, string mode) =>
        $"client={client} mode={mode} protocol={(int)_options.Protocol} gc={(GCSettings.IsServerGC ? "server" : "workstation")} "
        + $"cores={Environment.ProcessorCount} server={(_options.IsCanned ? "canned" : "cluster")}";
}
