using System.Diagnostics;

namespace CqlDriver.LoadBench.Load;

/// <summary>
/// Hands out the operations. In closed loop at once; in open loop on a grid of milliseconds at the given rate, and an
/// operation's latency counts from when it was due, whoever was busy then (no coordinated omission).
/// </summary>
internal sealed class Pace : IDisposable
{
    private readonly int _count;
    private readonly double _ticksPerOperation;
    private readonly long _ticksPerGridStep = Stopwatch.Frequency / 1000;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Timer? _timer;
    private TaskCompletionSource _nextTick = NewTick();
    private int _next;

    public Pace(int count, int rate)
    {
        _count = count;
        _ticksPerOperation = rate > 0 ? (double)Stopwatch.Frequency / rate : 0;
        _timer = rate > 0 ? new Timer(_ => Tick(), null, 0, 1) : null;
    }

    public bool IsOpen => _timer is not null;

    /// <summary>The number of the next operation, or -1 when all were handed out.</summary>
    public int Take()
    {
        var number = Interlocked.Increment(ref _next) - 1;
        return number < _count ? number : -1;
    }

    /// <summary>Open loop: waits until the operation is due and returns when that was.</summary>
    public async ValueTask<long> UntilDueAsync(int number)
    {
        var due = _start + (long)(number * _ticksPerOperation);
        due += _ticksPerGridStep - ((due - _start) % _ticksPerGridStep);
        while (Stopwatch.GetTimestamp() < due)
        {
            await Volatile.Read(ref _nextTick).Task;
        }

        return due;
    }

    public void Dispose() => _timer?.Dispose();

    private void Tick() => Interlocked.Exchange(ref _nextTick, NewTick()).SetResult();

    private static TaskCompletionSource NewTick() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
