using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;

namespace CqlDriver.Types;

/// <summary>The text forms of durations. Parts are added up in integers that cannot overflow and checked at the end.</summary>
internal static partial class DurationText
{
    private const long Microsecond = 1_000;
    private const long Millisecond = 1_000 * Microsecond;
    private const long Second = 1_000 * Millisecond;
    private const long Minute = 60 * Second;
    private const long Hour = 60 * Minute;
    private const int LongestText = 200;

    public static bool TryParse(string? text, out CqlDuration value)
    {
        value = default;
        if (text is null || text.Length > LongestText)
        {
            return false;
        }

        var isNegative = text.StartsWith('-');
        var unsigned = isNegative ? text[1..] : text;
        var match = Units().Match(unsigned);
        match = match.Success ? match : Iso().Match(unsigned);
        match = match.Success ? match : IsoDate().Match(unsigned);
        if (!match.Success || match.Length < 2 || unsigned.EndsWith('T'))
        {
            return false;
        }

        var months = (12 * Part(match, "y")) + Part(match, "mo");
        var days = (7 * Part(match, "w")) + Part(match, "d");
        var nanoseconds = (Hour * Part(match, "h")) + (Minute * Part(match, "m")) + (Second * Part(match, "s"))
            + (Millisecond * Part(match, "ms")) + (Microsecond * Part(match, "us")) + Part(match, "ns") + Fraction(match);
        var sign = isNegative ? -1 : 1;
        return TryMake(sign * months, sign * days, sign * nanoseconds, out value);
    }

    public static string Format(CqlDuration value)
    {
        var text = new StringBuilder(IsNegative(value) ? "-" : "");
        var start = text.Length;
        var months = Magnitude(value.Months);
        Append(text, months / 12, "y");
        Append(text, months % 12, "mo");
        Append(text, Magnitude(value.Days), "d");
        var nanoseconds = Magnitude(value.Nanoseconds);
        Append(text, nanoseconds / Hour, "h");
        Append(text, nanoseconds % Hour / Minute, "m");
        Append(text, nanoseconds % Minute / Second, "s");
        Append(text, nanoseconds % Second / Millisecond, "ms");
        Append(text, nanoseconds % Millisecond / Microsecond, "us");
        Append(text, nanoseconds % Microsecond, "ns");
        return text.Length > start ? text.ToString() : "0ns";
    }

    public static string FormatIso(CqlDuration value)
    {
        var text = new StringBuilder(IsNegative(value) ? "-P" : "P");
        var start = text.Length;
        var months = Magnitude(value.Months);
        Append(text, months / 12, "Y");
        Append(text, months % 12, "M");
        Append(text, Magnitude(value.Days), "D");
        var nanoseconds = Magnitude(value.Nanoseconds);
        if (nanoseconds != 0)
        {
            text.Append('T');
            Append(text, nanoseconds / Hour, "H");
            Append(text, nanoseconds % Hour / Minute, "M");
            AppendSeconds(text, nanoseconds % Minute);
        }

        return text.Length > start ? text.ToString() : "PT0S";
    }

    private static void AppendSeconds(StringBuilder text, ulong nanoseconds)
    {
        if (nanoseconds == 0)
        {
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"{nanoseconds / Second}");
        if (nanoseconds % Second != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $".{nanoseconds % Second:D9}");
            while (text[^1] == '0')
            {
                text.Length--;
            }
        }

        text.Append('S');
    }

    private static void Append(StringBuilder text, ulong count, string unit)
    {
        if (count != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{count}{unit}");
        }
    }

    private static ulong Magnitude(long value) => value < 0 ? (ulong)-(value + 1) + 1 : (ulong)value;

    private static bool IsNegative(CqlDuration value) => value.Months < 0 || value.Days < 0 || value.Nanoseconds < 0;

    private static BigInteger Part(Match match, string group)
    {
        var part = match.Groups[group];
        return part.Success && part.Length > 0 ? BigInteger.Parse(part.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : 0;
    }

    private static BigInteger Fraction(Match match)
    {
        var part = match.Groups["fraction"];
        return part.Success ? BigInteger.Parse(part.Value.PadRight(9, '0'), NumberStyles.None, CultureInfo.InvariantCulture) : 0;
    }

    private static bool TryMake(BigInteger months, BigInteger days, BigInteger nanoseconds, out CqlDuration value)
    {
        var fits = Within(months, int.MinValue, int.MaxValue) && Within(days, int.MinValue, int.MaxValue)
            && Within(nanoseconds, long.MinValue, long.MaxValue);
        value = fits ? new CqlDuration((int)months, (int)days, (long)nanoseconds) : default;
        return fits;
    }

    private static bool Within(BigInteger value, long low, long high) => value >= low && value <= high;

    [GeneratedRegex(
        @"^(?:(?<y>[0-9]+)y)?(?:(?<mo>[0-9]+)mo)?(?:(?<w>[0-9]+)w)?(?:(?<d>[0-9]+)d)?(?:(?<h>[0-9]+)h)?(?:(?<m>[0-9]+)m)?(?:(?<s>[0-9]+)s)?"
        + @"(?:(?<ms>[0-9]+)ms)?(?:(?<us>[0-9]+)[uµ]s)?(?:(?<ns>[0-9]+)ns)?\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Units();

    [GeneratedRegex(
        @"^P(?:(?<w>[0-9]+)W|(?:(?<y>[0-9]+)Y)?(?:(?<mo>[0-9]+)M)?(?:(?<d>[0-9]+)D)?(?:T(?:(?<h>[0-9]+)H)?(?:(?<m>[0-9]+)M)?"
        + @"(?:(?<s>[0-9]+)(?:\.(?<fraction>[0-9]{1,9}))?S)?)?)\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Iso();

    [GeneratedRegex(
        @"^P(?<y>[0-9]{4})-(?<mo>[0-9]{2})-(?<d>[0-9]{2})T(?<h>[0-9]{2}):(?<m>[0-9]{2}):(?<s>[0-9]{2})\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex IsoDate();
}
