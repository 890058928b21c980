using System.Globalization;

namespace CqlDriver;

/// <summary>
/// The position of a partition on the ring, as the Murmur3 partitioner computes it: a signed 64-bit number. Immutable.
/// </summary>
/// <param name="Value">The number; <see cref="long.MinValue"/> is the ring's start and no partition's token.</param>
public readonly record struct Token(long Value) : IComparable<Token>
{
    /// <summary>The start of the ring: smaller than every partition's token.</summary>
    public static Token Minimum => new(long.MinValue);

    /// <summary>Whether one token lies before another.</summary>
    public static bool operator <(Token left, Token right) => left.Value < right.Value;

    /// <summary>Whether one token lies after another.</summary>
    public static bool operator >(Token left, Token right) => left.Value > right.Value;

    /// <summary>Whether one token lies before another or is the same.</summary>
    public static bool operator <=(Token left, Token right) => left.Value <= right.Value;

    /// <summary>Whether one token lies after another or is the same.</summary>
    public static bool operator >=(Token left, Token right) => left.Value >= right.Value;

    /// <summary>Reads the decimal text in which nodes name their tokens.</summary>
    /// <param name="text">The text.</param>
    /// <param name="token">The token, when the text is one.</param>
    public static bool TryParse(string? text, out Token token)
    {
        var isNumber = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value);
        token = new Token(value);
        return isNumber;
    }

    /// <inheritdoc/>
    public int CompareTo(Token other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
