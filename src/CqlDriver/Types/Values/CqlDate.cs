using System.Globalization;

namespace CqlDriver;

/// <summary>
/// A CQL <c>date</c>: days before or after 1970-01-01 in the proleptic Gregorian calendar, some 5.8 million years each
/// way. Use <see cref="DateOnly"/> where years 1 to 9999 are enough.
/// </summary>
public readonly struct CqlDate : IEquatable<CqlDate>, IComparable<CqlDate>
{
    private const int EpochDayNumber = 719_162;
    private const long DaysPer400Years = 146_097;

    /// <summary>Creates a date.</summary>
    /// <param name="daysSinceEpoch">Days since 1970-01-01; negative before.</param>
    public CqlDate(int daysSinceEpoch) => DaysSinceEpoch = daysSinceEpoch;

    /// <summary>Days since 1970-01-01; negative before.</summary>
    public int DaysSinceEpoch { get; }

    /// <summary>Whether <see cref="DateOnly"/> can hold this date.</summary>
    public bool FitsDateOnly => (uint)(DaysSinceEpoch + (long)EpochDayNumber) <= DateOnly.MaxValue.DayNumber
        && DaysSinceEpoch >= -EpochDayNumber;

    /// <summary>Whether two dates are the same.</summary>
    public static bool operator ==(CqlDate left, CqlDate right) => left.Equals(right);

    /// <summary>Whether two dates differ.</summary>
    public static bool operator !=(CqlDate left, CqlDate right) => !left.Equals(right);

    /// <summary>Whether one date is before another.</summary>
    public static bool operator <(CqlDate left, CqlDate right) => left.CompareTo(right) < 0;

    /// <summary>Whether one date is after another.</summary>
    public static bool operator >(CqlDate left, CqlDate right) => left.CompareTo(right) > 0;

    /// <summary>Whether one date is not after another.</summary>
    public static bool operator <=(CqlDate left, CqlDate right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one date is not before another.</summary>
    public static bool operator >=(CqlDate left, CqlDate right) => left.CompareTo(right) >= 0;

    /// <summary>Each <see cref="DateOnly"/> is a date.</summary>
    /// <param name="date">The date.</param>
    public static implicit operator CqlDate(DateOnly date) => FromDateOnly(date);

    /// <summary>The same day.</summary>
    /// <param name="date">The date.</param>
    public static CqlDate FromDateOnly(DateOnly date) => new(date.DayNumber - EpochDayNumber);

    /// <summary>The same day.</summary>
    /// <exception cref="OverflowException">The year is not within 1 to 9999.</exception>
    public DateOnly ToDateOnly() => FitsDateOnly
        ? DateOnly.FromDayNumber(DaysSinceEpoch + EpochDayNumber)
        : throw new OverflowException("DateOnly holds the years 1 to 9999 only.");

    /// <inheritdoc/>
    public bool Equals(CqlDate other) => DaysSinceEpoch == other.DaysSinceEpoch;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is CqlDate other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => DaysSinceEpoch;

    /// <inheritdoc/>
    public int CompareTo(CqlDate other) => DaysSinceEpoch.CompareTo(other.DaysSinceEpoch);

    /// <summary>The ISO 8601 form; years beyond 9999 have a sign, as <c>+12024-02-29</c>.</summary>
    public override string ToString()
    {
        // Years counted from March let the leap day end the year, so that month lengths follow one formula.
        var days = DaysSinceEpoch + (long)EpochDayNumber + 306;
        var era = Math.DivRem(days, DaysPer400Years, out var dayOfEra);
        if (dayOfEra < 0)
        {
            era--;
            dayOfEra += DaysPer400Years;
        }

        var yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        var dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var marchMonth = ((5 * dayOfYear) + 2) / 153;
        var day = dayOfYear - (((153 * marchMonth) + 2) / 5) + 1;
        var month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
        var year = (era * 400) + yearOfEra + (month <= 2 ? 1 : 0);
        var sign = year > 9999 ? "+" : year < 0 ? "-" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{Math.Abs(year):D4}-{month:D2}-{day:D2}");
    }
}
