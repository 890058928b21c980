using System.Diagnostics;

namespace CqlDriver.LoadBench.Load;

/// <summary>
/// Workers that each await one operation at a time. One operation in eight is timed, so that the clock does not show in the
/// figures, and numbers are taken in blocks, so that the counter does not.
/// </summary>
internal sealed class ClosedLoad(Workload workload, Operation operation, LatencyHistogram latencies)
{
    private const int TimedPart = 8;
    private const int WaitingPart = 5;
    private const int MaxBlock = 64;
    private const int BlocksPerWorker = 16;

    private long _next;
    private long _done;

    public async Task RunAsync(int count, int concurrency)
    {
        (_next, _done) = (0, 0);
        var block = Math.Clamp(count / concurrency / BlocksPerWorker, 1, MaxBlock);
        var workers = new Task[Math.Min(concurrency, count)];
        for (var i = 0; i < workers.Length; i++)
        {
            workers[i] = WorkAsync(count, block);
        }

        await Progress.WaitAsync(Task.WhenAll(workers), () => Interlocked.Read(ref _done));
        if (_done != count)
        {
            throw new LoadFailure($"{_done} of {count} operations were answered.");
        }
    }

    /// <summary>
    /// The same until this process has run so long that everything is compiled: processor time, since on one core, or beside
    /// others, a second is not much. A server that keeps it waiting ends it at last.
    /// </summary>
    public async Task WarmUpAsync(TimeSpan processorTime, int concurrency, int slice)
    {
        var end = Environment.CpuUsage.TotalTime + processorTime;
        for (var start = Stopwatch.GetTimestamp();
             Environment.CpuUsage.TotalTime < end && Stopwatch.GetElapsedTime(start) < WaitingPart * processorTime;)
        {
            await RunAsync(slice, concurrency);
        }
    }

    private async Task WorkAsync(int count, int block)
    {
        try
        {
            while (true)
            {
                var first = Interlocked.Add(ref _next, block) - block;
                if (first >= count)
                {
                    return;
                }

                var end = (int)Math.Min(first + block, count);
                for (var number = (int)first; number < end; number++)
                {
                    var isTimed = number % TimedPart == 0;
                    var started = isTimed ? Stopwatch.GetTimestamp() : 0;
                    using (var answer = await workload.StartAsync(operation, number))
                    {
                        Workload.Verify(operation, number, answer);
                    }

                    if (isTimed)
                    {
                        latencies.Record(started);
                    }
                }

                Interlocked.Add(ref _done, end - first);
            }
        }
        catch
        {
            // The others stop after their blocks.
            Interlocked.Add(ref _next, count);
            throw;
        }
    }
}
