namespace CqlDriver.Testing.Cql;

/// <summary>
/// Cuts a statement into tokens. Comments (<c>--</c>, <c>//</c>, <c>/* */</c>) and white space vanish. A number that runs
/// into a unit is a duration; 36 characters in the shape of a UUID are one, whatever they begin with.
/// </summary>
internal ref struct CqlLexer(string text)
{
    private const int UuidLength = 36;
    private readonly ReadOnlySpan<char> _text = text;
    private int _at;

    public static List<CqlToken> Tokenize(string text)
    {
        var lexer = new CqlLexer(text);
        var tokens = new List<CqlToken>(text.Length / 5 + 4);
        CqlToken token;
        do
        {
            token = lexer.Next();
            tokens.Add(token);
        }
        while (token.Kind != TokenKind.End);

        return tokens;
    }

    private CqlToken Next()
    {
        SkipBlanksAndComments();
        if (_at >= _text.Length)
        {
            return new CqlToken(TokenKind.End, _text.Length, 0);
        }

        var first = _text[_at];
        if (char.IsAsciiHexDigit(first) && IsUuid(_text[_at..]))
        {
            return Take(TokenKind.Uuid, UuidLength);
        }

        return first switch
        {
            '\'' => Quoted('\'', TokenKind.String, "string"),
            '"' => Quoted('"', TokenKind.QuotedIdentifier, "quoted name"),
            '$' when Follows('$') => DollarQuoted(),
            '0' when _at + 1 < _text.Length && (_text[_at + 1] | 0x20) == 'x' => Blob(),
            _ when char.IsAsciiDigit(first) => Number(),
            _ when char.IsAsciiLetter(first) || first == '_' => Take(TokenKind.Identifier, RunOfNameCharacters(_at)),
            _ => Sign(first),
        };
    }

    private CqlToken Sign(char first)
    {
        var (symbol, length) = first switch
        {
            '<' when Follows('=') => (CqlToken.LessOrEqual, 2),
            '>' when Follows('=') => (CqlToken.GreaterOrEqual, 2),
            '!' when Follows('=') => (CqlToken.NotEqual, 2),
            '(' or ')' or '{' or '}' or '[' or ']' or ',' or ';' or '.' or ':' or '?' or '*' or '+' or '-' or '/' or '%' or '=' or '<' or '>' => (first, 1),
            _ => throw CqlSyntax.Error(text, _at, $"unexpected character '{first}'"),
        };
        var token = new CqlToken(TokenKind.Symbol, _at, length, symbol);
        _at += length;
        return token;
    }

    private CqlToken Quoted(char quote, TokenKind kind, string what)
    {
        for (var i = _at + 1; i < _text.Length; i++)
        {
            if (_text[i] != quote)
            {
                continue;
            }

            if (i + 1 < _text.Length && _text[i + 1] == quote)
            {
                i++;
                continue;
            }

            return Take(kind, i + 1 - _at);
        }

        throw CqlSyntax.Error(text, _at, $"this {what} has no closing {quote}");
    }

    private CqlToken DollarQuoted()
    {
        var end = _text[(_at + 2)..].IndexOf("$$", StringComparison.Ordinal);
        return end >= 0 ? Take(TokenKind.String, end + 4) : throw CqlSyntax.Error(text, _at, "this string has no closing $$");
    }

    private CqlToken Blob()
    {
        var end = _at + 2;
        while (end < _text.Length && char.IsAsciiHexDigit(_text[end]))
        {
            end++;
        }

        return end < _text.Length && IsNameCharacter(_text[end])
            ? throw CqlSyntax.Error(text, end, $"'{_text[end]}' is no hexadecimal digit")
            : Take(TokenKind.Blob, end - _at);
    }

    private CqlToken Number()
    {
        var end = RunOfDigits(_at);
        var isFloat = false;
        if (end < _text.Length && _text[end] == '.' && end + 1 < _text.Length && char.IsAsciiDigit(_text[end + 1]))
        {
            isFloat = true;
            end = RunOfDigits(end + 1);
        }

        if (ExponentEnd(end) is { } exponentEnd)
        {
            isFloat = true;
            end = exponentEnd;
        }

        if (end < _text.Length && IsNameOrMicro(_text[end]))
        {
            while (end < _text.Length && IsNameOrMicro(_text[end]))
            {
                end++;
            }

            return isFloat ? throw CqlSyntax.Error(text, _at, $"malformed number '{_text[_at..end]}'") : Take(TokenKind.Duration, end - _at);
        }

        return Take(isFloat ? TokenKind.Float : TokenKind.Integer, end - _at);
    }

    private readonly int? ExponentEnd(int at)
    {
        if (at >= _text.Length || (_text[at] | 0x20) != 'e')
        {
            return null;
        }

        var digits = at + 1 < _text.Length && _text[at + 1] is '+' or '-' ? at + 2 : at + 1;
        return digits < _text.Length && char.IsAsciiDigit(_text[digits]) ? RunOfDigits(digits) : null;
    }

    private void SkipBlanksAndComments()
    {
        while (_at < _text.Length)
        {
            if (char.IsWhiteSpace(_text[_at]))
            {
                _at++;
            }
            else if ((_text[_at] == '-' && Follows('-')) || (_text[_at] == '/' && Follows('/')))
            {
                var end = _text[_at..].IndexOfAny('\n', '\r');
                _at = end < 0 ? _text.Length : _at + end;
            }
            else if (_text[_at] == '/' && Follows('*'))
            {
                var end = _text[(_at + 2)..].IndexOf("*/", StringComparison.Ordinal);
                _at = end >= 0 ? _at + end + 4 : throw CqlSyntax.Error(text, _at, "this comment has no closing */");
            }
            else
            {
                return;
            }
        }
    }

    private readonly bool Follows(char next) => _at + 1 < _text.Length && _text[_at + 1] == next;

    private readonly int RunOfDigits(int from)
    {
        while (from < _text.Length && char.IsAsciiDigit(_text[from]))
        {
            from++;
        }

        return from;
    }

    private readonly int RunOfNameCharacters(int from)
    {
        var end = from;
        while (end < _text.Length && IsNameCharacter(_text[end]))
        {
            end++;
        }

        return end - from;
    }

    private CqlToken Take(TokenKind kind, int length)
    {
        var token = new CqlToken(kind, _at, length);
        _at += length;
        return token;
    }

    private static bool IsUuid(ReadOnlySpan<char> text)
    {
        if (text.Length < UuidLength || (text.Length > UuidLength && IsNameCharacter(text[UuidLength])))
        {
            return false;
        }

        for (var i = 0; i < UuidLength; i++)
        {
            if (i is 8 or 13 or 18 or 23 ? text[i] != '-' : !char.IsAsciiHexDigit(text[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    private static bool IsNameOrMicro(char c) => IsNameCharacter(c) || c is '\u00B5' or '\u03BC';
}
