using System.Collections.Immutable;

namespace CqlDriver.Testing.Cql;

/// <summary>Walks over the tokens of one statement, and says what was expected when something else is there.</summary>
internal sealed class TokenReader(string text)
{
    private const int MaxNesting = 128;
    private readonly List<CqlToken> _tokens = CqlLexer.Tokenize(text);
    private readonly List<string?> _markers = [];
    private int _at;
    private int _depth;

    public CqlToken Current => _tokens[_at];

    public int Position => Current.Start;

    public int PreviousEnd => _at == 0 ? 0 : _tokens[_at - 1].End;

    /// <summary>Names of the bind markers met so far; null for <c>?</c>.</summary>
    public ImmutableArray<string?> Markers => [.. _markers];

    public CqlToken Peek(int ahead) => _tokens[Math.Min(_at + ahead, _tokens.Count - 1)];

    public string Source(int start, int end) => text[start..end];

    public void Skip() => _at = Math.Min(_at + 1, _tokens.Count - 1);

    public bool IsSymbol(char symbol, int ahead = 0) => Peek(ahead) is { Kind: TokenKind.Symbol } token && token.Symbol == symbol;

    public bool IsKeyword(string keyword, int ahead = 0)
    {
        var token = Peek(ahead);
        return token.Kind == TokenKind.Identifier && token.Length == keyword.Length
            && text.AsSpan(token.Start, token.Length).Equals(keyword, StringComparison.OrdinalIgnoreCase);
    }

    public bool TrySymbol(char symbol)
    {
        if (!IsSymbol(symbol))
        {
            return false;
        }

        Skip();
        return true;
    }

    public bool TryKeyword(string keyword)
    {
        if (!IsKeyword(keyword))
        {
            return false;
        }

        Skip();
        return true;
    }

    public bool TryKeywords(string first, string second)
    {
        if (!IsKeyword(first) || !IsKeyword(second, 1))
        {
            return false;
        }

        _at += 2;
        return true;
    }

    public void ExpectSymbol(char symbol)
    {
        if (!TrySymbol(symbol))
        {
            throw Unexpected($"'{symbol}'");
        }
    }

    public void ExpectKeyword(string keyword)
    {
        if (!TryKeyword(keyword))
        {
            throw Unexpected(keyword);
        }
    }

    public bool TryIfNotExists()
    {
        if (!IsKeyword("IF"))
        {
            return false;
        }

        Skip();
        ExpectKeyword("NOT");
        ExpectKeyword("EXISTS");
        return true;
    }

    public bool TryIfExists()
    {
        if (!IsKeyword("IF"))
        {
            return false;
        }

        Skip();
        ExpectKeyword("EXISTS");
        return true;
    }

    public string ExpectName(string what)
    {
        var name = TryName() ?? throw Unexpected(what);
        Skip();
        return name;
    }

    /// <summary>The name that stands here, without taking it: quoted, or a word that is not reserved.</summary>
    public string? TryName(int ahead = 0)
    {
        var token = Peek(ahead);
        switch (token.Kind)
        {
            case TokenKind.QuotedIdentifier:
                return Unquote(token, '"');
            case TokenKind.Identifier:
                var word = text.Substring(token.Start, token.Length).ToLowerInvariant();
                return CqlKeywords.IsReserved(word) ? null : word;
            default:
                return null;
        }
    }

    public QualifiedName ExpectQualifiedName(string what)
    {
        var position = Position;
        var name = ExpectName(what);
        return TrySymbol('.') ? new QualifiedName(name, ExpectName(what), position) : new QualifiedName(null, name, position);
    }

    public string ExpectString(string what)
    {
        var token = Current;
        if (token.Kind != TokenKind.String)
        {
            throw Unexpected(what);
        }

        Skip();
        return StringValue(token);
    }

    public string StringValue(CqlToken token) => text[token.Start] == '$' ? text.Substring(token.Start + 2, token.Length - 4) : Unquote(token, '\'');

    public string TextOf(CqlToken token) => text.Substring(token.Start, token.Length);

    /// <summary>Takes a bind marker if one stands here.</summary>
    public MarkerTerm? TryMarker()
    {
        var position = Position;
        if (TrySymbol('?'))
        {
            _markers.Add(null);
            return new MarkerTerm(_markers.Count - 1, null, position);
        }

        if (!IsSymbol(':') || Peek(1).Kind is not (TokenKind.Identifier or TokenKind.QuotedIdentifier))
        {
            return null;
        }

        Skip();
        var token = Current;
        var name = token.Kind == TokenKind.Identifier ? TextOf(token).ToLowerInvariant() : Unquote(token, '"');
        Skip();
        _markers.Add(name);
        return new MarkerTerm(_markers.Count - 1, name, position);
    }

    public void Enter()
    {
        if (++_depth > MaxNesting)
        {
            throw CqlSyntax.Error(text, Position, $"values and types nest deeper than {MaxNesting}");
        }
    }

    public void Leave() => _depth--;

    public CqlServerException Unexpected(string expected)
    {
        var token = Current;
        return token.Kind == TokenKind.End
            ? CqlSyntax.Error(text, token.Start, $"mismatched input '<EOF>' expecting {expected}")
            : CqlSyntax.Error(text, token.Start, $"mismatched input '{Shown(token)}' expecting {expected}");
    }

    public CqlServerException NoViableAlternative()
    {
        var token = Current;
        return CqlSyntax.Error(text, token.Start, $"no viable alternative at input '{Shown(token)}'");
    }

    public CqlServerException Refused(string message) => CqlSyntax.Error(text, Position, message);

    private string Shown(CqlToken token) => token.Kind == TokenKind.End ? "<EOF>" : token.Length <= 60 ? TextOf(token) : string.Concat(text.AsSpan(token.Start, 60), "...");

    private string Unquote(CqlToken token, char quote)
    {
        var inner = text.Substring(token.Start + 1, token.Length - 2);
        return inner.Contains(quote, StringComparison.Ordinal) ? inner.Replace(new string(quote, 2), quote.ToString(), StringComparison.Ordinal) : inner;
    }
}
