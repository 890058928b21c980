using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;

namespace CqlDriver;

/// <summary>
/// A CQL <c>decimal</c>: an integer of any size divided by a power of ten. Equality and order are numeric, so 1.0 equals
/// 1.00; the scale is kept nevertheless. Use <see cref="decimal"/> where 28 digits are enough.
/// </summary>
public readonly struct CqlDecimal : IEquatable<CqlDecimal>, IComparable<CqlDecimal>
{
    private const int MaxDecimalScale = 28;
    private const int MaxDecimalBits = 96;

    /// <summary>Creates a number: <paramref name="unscaled"/> / 10^<paramref name="scale"/>.</summary>
    /// <param name="unscaled">The digits.</param>
    /// <param name="scale">How many of the digits stand behind the point; negative for zeros before it.</param>
    public CqlDecimal(BigInteger unscaled, int scale)
    {
        Unscaled = unscaled;
        Scale = scale;
    }

    /// <summary>The digits.</summary>
    public BigInteger Unscaled { get; }

    /// <summary>How many of the digits stand behind the point; negative for zeros before it.</summary>
    public int Scale { get; }

    /// <summary>Whether two numbers are equal.</summary>
    public static bool operator ==(CqlDecimal left, CqlDecimal right) => left.Equals(right);

    /// <summary>Whether two numbers differ.</summary>
    public static bool operator !=(CqlDecimal left, CqlDecimal right) => !left.Equals(right);

    /// <summary>Whether one number is less than another.</summary>
    public static bool operator <(CqlDecimal left, CqlDecimal right) => left.CompareTo(right) < 0;

    /// <summary>Whether one number is greater than another.</summary>
    public static bool operator >(CqlDecimal left, CqlDecimal right) => left.CompareTo(right) > 0;

    /// <summary>Whether one number is at most another.</summary>
    public static bool operator <=(CqlDecimal left, CqlDecimal right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one number is at least another.</summary>
    public static bool operator >=(CqlDecimal left, CqlDecimal right) => left.CompareTo(right) >= 0;

    /// <summary>Each <see cref="decimal"/> is such a number, with the same scale.</summary>
    /// <param name="value">The number.</param>
    public static implicit operator CqlDecimal(decimal value) => FromDecimal(value);

    /// <summary>The same number, exactly.</summary>
    /// <param name="value">The number.</param>
    /// <exception cref="OverflowException"><see cref="decimal"/> cannot hold the number exactly.</exception>
    public static explicit operator decimal(CqlDecimal value) => value.ToDecimal();

    /// <summary>The same number, with the same scale.</summary>
    /// <param name="value">The number.</param>
    public static CqlDecimal FromDecimal(decimal value)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        var magnitude = new UInt128((uint)parts[2], ((ulong)(uint)parts[1] << 32) | (uint)parts[0]);
        var digits = (BigInteger)magnitude;
        return new CqlDecimal(parts[3] < 0 ? -digits : digits, (parts[3] >> 16) & 0xFF);
    }

    /// <summary>Reads text such as <c>-12.340</c> or <c>1.5E-7</c>. Digits behind the point, zeros too, make the scale.</summary>
    /// <param name="text">The text, in invariant form.</param>
    /// <exception cref="FormatException">The text is no number.</exception>
    public static CqlDecimal Parse(string text) =>
        TryParse(text, out var value) ? value : throw new FormatException("The text is no decimal number.");

    /// <summary>Reads text such as <c>-12.340</c> or <c>1.5E-7</c>.</summary>
    /// <param name="text">The text, in invariant form.</param>
    /// <param name="value">The number, when the text is one.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out CqlDecimal value)
    {
        value = default;
        var rest = text.AsSpan().Trim();
        var exponent = 0;
        var exponentAt = rest.IndexOfAny('e', 'E');
        if (exponentAt >= 0)
        {
            if (!int.TryParse(rest[(exponentAt + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent))
            {
                return false;
            }

            rest = rest[..exponentAt];
        }

        var point = rest.IndexOf('.');
        var behind = point < 0 ? 0 : rest.Length - point - 1;
        var digits = point < 0 ? rest.ToString() : string.Concat(rest[..point], rest[(point + 1)..]);
        var scale = behind - (long)exponent;
        if (scale is < int.MinValue or > int.MaxValue
            || !BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var unscaled))
        {
            return false;
        }

        value = new CqlDecimal(unscaled, (int)scale);
        return true;
    }

    /// <summary>The same number as a <see cref="decimal"/>, exactly; trailing zeros may go.</summary>
    /// <exception cref="OverflowException"><see cref="decimal"/> cannot hold the number exactly.</exception>
    public decimal ToDecimal() =>
        TryToDecimal(out var value) ? value : throw new OverflowException("System.Decimal cannot hold the number exactly.");

    /// <summary>The same number as a <see cref="decimal"/>, when that can hold it exactly; trailing zeros may go.</summary>
    /// <param name="value">The number.</param>
    public bool TryToDecimal(out decimal value)
    {
        value = 0;
        if (Unscaled.IsZero)
        {
            value = new decimal(0, 0, 0, false, (byte)Math.Clamp(Scale, 0, MaxDecimalScale));
            return true;
        }

        // Beyond these no removal of zeros helps: each removed digit is one of the scale, and there are no more digits than bits.
        if (Scale < -MaxDecimalScale || Scale - (long)MaxDecimalScale > Unscaled.GetBitLength())
        {
            return false;
        }

        var (digits, scale) = (Unscaled, Scale);
        while (scale > 0 && (scale > MaxDecimalScale || digits.GetBitLength() > MaxDecimalBits))
        {
            (digits, var remainder) = BigInteger.DivRem(digits, 10);
            if (!remainder.IsZero)
            {
                return false;
            }

            scale--;
        }

        if (scale < 0)
        {
            digits *= BigInteger.Pow(10, -scale);
            scale = 0;
        }

        var magnitude = BigInteger.Abs(digits);
        if (magnitude.GetBitLength() > MaxDecimalBits)
        {
            return false;
        }

        var bits = (UInt128)magnitude;
        value = new decimal((int)(uint)(bits & uint.MaxValue), (int)(uint)((bits >> 32) & uint.MaxValue), (int)(uint)(bits >> 64), digits.Sign < 0, (byte)scale);
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(CqlDecimal other) => CompareTo(other) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is CqlDecimal other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var (digits, scale) = (Unscaled, (long)Scale);
        while (digits.IsEven && !digits.IsZero)
        {
            var shorter = BigInteger.DivRem(digits, 10, out var remainder);
            if (!remainder.IsZero)
            {
                break;
            }

            digits = shorter;
            scale--;
        }

        return digits.IsZero ? 0 : HashCode.Combine(digits, scale);
    }

    /// <inheritdoc/>
    public int CompareTo(CqlDecimal other)
    {
        if (Scale == other.Scale || Unscaled.Sign != other.Unscaled.Sign || Unscaled.IsZero)
        {
            return Scale == other.Scale ? Unscaled.CompareTo(other.Unscaled) : Unscaled.Sign.CompareTo(other.Unscaled.Sign);
        }

        // Only numbers of about the same size are brought to one scale: that takes no more digits than they have.
        var (low, high) = Magnitude();
        var (otherLow, otherHigh) = other.Magnitude();
        if (high < otherLow)
        {
            return -Unscaled.Sign;
        }

        if (low > otherHigh)
        {
            return Unscaled.Sign;
        }

        var difference = (long)Scale - other.Scale;
        return difference > 0
            ? Unscaled.CompareTo(other.Unscaled * BigInteger.Pow(10, (int)difference))
            : (Unscaled * BigInteger.Pow(10, (int)-difference)).CompareTo(other.Unscaled);
    }

    /// <summary>
    /// All digits, as <c>-12.340</c>; with an exponent (<c>1.5E-7</c>) when zeros would be needed before the point or more
    /// than five behind it.
    /// </summary>
    public override string ToString()
    {
        if (Scale == 0)
        {
            return Unscaled.ToString(CultureInfo.InvariantCulture);
        }

        var digits = BigInteger.Abs(Unscaled).ToString(CultureInfo.InvariantCulture);
        var sign = Unscaled.Sign < 0 ? "-" : "";
        var exponent = digits.Length - 1 - (long)Scale;
        if (Scale > 0 && exponent >= -6)
        {
            var padded = digits.PadLeft(Scale + 1, '0');
            return $"{sign}{padded.AsSpan(0, padded.Length - Scale)}.{padded.AsSpan(padded.Length - Scale)}";
        }

        var fraction = digits.Length > 1 ? "." + digits[1..] : "";
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}{fraction}E{exponent:+0;-0}");
    }

    /// <summary>Bounds of the position of the first digit, from the length in bits.</summary>
    private (long Low, long High) Magnitude()
    {
        var digits = (BigInteger.Abs(Unscaled).GetBitLength() - 1) * 0.30102999566398120;
        return ((long)digits - 1 - Scale, (long)digits + 2 - Scale);
    }
}
