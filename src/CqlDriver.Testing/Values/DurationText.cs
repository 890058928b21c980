using System.Globalization;

namespace CqlDriver.Testing.Values;

/// <summary>Durations: <c>1y2mo3w4d5h6m7s8ms9us10ns</c>, <c>P1Y2M3DT4H5M6S</c>, <c>P1W</c> and <c>P0001-02-03T04:05:06</c>.</summary>
internal static class DurationText
{
    private static readonly (string Unit, int Months, int Days, long Nanoseconds)[] Units =
    [
        ("mo", 1, 0, 0), ("ms", 0, 0, 1_000_000), ("us", 0, 0, 1_000), ("\u00B5s", 0, 0, 1_000), ("\u03BCs", 0, 0, 1_000), ("ns", 0, 0, 1),
        ("y", 12, 0, 0), ("w", 0, 7, 0), ("d", 0, 1, 0), ("h", 0, 0, 3_600_000_000_000), ("m", 0, 0, 60_000_000_000), ("s", 0, 0, 1_000_000_000),
    ];

    public static byte[] Encode(string text)
    {
        var isNegative = text.StartsWith('-');
        var (months, days, nanoseconds) = Parse(isNegative ? text[1..] : text);
        var bytes = new List<byte>();
        VariableInteger.WriteSigned(bytes, isNegative ? -months : months);
        VariableInteger.WriteSigned(bytes, isNegative ? -days : days);
        VariableInteger.WriteSigned(bytes, isNegative ? -nanoseconds : nanoseconds);
        return [.. bytes];
    }

    private static (int Months, int Days, long Nanoseconds) Parse(string text)
    {
        if (!text.StartsWith('P') && !text.StartsWith('p'))
        {
            return ParseUnits(text);
        }

        return text.Contains('-', StringComparison.Ordinal) ? ParseAlternative(text[1..]) : ParseIso(text[1..]);
    }

    private static (int Months, int Days, long Nanoseconds) ParseUnits(string text)
    {
        var total = (Months: 0, Days: 0, Nanoseconds: 0L);
        var rest = text.ToLowerInvariant().AsSpan();
        while (!rest.IsEmpty)
        {
            var number = TakeNumber(ref rest);
            total = Add(total, number, TakeUnit(ref rest));
        }

        return total;
    }

    private static (int, int, long) ParseIso(string text)
    {
        var total = (Months: 0, Days: 0, Nanoseconds: 0L);
        var isTime = false;
        var rest = text.ToLowerInvariant().AsSpan();
        while (!rest.IsEmpty)
        {
            if (rest[0] == 't')
            {
                isTime = true;
                rest = rest[1..];
                continue;
            }

            var number = TakeNumber(ref rest);
            var unit = rest.IsEmpty ? throw new FormatException() : rest[0] == 'm' && !isTime ? "mo" : rest[..1].ToString();
            rest = rest[1..];
            total = Add(total, number, Array.Find(Units, known => known.Unit == unit));
        }

        return total;
    }

    private static (int, int, long) ParseAlternative(string text)
    {
        var parts = text.Split('-', 'T', 't', ':');
        if (parts.Length != 6)
        {
            throw new FormatException();
        }

        var numbers = parts.Select(part => long.Parse(part, NumberStyles.None, CultureInfo.InvariantCulture)).ToArray();
        return (checked((int)(numbers[0] * 12 + numbers[1])), checked((int)numbers[2]), ((numbers[3] * 60 + numbers[4]) * 60 + numbers[5]) * 1_000_000_000);
    }

    private static (int, int, long) Add((int Months, int Days, long Nanoseconds) total, long number, (string? Unit, int Months, int Days, long Nanoseconds) unit)
    {
        if (unit.Unit is null)
        {
            throw new FormatException();
        }

        checked
        {
            return ((int)(total.Months + number * unit.Months), (int)(total.Days + number * unit.Days), total.Nanoseconds + number * unit.Nanoseconds);
        }
    }

    private static long TakeNumber(ref ReadOnlySpan<char> rest)
    {
        var digits = 0;
        while (digits < rest.Length && char.IsAsciiDigit(rest[digits]))
        {
            digits++;
        }

        var number = long.Parse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture);
        rest = rest[digits..];
        return number;
    }

    private static (string?, int, int, long) TakeUnit(ref ReadOnlySpan<char> rest)
    {
        foreach (var unit in Units)
        {
            if (rest.StartsWith(unit.Unit, StringComparison.Ordinal))
            {
                rest = rest[unit.Unit.Length..];
                return unit;
            }
        }

        throw new FormatException();
    }
}
