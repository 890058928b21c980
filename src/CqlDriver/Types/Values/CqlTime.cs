using System.Globalization;

namespace CqlDriver;

/// <summary>
/// A CQL <c>time</c>: nanoseconds since midnight. <see cref="TimeOnly"/> counts in steps of 100 ns; use it where that is
/// enough, reading finer values as <see cref="TimeOnly"/> is an error.
/// </summary>
public readonly struct CqlTime : IEquatable<CqlTime>, IComparable<CqlTime>
{
    /// <summary>Nanoseconds of a day; a time is less.</summary>
    public const long NanosecondsPerDay = 86_400_000_000_000;

    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Creates a time.</summary>
    /// <param name="nanoseconds">Nanoseconds since midnight, from 0 to less than <see cref="NanosecondsPerDay"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is not within a day.</exception>
    public CqlTime(long nanoseconds)
    {
        if (!IsWithinDay(nanoseconds))
        {
            throw new ArgumentOutOfRangeException(nameof(nanoseconds), nanoseconds, "A time is at least 0 ns and less than 24 h.");
        }

        Nanoseconds = nanoseconds;
    }

    /// <summary>Nanoseconds since midnight.</summary>
    public long Nanoseconds { get; }

    /// <summary>Whether <see cref="TimeOnly"/> can hold this time: whether it is a multiple of 100 ns.</summary>
    public bool FitsTimeOnly => Nanoseconds % TimeSpan.NanosecondsPerTick == 0;

    /// <summary>Whether two times are the same.</summary>
    public static bool operator ==(CqlTime left, CqlTime right) => left.Equals(right);

    /// <summary>Whether two times differ.</summary>
    public static bool operator !=(CqlTime left, CqlTime right) => !left.Equals(right);

    /// <summary>Whether one time is before another.</summary>
    public static bool operator <(CqlTime left, CqlTime right) => left.CompareTo(right) < 0;

    /// <summary>Whether one time is after another.</summary>
    public static bool operator >(CqlTime left, CqlTime right) => left.CompareTo(right) > 0;

    /// <summary>Whether one time is not after another.</summary>
    public static bool operator <=(CqlTime left, CqlTime right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one time is not before another.</summary>
    public static bool operator >=(CqlTime left, CqlTime right) => left.CompareTo(right) >= 0;

    /// <summary>Each <see cref="TimeOnly"/> is a time.</summary>
    /// <param name="time">The time.</param>
    public static implicit operator CqlTime(TimeOnly time) => FromTimeOnly(time);

    /// <summary>The same time.</summary>
    /// <param name="time">The time.</param>
    public static CqlTime FromTimeOnly(TimeOnly time) => new(time.Ticks * TimeSpan.NanosecondsPerTick);

    /// <summary>The same time.</summary>
    /// <exception cref="OverflowException">It is no multiple of 100 ns.</exception>
    public TimeOnly ToTimeOnly() => FitsTimeOnly
        ? new TimeOnly(Nanoseconds / TimeSpan.NanosecondsPerTick)
        : throw new OverflowException("TimeOnly holds multiples of 100 ns only.");

    /// <inheritdoc/>
    public bool Equals(CqlTime other) => Nanoseconds == other.Nanoseconds;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is CqlTime other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Nanoseconds.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(CqlTime other) => Nanoseconds.CompareTo(other.Nanoseconds);

    /// <summary>The form <c>13:30:54.234567891</c>, with all nine digits.</summary>
    public override string ToString()
    {
        var seconds = Nanoseconds / NanosecondsPerSecond;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{seconds / 3600:D2}:{seconds / 60 % 60:D2}:{seconds % 60:D2}.{Nanoseconds % NanosecondsPerSecond:D9}");
    }

    internal static bool IsWithinDay(long nanoseconds) => (ulong)nanoseconds < NanosecondsPerDay;
}
