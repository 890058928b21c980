using System.Diagnostics;

namespace CqlDriver.LoadBench.Load;

/// <summary>
/// The workers: each awaits one request at a time. One request in eight is timed, so that the clock does not show in the
/// figures; in open loop all are.
/// </summary>
internal sealed class DriverLoad(Workload workload, Operation operation, LatencyHistogram latencies)
{
    private const int TimedPart = 8;

    private long _read;

    /// <summary>The sum over all values read: keeps the reading from being optimised away.</summary>
    public long Read => _read;

    public async Task RunAsync(int count, int concurrency, int rate)
    {
        var workers = new Task[Math.Min(concurrency, count)];
        using var pace = new Pace(count, workers.Length, rate);
        for (var i = 0; i < workers.Length; i++)
        {
            workers[i] = WorkAsync(pace);
        }

        await Task.WhenAll(workers);
    }

    private async Task WorkAsync(Pace pace)
    {
        long read = 0;
        while (true)
        {
            if (pace.IsOpen)
            {
                await pace.UntilDueAsync();
            }

            var number = pace.Take();
            if (number < 0)
            {
                break;
            }

            var isTimed = pace.IsOpen || number % TimedPart == 0;
            var started = pace.IsOpen ? pace.DueTime(number) : isTimed ? Stopwatch.GetTimestamp() : 0;
            if (operation == Operation.Insert || (operation == Operation.Mixed && number % 2 == 0))
            {
                using var answer = await workload.InsertAsync(number);
            }
            else
            {
                using var rows = await (operation == Operation.Page ? workload.PageAsync() : workload.SelectAsync(number));
                read += Workload.ReadAll(rows);
            }

            if (isTimed)
            {
                latencies.Record(started);
            }
        }

        Interlocked.Add(ref _read, read);
    }
}
