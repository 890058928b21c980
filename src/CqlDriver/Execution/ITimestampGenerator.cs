namespace CqlDriver.Execution;

/// <summary>Gives the write timestamps of requests that have none of their own. Implementations must be thread-safe.</summary>
public interface ITimestampGenerator
{
    /// <summary>The next timestamp, in microseconds since 1970-01-01T00:00:00Z; null leaves it to the server.</summary>
    long? Next();
}

/// <summary>
/// Timestamps from the client's clock that always grow, so that two writes of one session never tie. When the clock stands
/// still or goes back, each is one microsecond after the last. Thread-safe.
/// </summary>
public sealed class MonotonicTimestampGenerator : ITimestampGenerator
{
    private readonly TimeProvider _time;
    private long _last;

    /// <summary>Creates a generator.</summary>
    /// <param name="time">The clock; null means the system's.</param>
    public MonotonicTimestampGenerator(TimeProvider? time = null) => _time = time ?? TimeProvider.System;

    /// <inheritdoc/>
    public long? Next()
    {
        var now = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var next = Math.Max(now, last + 1);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
            {
                return next;
            }
        }
    }
}

/// <summary>Leaves timestamps to the server. Thread-safe.</summary>
public sealed class ServerTimestampGenerator : ITimestampGenerator
{
    /// <summary>The only instance that is needed.</summary>
    public static ServerTimestampGenerator Instance { get; } = new();

    /// <inheritdoc/>
    public long? Next() => null;
}
