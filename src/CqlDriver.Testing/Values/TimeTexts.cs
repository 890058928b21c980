using System.Globalization;

namespace CqlDriver.Testing.Values;

/// <summary>Dates, times and timestamps as CQL writes them. A timestamp without a zone is UTC here.</summary>
internal static class TimeTexts
{
    private const long NanosecondsPerDay = 86_400_000_000_000;
    private const long MillisecondsPerDay = 86_400_000;

    /// <summary>Days since the epoch, moved by 2^31 as the protocol carries them.</summary>
    public static int DateOf(string text)
    {
        if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var raw))
        {
            return unchecked((int)raw);
        }

        return unchecked((int)checked((uint)(DaysOf(text) + 2_147_483_648L)));
    }

    public static long TimeOf(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var raw) ? CheckTime(raw) : CheckTime(ClockOf(text, 9));

    public static long CheckTime(long nanoseconds) => nanoseconds is >= 0 and < NanosecondsPerDay ? nanoseconds : throw new OverflowException();

    /// <summary>Milliseconds since the epoch: a number, or <c>yyyy-mm-dd[( |T)HH:mm[:ss[.fff]]][Z|±HH[:]mm]</c>.</summary>
    public static long TimestampOf(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var raw))
        {
            return raw;
        }

        var rest = text.Trim();
        var dateEnd = rest.IndexOfAny(['T', ' ']);
        if (dateEnd < 0)
        {
            var (date, offset) = SplitZone(rest, 10);
            return DaysOf(date) * MillisecondsPerDay - offset;
        }

        var (clock, zone) = SplitZone(rest[(dateEnd + 1)..], 0);
        return DaysOf(rest[..dateEnd]) * MillisecondsPerDay + ClockOf(clock, 9) / 1_000_000 - zone;
    }

    private static (string Text, long OffsetMilliseconds) SplitZone(string text, int from)
    {
        if (text.EndsWith('Z') || text.EndsWith('z'))
        {
            return (text[..^1].TrimEnd(), 0);
        }

        var sign = from >= text.Length ? -1 : text.AsSpan(from).LastIndexOfAny('+', '-');
        if (sign < 0)
        {
            return (text, 0);
        }

        sign += from;
        var digits = text[(sign + 1)..].Replace(":", string.Empty, StringComparison.Ordinal);
        if (digits.Length is not (2 or 4))
        {
            throw new FormatException();
        }

        var minutes = Number(digits.AsSpan(0, 2)) * 60 + (digits.Length == 4 ? Number(digits.AsSpan(2)) : 0);
        return (text[..sign].TrimEnd(), (text[sign] == '-' ? -minutes : minutes) * 60_000);
    }

    private static long ClockOf(string text, int maxFraction)
    {
        var fraction = 0L;
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var clock = text;
        if (point >= 0)
        {
            clock = text[..point];
            var digits = text[(point + 1)..];
            if (digits.Length == 0 || digits.Length > maxFraction)
            {
                throw new FormatException();
            }

            fraction = Number(digits.PadRight(9, '0'));
        }

        var parts = clock.Split(':');
        if (parts.Length is not (2 or 3) || (parts.Length == 2 && point >= 0))
        {
            throw new FormatException();
        }

        var (hours, minutes, seconds) = (Number(parts[0]), Number(parts[1]), parts.Length == 3 ? Number(parts[2]) : 0);
        if (hours > 23 || minutes > 59 || seconds > 59)
        {
            throw new FormatException();
        }

        return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000_000 + fraction;
    }

    /// <summary>Days since 1970-01-01 of a proleptic Gregorian date; years may have a sign and more than four digits.</summary>
    private static long DaysOf(string text)
    {
        var isNegative = text.StartsWith('-');
        var parts = (isNegative || text.StartsWith('+') ? text[1..] : text).Split('-');
        if (parts.Length != 3)
        {
            throw new FormatException();
        }

        var year = Number(parts[0]) * (isNegative ? -1 : 1);
        var (month, day) = (Number(parts[1]), Number(parts[2]));
        var isLeap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        if (month is < 1 or > 12 || day < 1 || day > (month == 2 ? (isLeap ? 29 : 28) : month is 4 or 6 or 9 or 11 ? 30 : 31))
        {
            throw new FormatException();
        }

        // Years that begin in March, in eras of 400 years: the leap day is the last of its year.
        var shifted = month <= 2 ? year - 1 : year;
        var era = (shifted >= 0 ? shifted : shifted - 399) / 400;
        var yearOfEra = shifted - era * 400;
        var dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468;
    }

    private static long Number(ReadOnlySpan<char> digits) => long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
}
