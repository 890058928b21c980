namespace CqlDriver.Testing.Cql;

internal enum TokenKind : byte
{
    End,
    Identifier,
    QuotedIdentifier,
    String,
    Integer,
    Float,
    Uuid,
    Blob,
    Duration,
    Symbol,
}

/// <summary>One word of a statement: where it lies in the text, and the sign it is when it is one.</summary>
internal readonly record struct CqlToken(TokenKind Kind, int Start, int Length, char Symbol = '\0')
{
    /// <summary>Signs of two characters stand as one.</summary>
    public const char LessOrEqual = '\u2264';
    public const char GreaterOrEqual = '\u2265';
    public const char NotEqual = '\u2260';

    public int End => Start + Length;
}
