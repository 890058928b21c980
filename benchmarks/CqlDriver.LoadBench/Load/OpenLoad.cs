using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace CqlDriver.LoadBench.Load;

/// <summary>
/// Operations on a fixed schedule, whatever the server does: a thread starts each when it is due, without a limit of how
/// many are in flight but the driver's, and its latency counts from when it was due, so that no stall hides behind requests
/// that were not sent (no coordinated omission). The thread sleeps some tens of microseconds between looks at the clock; how
/// late it starts operations is measured too.
/// </summary>
internal sealed class OpenLoad(Workload workload, Operation operation, bool startsOnPool, LatencyHistogram latencies, LatencyHistogram lateness)
{
    private const int NapMicroseconds = 20;
    private const int MaxNapMicroseconds = 1000;

    private readonly ConcurrentQueue<Flight> _idle = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;
    private int _done;
    private int _failed;

    /// <summary>Operations that ended with an error of the driver: too many waiting, too late.</summary>
    public int Failed => Volatile.Read(ref _failed);

    public async Task RunAsync(int count, double rate)
    {
        _count = count;
        new Thread(() => Start(count, Stopwatch.Frequency / rate)) { IsBackground = true, Name = "pace" }.Start();
        await Progress.WaitAsync(_ended.Task, () => Volatile.Read(ref _done));
    }

    private void Start(int count, double period)
    {
        Nap.Sharpen();
        var start = Stopwatch.GetTimestamp();
        for (var number = 0; number < count && !_ended.Task.IsCompleted; number++)
        {
            var due = start + (long)(number * period);
            for (long left; (left = due - Stopwatch.GetTimestamp()) > 0;)
            {
                var microseconds = left * 1_000_000 / Stopwatch.Frequency;
                Nap.Sleep((int)Math.Clamp(microseconds, NapMicroseconds, MaxNapMicroseconds));
            }

            var flight = _idle.TryDequeue(out var idle) ? idle : new Flight(this);
            flight.Plan(number, due);
            if (startsOnPool)
            {
                ThreadPool.UnsafeQueueUserWorkItem(flight, preferLocal: false);
            }
            else
            {
                flight.Execute();
            }
        }
    }

    private void Ended(Flight flight, long due)
    {
        latencies.Record(due);
        _idle.Enqueue(flight);
        if (Interlocked.Increment(ref _done) == _count)
        {
            _ended.TrySetResult();
        }
    }

    private void Started(long due) => lateness.Record(due);

    private void Verify(int number, RowSet answer) => Workload.Verify(operation, number, answer);

    private ValueTask<RowSet> Begin(int number)
    {
        try
        {
            return workload.StartAsync(operation, number);
        }
        catch (RequestException refused)
        {
            return ValueTask.FromException<RowSet>(refused);
        }
    }

    /// <summary>One operation under way, used again and again: an async method would allocate for each.</summary>
    private sealed class Flight : IThreadPoolWorkItem
    {
        private readonly OpenLoad _load;
        private readonly Action _end;
        private ValueTaskAwaiter<RowSet> _awaiter;
        private int _number;
        private long _due;

        public Flight(OpenLoad load)
        {
            _load = load;
            _end = End;
        }

        public void Plan(int number, long due) => (_number, _due) = (number, due);

        public void Execute()
        {
            _load.Started(_due);
            _awaiter = _load.Begin(_number).GetAwaiter();
            if (_awaiter.IsCompleted)
            {
                End();
            }
            else
            {
                _awaiter.UnsafeOnCompleted(_end);
            }
        }

        private void End()
        {
            try
            {
                using var answer = _awaiter.GetResult();
                _load.Verify(_number, answer);
            }
            catch (RequestException)
            {
                Interlocked.Increment(ref _load._failed);
            }
            catch (Exception failure)
            {
                _load._ended.TrySetException(failure);
            }

            _load.Ended(this, _due);
        }
    }
}
