using System.Diagnostics;

namespace CqlDriver.LoadBench.Load;

/// <summary>
/// Hands out the operations. In closed loop at once; in open loop on a grid of milliseconds at the given rate, and an
/// operation's latency counts from when it was due, whoever was busy then (no coordinated omission).
/// </summary>
internal sealed class Pace : IDisposable
{
    private readonly int _count;
    private readonly int _workers;
    private readonly double _perTick;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly long[] _dueBySlot;
    private readonly SemaphoreSlim _due = new(0);
    private readonly Timer? _timer;
    private readonly Lock _ticking = new();
    private int _released;
    private int _next;

    public Pace(int count, int workers, int rate)
    {
        _count = count;
        _workers = workers;
        _perTick = (double)rate / Stopwatch.Frequency;
        _dueBySlot = rate > 0 ? new long[count] : [];
        _timer = rate > 0 ? new Timer(_ => Tick(), null, 0, 1) : null;
    }

    public bool IsOpen => _timer is not null;

    /// <summary>The number of the next operation, or -1 when all were handed out.</summary>
    public int Take()
    {
        var number = Interlocked.Increment(ref _next) - 1;
        return number < _count ? number : -1;
    }

    /// <summary>Open loop: waits until an operation is due.</summary>
    public Task UntilDueAsync() => _due.WaitAsync();

    /// <summary>Open loop: when the operation was due.</summary>
    public long DueTime(int number) => _dueBySlot[number];

    public void Dispose()
    {
        _timer?.Dispose();
        _due.Dispose();
    }

    /// <summary>Releases what became due since the last tick; at the end one more for each worker, so that it looks and stops.</summary>
    private void Tick()
    {
        lock (_ticking)
        {
            var now = Stopwatch.GetTimestamp();
            var due = (int)Math.Min(_count, (now - _start) * _perTick) - _released;
            if (due <= 0)
            {
                return;
            }

            // Due since the millisecond the tick stands for; a late tick is the machine's delay and counts as latency.
            for (var i = 0; i < due; i++)
            {
                var exact = _start + (long)((_released + i) / _perTick);
                _dueBySlot[_released + i] = Math.Min(exact + (Stopwatch.Frequency / 1000), now);
            }

            _released += due;
            _due.Release(due + (_released == _count ? _workers : 0));
        }
    }
}
