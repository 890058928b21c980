using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace CqlDriver.LoadBench.Load;

/// <summary>Starts all inserts without awaiting any, then awaits them all: what a careless loop does to a driver.</summary>
internal sealed class BurstLoad(Workload workload, LatencyHistogram latencies)
{
    private long _seen;

    public int Succeeded { get; private set; }

    public int Refused { get; private set; }

    public int TimedOut { get; private set; }

    public int Failed { get; private set; }

    public TimeSpan Starting { get; private set; }

    /// <summary>What the answers are awaited with; written to before, so that it does not count as the driver's.</summary>
    public ValueTask<RowSet>[] Tasks { get; private set; } = [];

    public long TaskBytes => (long)Tasks.Length * Unsafe.SizeOf<ValueTask<RowSet>>();

    public void Reserve(int count)
    {
        Tasks = new ValueTask<RowSet>[count];
        Array.Fill(Tasks, ValueTask.FromException<RowSet>(new LoadFailure("It was not started.")));
    }

    public Task RunAsync() => Progress.WaitAsync(Task.Run(StartAndAwaitAsync), () => Interlocked.Read(ref _seen));

    private async Task StartAndAwaitAsync()
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Tasks.Length; i++)
        {
            Tasks[i] = Begin(i);
            _seen++;
        }

        Starting = Stopwatch.GetElapsedTime(start);
        for (var i = 0; i < Tasks.Length; i++)
        {
            await AwaitAsync(i);
            latencies.Record(start);
            _seen++;
        }
    }

    private ValueTask<RowSet> Begin(int number)
    {
        try
        {
            return workload.InsertAsync(number);
        }
        catch (RequestException refused)
        {
            return ValueTask.FromException<RowSet>(refused);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitAsync(int i)
    {
        try
        {
            using var answer = await Tasks[i];
            Succeeded++;
        }
        catch (TooManyRequestsException)
        {
            Refused++;
        }
        catch (RequestTimeoutException)
        {
            TimedOut++;
        }
        catch (RequestException)
        {
            Failed++;
        }
    }
}
