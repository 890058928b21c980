using CqlDriver.Connections;

namespace CqlDriver.Execution;

/// <summary>
/// When a request has to end. The first sweep that meets the request sets it, so that one which is answered soon never reads the
/// clock; until then there is only the time that the request may take. A struct in an object that is used again and again, which
/// a sweep may look at while it begins another life.
/// </summary>
/// <remarks>
/// A life marks the deadline as its own first and writes its timeout second; a sweep reads them the other way round, after the
/// request's word. So who saw an earlier life finds another mark than that life's, and sets nothing.
/// </remarks>
internal struct RequestDeadline
{
    private long _timeoutTicks;
    private long _at;                               // a timestamp, or, while no sweep has seen this life, its mark

    /// <summary>The time that the request may take.</summary>
    public readonly TimeSpan Timeout => new(Volatile.Read(in _timeoutTicks));

    /// <summary>A life begins; who calls it owns the request.</summary>
    public void Begin(RequestToken life, TimeSpan timeout)
    {
        Volatile.Write(ref _at, MarkOf(life));
        Volatile.Write(ref _timeoutTicks, timeout.Ticks);
    }

    /// <summary>For the sweep: whether the time of the life that it saw is over. Sets the deadline when it is not set.</summary>
    /// <param name="seen">The request's word, read before.</param>
    /// <param name="now">The time of the sweep.</param>
    /// <param name="registry">Makes a deadline of a timeout.</param>
    /// <param name="timeout">The time that the request had.</param>
    public bool IsOver(RequestToken seen, long now, RequestRegistry registry, out TimeSpan timeout)
    {
        timeout = Timeout;
        var at = Volatile.Read(ref _at);
        if (at < 0)
        {
            Interlocked.CompareExchange(ref _at, registry.DeadlineAfter(now, timeout), MarkOf(seen));
            return false;
        }

        return at <= now;
    }

    /// <summary>For who owns the request: whether its time is over, as far as a sweep has looked.</summary>
    public readonly bool IsOver(RequestRegistry registry) => Volatile.Read(in _at) is >= 0 and var at && registry.Now > at;

    /// <summary>Below zero, and another one for each life.</summary>
    private static long MarkOf(RequestToken life) => ~(long)life.Version;
}
