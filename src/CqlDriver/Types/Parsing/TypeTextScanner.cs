using System.Globalization;

namespace CqlDriver.Types;

/// <summary>A cursor over the text of a type, shared by both spellings. Errors name the text and the position.</summary>
internal ref struct TypeTextScanner
{
    /// <summary>Types nest as deep as people write them, and people do not write 64 levels; text from elsewhere may try.</summary>
    public const int MaxDepth = 64;

    private readonly ReadOnlySpan<char> _text;
    private int _depth;

    public TypeTextScanner(ReadOnlySpan<char> text) => _text = text;

    public int Position { get; private set; }

    public readonly bool IsAtEnd => Position >= _text.Length;

    public readonly ReadOnlySpan<char> Slice(int start) => _text[start..Position];

    public void Enter()
    {
        if (++_depth > MaxDepth)
        {
            throw Error($"types nest deeper than {MaxDepth} levels");
        }
    }

    public void Leave() => _depth--;

    public void SkipSpace()
    {
        while (Position < _text.Length && char.IsWhiteSpace(_text[Position]))
        {
            Position++;
        }
    }

    /// <summary>The next character that is no space, or NUL at the end; it is not consumed.</summary>
    public char Peek()
    {
        SkipSpace();
        return Position < _text.Length ? _text[Position] : '\0';
    }

    public bool TryTake(char expected)
    {
        if (Peek() != expected || IsAtEnd)
        {
            return false;
        }

        Position++;
        return true;
    }

    public void Take(char expected)
    {
        if (!TryTake(expected))
        {
            throw Error($"'{expected}' expected");
        }
    }

    public void TakeEnd()
    {
        SkipSpace();
        if (!IsAtEnd)
        {
            throw Error("nothing more expected");
        }
    }

    /// <summary>Letters, digits and what else <paramref name="alsoAllowed"/> holds.</summary>
    public string TakeWord(string alsoAllowed)
    {
        SkipSpace();
        var start = Position;
        while (Position < _text.Length && (char.IsLetterOrDigit(_text[Position]) || alsoAllowed.Contains(_text[Position], StringComparison.Ordinal)))
        {
            Position++;
        }

        return Position > start ? _text[start..Position].ToString() : throw Error("a name expected");
    }

    /// <summary>Text within quotes, of which a doubled one stands for itself. The cursor is at the opening quote.</summary>
    public string TakeQuoted(char quote)
    {
        Take(quote);
        var start = Position;
        while (Position < _text.Length)
        {
            if (_text[Position] == quote)
            {
                if (Position + 1 >= _text.Length || _text[Position + 1] != quote)
                {
                    var name = _text[start..Position++].ToString();
                    return name.Replace(new string(quote, 2), quote.ToString(), StringComparison.Ordinal);
                }

                Position++;
            }

            Position++;
        }

        throw Error("the closing quote is missing");
    }

    public int TakeDimension()
    {
        SkipSpace();
        var start = Position;
        while (Position < _text.Length && char.IsAsciiDigit(_text[Position]))
        {
            Position++;
        }

        return int.TryParse(_text[start..Position], NumberStyles.None, CultureInfo.InvariantCulture, out var dimension) && dimension > 0
            ? dimension
            : throw Error("a vector dimension of at least 1 expected");
    }

    /// <summary>Steps over a balanced parameter list. The cursor is at its opening parenthesis.</summary>
    public void SkipParameters()
    {
        Take('(');
        for (var open = 1; open > 0; Position++)
        {
            if (IsAtEnd)
            {
                throw Error("a parenthesis is not closed");
            }

            open += _text[Position] switch { '(' => 1, ')' => -1, _ => 0 };
        }
    }

    public readonly FormatException Error(string what)
    {
        const int Shown = 200;
        var shown = _text.Length <= Shown ? _text.ToString() : string.Concat(_text[..Shown], "…");
        return new FormatException($"'{shown}' is not a type: {what} at position {Position}.");
    }
}
