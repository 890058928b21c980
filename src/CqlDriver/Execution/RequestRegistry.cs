using System.Collections.Concurrent;

namespace CqlDriver.Execution;

/// <summary>
/// All request objects of a session: the pool that hands them out, and the list that timeouts and the closing session go through.
/// </summary>
/// <remarks>
/// <para>Deadlines cost a request nothing but two stores: instead of entering and leaving a timer or a wheel, each request
/// object is listed once when it is made, and a sweep looks at all of them every <see cref="SweepPeriod"/>. The first sweep that
/// meets a request sets its deadline; one that was answered before has not even read the clock. A sweep over 10,000 objects is
/// some tens of microseconds; where there are so many that it takes longer, the next one waits until the sweeps are a tenth of
/// one processor's time. The timer sleeps while nothing is under way.</para>
/// <para>The sweep acts by compare-and-swap on the word it saw before it read the deadline, so it cannot hit a request that was
/// pooled and rented meanwhile.</para>
/// <para>Arming the timer is a Dekker handshake: a request that starts publishes its word (full fence), then looks whether the
/// timer is armed; the sweep disarms (full fence), then looks at the words once more.</para>
/// </remarks>
internal sealed class RequestRegistry : IDisposable
{
    private static readonly TimeSpan UsualSweepPeriod = TimeSpan.FromMilliseconds(20);

    private const int MaxPooled = 16_384;
    private const int Chunk = 64;
    private const int RestPerSweep = 9;

    private readonly ConcurrentQueue<RequestExecution> _pool = new();
    private readonly Func<RequestRegistry, RequestExecution> _create;
    private readonly Action _onSweep;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    // A lock, because growing the list, using its holes and listing a request are one step; taken once in a request object's life.
    private readonly Lock _listLock = new();
    private readonly Stack<int> _holes = new();
    private RequestExecution?[] _all = new RequestExecution?[Chunk];
    private RequestExecution? _fast;
    private int _listed;
    private int _pooled;
    private int _armed;
    private int _closed;

    /// <summary>Creates the registry.</summary>
    /// <param name="create">Makes a request object.</param>
    /// <param name="onSweep">Called once a sweep.</param>
    /// <param name="time">The clock.</param>
    /// <param name="sweepPeriod">How far apart sweeps are; null: as usual.</param>
    public RequestRegistry(Func<RequestRegistry, RequestExecution> create, Action onSweep, TimeProvider time, TimeSpan? sweepPeriod = null)
    {
        SweepPeriod = sweepPeriod ?? UsualSweepPeriod;
        _create = create;
        _onSweep = onSweep;
        _time = time;
        _timer = time.CreateTimer(static state => ((RequestRegistry)state!).Sweep(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How far apart sweeps are: a timeout is late by twice this much at most, unless a sweep takes long itself.</summary>
    public TimeSpan SweepPeriod { get; }

    /// <summary>Request objects alive, idle ones included.</summary>
    public int Listed => Volatile.Read(ref _listed);

    public long Now => _time.GetTimestamp();

    /// <summary>When a request that has so much time left has to end, as a timestamp.</summary>
    public long DeadlineAfter(long now, TimeSpan timeout) =>
        timeout == Timeout.InfiniteTimeSpan ? long.MaxValue : now + (long)(timeout.TotalSeconds * _time.TimestampFrequency);

    public RequestExecution Rent()
    {
        var request = Interlocked.Exchange(ref _fast, null);
        if (request is not null)
        {
            return request;
        }

        if (_pool.TryDequeue(out request))
        {
            Interlocked.Decrement(ref _pooled);
            return request;
        }

        request = _create(this);
        List(request);
        return request;
    }

    /// <summary>Takes back a request that ended well and that nobody refers to any more.</summary>
    public void Return(RequestExecution request)
    {
        if (Volatile.Read(ref _fast) is null && Interlocked.CompareExchange(ref _fast, request, null) is null)
        {
            return;
        }

        if (Interlocked.Increment(ref _pooled) <= MaxPooled)
        {
            _pool.Enqueue(request);
            return;
        }

        Interlocked.Decrement(ref _pooled);
        Forget(request);
    }

    /// <summary>Strikes a request off the list: it is garbage from here on.</summary>
    public void Forget(RequestExecution request)
    {
        lock (_listLock)
        {
            if (request.RegistryIndex >= 0 && ReferenceEquals(_all[request.RegistryIndex], request))
            {
                _all[request.RegistryIndex] = null;
                _holes.Push(request.RegistryIndex);
                request.RegistryIndex = -1;
                _listed--;
            }
        }
    }

    /// <summary>Called after a request has published its word. Pairs with the disarming in <see cref="Sweep"/>.</summary>
    public void EnsureSweeping()
    {
        if (Volatile.Read(ref _armed) == 0 && Volatile.Read(ref _closed) == 0 && Interlocked.Exchange(ref _armed, 1) == 0)
        {
            _timer.Change(SweepPeriod, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Ends every request under way: the session closes.</summary>
    public void FailAll()
    {
        foreach (var request in Snapshot())
        {
            request?.FailClosed();
        }
    }

    public void Dispose()
    {
        Volatile.Write(ref _closed, 1);
        _timer.Dispose();
    }

    private void Sweep()
    {
        _onSweep();
        var start = _time.GetTimestamp();
        if (SweepOnce(start))
        {
            var rest = _time.GetElapsedTime(start) * RestPerSweep;
            Rearm(rest > SweepPeriod ? rest : SweepPeriod);
            return;
        }

        Interlocked.Exchange(ref _armed, 0);
        if (HasAnyUnderWay() && Interlocked.Exchange(ref _armed, 1) == 0)
        {
            Rearm(SweepPeriod);
        }
    }

    private void Rearm(TimeSpan period)
    {
        if (Volatile.Read(ref _closed) == 0)
        {
            _timer.Change(period, Timeout.InfiniteTimeSpan);
        }
    }

    private bool SweepOnce(long now)
    {
        var isAnyUnderWay = false;
        foreach (var request in Snapshot())
        {
            isAnyUnderWay |= request is not null && request.IsUnderWayAt(now);
        }

        return isAnyUnderWay;
    }

    private bool HasAnyUnderWay()
    {
        foreach (var request in Snapshot())
        {
            if (request is { IsUnderWay: true })
            {
                return true;
            }
        }

        return false;
    }

    // The array is replaced when it grows and its cells are written one by one: a sweep sees a request or a hole, never a torn one.
    private RequestExecution?[] Snapshot() => Volatile.Read(ref _all);

    private void List(RequestExecution request)
    {
        lock (_listLock)
        {
            if (!_holes.TryPop(out var index))
            {
                index = _listed;
                if (index == _all.Length)
                {
                    var larger = new RequestExecution?[_all.Length * 2];
                    _all.CopyTo(larger, 0);
                    Volatile.Write(ref _all, larger);
                }
            }

            request.RegistryIndex = index;
            Volatile.Write(ref _all[index], request);
            _listed++;
        }
    }
}
