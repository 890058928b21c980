using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace CqlDriver;

/// <summary>
/// A CQL <c>timeuuid</c>: a version 1 UUID, whose first part is a time in steps of 100 ns. The order is the server's: by
/// time, then by the remaining bytes as signed numbers; it is not that of <see cref="Guid"/>. New ones come from a
/// <see cref="TimeUuidGenerator"/>.
/// </summary>
public readonly struct TimeUuid : IEquatable<TimeUuid>, IComparable<TimeUuid>
{
    internal const int Size = 16;
    internal const long MaxTimestamp = (1L << 60) - 1;

    // 1582-10-15, where version 1 begins to count.
    private static readonly long EpochTicks = new DateTime(1582, 10, 15, 0, 0, 0, DateTimeKind.Utc).Ticks;

    private readonly ulong _timeBits;
    private readonly ulong _nodeBits;

    /// <summary>Creates a timeuuid from a UUID.</summary>
    /// <param name="value">A UUID of version 1.</param>
    /// <exception cref="ArgumentException">The version is another one.</exception>
    public TimeUuid(Guid value)
    {
        (_timeBits, _nodeBits) = Split(value);
        if (!IsVersion1(_timeBits))
        {
            throw new ArgumentException("A timeuuid is a UUID of version 1.", nameof(value));
        }
    }

    internal TimeUuid(ulong timeBits, ulong nodeBits)
    {
        _timeBits = timeBits;
        _nodeBits = nodeBits;
    }

    /// <summary>Steps of 100 ns since 1582-10-15T00:00:00Z.</summary>
    public long Timestamp => (long)(((_timeBits & 0x0FFF) << 48) | ((_timeBits & 0xFFFF_0000) << 16) | (_timeBits >> 32));

    /// <summary>Whether two timeuuids are the same.</summary>
    public static bool operator ==(TimeUuid left, TimeUuid right) => left.Equals(right);

    /// <summary>Whether two timeuuids differ.</summary>
    public static bool operator !=(TimeUuid left, TimeUuid right) => !left.Equals(right);

    /// <summary>Whether one timeuuid sorts before another.</summary>
    public static bool operator <(TimeUuid left, TimeUuid right) => left.CompareTo(right) < 0;

    /// <summary>Whether one timeuuid sorts after another.</summary>
    public static bool operator >(TimeUuid left, TimeUuid right) => left.CompareTo(right) > 0;

    /// <summary>Whether one timeuuid does not sort after another.</summary>
    public static bool operator <=(TimeUuid left, TimeUuid right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one timeuuid does not sort before another.</summary>
    public static bool operator >=(TimeUuid left, TimeUuid right) => left.CompareTo(right) >= 0;

    /// <summary>Each timeuuid is a UUID.</summary>
    /// <param name="value">The timeuuid.</param>
    public static implicit operator Guid(TimeUuid value) => value.ToGuid();

    /// <summary>
    /// The lowest timeuuid of a millisecond, as CQL's <c>minTimeuuid</c>: for bounds of a query, never to be stored, since
    /// it is not unique.
    /// </summary>
    /// <param name="time">The time; what is finer than a millisecond is cut off.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is before 1582-10-15 or too late for a version 1 UUID.</exception>
    public static TimeUuid Min(DateTimeOffset time) => FromTimestamp(StartOfMillisecond(time), 0x8080_8080_8080_8080);

    /// <summary>
    /// The highest timeuuid of a millisecond, as CQL's <c>maxTimeuuid</c>: for bounds of a query, never to be stored, since
    /// it is not unique.
    /// </summary>
    /// <param name="time">The time; what is finer than a millisecond is cut off.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is before 1582-10-15 or too late for a version 1 UUID.</exception>
    public static TimeUuid Max(DateTimeOffset time) =>
        FromTimestamp(StartOfMillisecond(time) + TimeSpan.TicksPerMillisecond - 1, 0x7F7F_7F7F_7F7F_7F7F);

    /// <summary>Reads the usual text form of a UUID.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">The text is no UUID of version 1.</exception>
    public static TimeUuid Parse(string text) =>
        TryParse(text, out var value) ? value : throw new FormatException("The text is no UUID of version 1.");

    /// <summary>Reads the usual text form of a UUID.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The timeuuid, when the text is a UUID of version 1.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out TimeUuid value)
    {
        value = default;
        if (!Guid.TryParse(text, out var guid))
        {
            return false;
        }

        var (timeBits, nodeBits) = Split(guid);
        value = IsVersion1(timeBits) ? new TimeUuid(timeBits, nodeBits) : default;
        return IsVersion1(timeBits);
    }

    /// <summary>The time in the UUID, in UTC.</summary>
    public DateTimeOffset GetTimestamp() => new(EpochTicks + Timestamp, TimeSpan.Zero);

    /// <summary>The same UUID.</summary>
    public Guid ToGuid()
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes);
        return new Guid(bytes, bigEndian: true);
    }

    /// <inheritdoc/>
    public bool Equals(TimeUuid other) => _timeBits == other._timeBits && _nodeBits == other._nodeBits;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TimeUuid other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_timeBits, _nodeBits);

    /// <inheritdoc/>
    public int CompareTo(TimeUuid other)
    {
        var byTime = Timestamp.CompareTo(other.Timestamp);

        // The server compares the last eight bytes one by one as signed numbers; with their sign bits turned, that is
        // the order of unsigned numbers.
        const ulong Signs = 0x8080_8080_8080_8080;
        return byTime != 0 ? byTime : (_nodeBits ^ Signs).CompareTo(other._nodeBits ^ Signs);
    }

    /// <summary>The usual text form of a UUID.</summary>
    public override string ToString() => ToGuid().ToString();

    internal static TimeUuid FromTimestamp(long timestamp, ulong nodeBits)
    {
        var time = (ulong)timestamp;
        return new TimeUuid((time << 32) | ((time >> 16) & 0xFFFF_0000) | 0x1000 | (time >> 48), nodeBits);
    }

    /// <summary>Steps of 100 ns since 1582-10-15 until a time.</summary>
    internal static long TimestampOf(DateTimeOffset time)
    {
        var timestamp = time.UtcTicks - EpochTicks;
        return timestamp is >= 0 and <= MaxTimestamp
            ? timestamp
            : throw new ArgumentOutOfRangeException(nameof(time), time, "Version 1 UUIDs hold the years 1582 to 5236.");
    }

    internal static bool TryRead(ReadOnlySpan<byte> bytes, out TimeUuid value)
    {
        value = new TimeUuid(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
        return IsVersion1(value._timeBits);
    }

    internal void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _timeBits);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _nodeBits);
    }

    private static long StartOfMillisecond(DateTimeOffset time)
    {
        var timestamp = TimestampOf(time);
        return timestamp - (timestamp % TimeSpan.TicksPerMillisecond);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsVersion1(ulong timeBits) => (timeBits & 0xF000) == 0x1000;

    private static (ulong TimeBits, ulong NodeBits) Split(Guid value)
    {
        Span<byte> bytes = stackalloc byte[Size];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return (BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
    }
}
