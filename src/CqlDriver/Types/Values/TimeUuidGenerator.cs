using System.Security.Cryptography;

namespace CqlDriver;

/// <summary>
/// Makes timeuuids that are unique: the times of one generator never repeat nor go back, and each generator has a random
/// node and clock sequence of its own. Thread-safe; keep one and share it.
/// </summary>
public sealed class TimeUuidGenerator
{
    private readonly TimeProvider _timeProvider;
    private readonly ulong _nodeBits;
    private long _lastTimestamp;

    /// <summary>Creates a generator that reads the system's clock.</summary>
    public TimeUuidGenerator()
        : this(TimeProvider.System, RandomNumberGenerator.Fill)
    {
    }

    /// <summary>Creates a generator with a clock and a source of randomness of your own, for tests.</summary>
    /// <param name="timeProvider">Tells the time.</param>
    /// <param name="fillWithRandomBytes">Fills a span with random bytes; called once, by this constructor.</param>
    public TimeUuidGenerator(TimeProvider timeProvider, Action<Span<byte>> fillWithRandomBytes)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);
        ArgumentNullException.ThrowIfNull(fillWithRandomBytes);
        _timeProvider = timeProvider;
        Span<byte> random = stackalloc byte[sizeof(ulong)];
        fillWithRandomBytes(random);

        // RFC 9562, section 5.1: variant 10 before the clock sequence; a random node sets the multicast bit, which no card has.
        var bits = BitConverter.ToUInt64(random);
        _nodeBits = (bits & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0100_0000_0000;
    }

    /// <summary>A new timeuuid with the present time, or 100 ns after the last one if the clock has not moved since.</summary>
    public TimeUuid Next()
    {
        var now = TimeUuid.TimestampOf(_timeProvider.GetUtcNow());
        var last = Volatile.Read(ref _lastTimestamp);
        while (true)
        {
            var next = Math.Max(now, last + 1);
            var seen = Interlocked.CompareExchange(ref _lastTimestamp, next, last);
            if (seen == last)
            {
                return TimeUuid.FromTimestamp(next, _nodeBits);
            }

            last = seen;
        }
    }
}
