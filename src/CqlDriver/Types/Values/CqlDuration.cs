using System.Diagnostics.CodeAnalysis;

namespace CqlDriver;

/// <summary>
/// A CQL <c>duration</c>: months, days and nanoseconds, kept apart because months and days vary in length. None of them
/// has a sign other than the others'. Durations are not ordered.
/// </summary>
public readonly record struct CqlDuration
{
    /// <summary>Creates a duration.</summary>
    /// <param name="months">Months.</param>
    /// <param name="days">Days.</param>
    /// <param name="nanoseconds">Nanoseconds; may be more than a day.</param>
    /// <exception cref="ArgumentException">Some are positive and some negative.</exception>
    public CqlDuration(int months, int days, long nanoseconds)
    {
        if (!HaveOneSign(months, days, nanoseconds))
        {
            throw new ArgumentException("Months, days and nanoseconds of a duration have the same sign.");
        }

        Months = months;
        Days = days;
        Nanoseconds = nanoseconds;
    }

    /// <summary>Months.</summary>
    public int Months { get; }

    /// <summary>Days.</summary>
    public int Days { get; }

    /// <summary>Nanoseconds.</summary>
    public long Nanoseconds { get; }

    /// <summary>The duration of a time span, all in nanoseconds.</summary>
    /// <param name="time">The time span.</param>
    /// <exception cref="OverflowException">It is longer than 292 years.</exception>
    public static CqlDuration FromTimeSpan(TimeSpan time) => new(0, 0, checked(time.Ticks * TimeSpan.NanosecondsPerTick));

    /// <summary>
    /// Reads the forms that CQL knows: <c>1y2mo3w4d5h6m7s8ms9us10ns</c>, <c>P1Y2M4DT5H6M7.008S</c>, <c>P3W</c> and
    /// <c>P0001-02-03T04:05:06</c>, each with a minus before it for a negative one.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">The text is no duration, or one beyond the range.</exception>
    public static CqlDuration Parse(string text) =>
        TryParse(text, out var value) ? value : throw new FormatException("The text is no duration that CQL can hold.");

    /// <summary>Reads the forms that CQL knows; see <see cref="Parse"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The duration, when the text is one.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out CqlDuration value) =>
        Types.DurationText.TryParse(text, out value);

    /// <summary>The form of CQL, as <c>-1y2mo3d4h5m6s7ms8us9ns</c>; <c>0ns</c> for none.</summary>
    public override string ToString() => Types.DurationText.Format(this);

    /// <summary>The form of ISO 8601, as <c>P1Y2M3DT4H5M6.007008009S</c>; a minus stands before the P.</summary>
    public string ToIsoString() => Types.DurationText.FormatIso(this);

    internal static bool HaveOneSign(int months, int days, long nanoseconds) =>
        (months >= 0 && days >= 0 && nanoseconds >= 0) || (months <= 0 && days <= 0 && nanoseconds <= 0);
}
