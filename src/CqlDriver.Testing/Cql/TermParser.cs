using System.Collections.Immutable;

namespace CqlDriver.Testing.Cql;

/// <summary>Values: constants, collections, markers, calls, casts. And types, which casts contain.</summary>
internal sealed class TermParser(TokenReader reader)
{
    public Term Parse()
    {
        reader.Enter();
        var term = ParseNested();
        reader.Leave();
        return term;
    }

    /// <summary>A selector of a SELECT list: like a value, but names are columns, and fields and elements can be taken.</summary>
    public Term ParseSelector()
    {
        reader.Enter();
        Term term;
        if (reader.TryName() is { } name && !IsCall())
        {
            term = new ColumnTerm(name, reader.Position);
            reader.Skip();
        }
        else
        {
            term = ParseNested(selectors: true);
        }

        while (true)
        {
            var position = reader.Position;
            if (reader.TrySymbol('.'))
            {
                term = new FieldTerm(term, reader.ExpectName("a field"), position);
            }
            else if (reader.TrySymbol('['))
            {
                var key = Parse();
                reader.ExpectSymbol(']');
                term = new ElementTerm(term, key, position);
            }
            else
            {
                reader.Leave();
                return term;
            }
        }
    }

    public TypeSyntax ParseType()
    {
        reader.Enter();
        var position = reader.Position;
        TypeSyntax type;
        if (reader.Current.Kind == TokenKind.String)
        {
            type = new TypeSyntax(null, reader.ExpectString("a type"), [], null, position) { IsClassName = true };
        }
        else
        {
            type = ParseNamedType(position);
        }

        reader.Leave();
        return type;
    }

    /// <summary>What stands between parentheses, separated by commas; the opening one is taken already.</summary>
    public ImmutableArray<Term> ParseUntil(char closing, Func<Term> element)
    {
        var elements = ImmutableArray.CreateBuilder<Term>();
        if (reader.TrySymbol(closing))
        {
            return [];
        }

        do
        {
            elements.Add(element());
        }
        while (reader.TrySymbol(','));

        reader.ExpectSymbol(closing);
        return elements.ToImmutable();
    }

    private TypeSyntax ParseNamedType(int position)
    {
        string? keyspace = null;
        var name = ExpectTypeName();
        if (reader.TrySymbol('.'))
        {
            keyspace = name;
            name = ExpectTypeName();
        }

        if (!reader.TrySymbol('<'))
        {
            return new TypeSyntax(keyspace, name, [], null, position);
        }

        var parameters = ImmutableArray.CreateBuilder<TypeSyntax>();
        int? dimension = null;
        do
        {
            if (reader.Current.Kind == TokenKind.Integer)
            {
                dimension = int.TryParse(reader.TextOf(reader.Current), out var number) ? number : throw reader.Refused("the dimension of a vector is out of range");
                reader.Skip();
            }
            else
            {
                parameters.Add(ParseType());
            }
        }
        while (reader.TrySymbol(','));

        reader.ExpectSymbol('>');
        return new TypeSyntax(keyspace, name, parameters.ToImmutable(), dimension, position);
    }

    /// <summary>The names of collection types are words like others, <c>set</c> however is reserved.</summary>
    private string ExpectTypeName()
    {
        if (reader.TryKeyword("SET"))
        {
            return "set";
        }

        return reader.ExpectName("a type");
    }

    private bool IsCall() => reader.IsSymbol('(', 1) || (reader.IsSymbol('.', 1) && reader.IsSymbol('(', 3));

    private Term ParseNested(bool selectors = false)
    {
        if (reader.TryMarker() is { } marker)
        {
            return marker;
        }

        var token = reader.Current;
        switch (token.Kind)
        {
            case TokenKind.String:
                reader.Skip();
                return new ConstantTerm(ConstantKind.String, reader.StringValue(token), token.Start);
            case TokenKind.Integer or TokenKind.Float or TokenKind.Uuid or TokenKind.Blob or TokenKind.Duration:
                reader.Skip();
                return new ConstantTerm(KindOf(token.Kind), reader.TextOf(token), token.Start);
            case TokenKind.Identifier or TokenKind.QuotedIdentifier:
                return ParseWord(token, selectors);
            case TokenKind.Symbol:
                return ParseBracketed(token);
            default:
                throw reader.Unexpected("a value");
        }
    }

    private static ConstantKind KindOf(TokenKind kind) => kind switch
    {
        TokenKind.Integer => ConstantKind.Integer,
        TokenKind.Float => ConstantKind.Float,
        TokenKind.Uuid => ConstantKind.Uuid,
        TokenKind.Blob => ConstantKind.Blob,
        _ => ConstantKind.Duration,
    };

    private Term ParseWord(CqlToken token, bool selectors)
    {
        if (reader.TryKeyword("NULL"))
        {
            return new NullTerm(token.Start);
        }

        if (IsCall() || reader.IsKeyword("TOKEN"))
        {
            return ParseCall(token.Start, selectors);
        }

        if (reader.IsKeyword("true") || reader.IsKeyword("false"))
        {
            reader.Skip();
            return new ConstantTerm(ConstantKind.Boolean, reader.TextOf(token).ToLowerInvariant(), token.Start);
        }

        if (reader.IsKeyword("NaN") || reader.IsKeyword("Infinity"))
        {
            reader.Skip();
            return new ConstantTerm(ConstantKind.Float, reader.TextOf(token), token.Start);
        }

        if (token.Kind == TokenKind.Identifier && reader.TextOf(token) is ['P' or 'p', ..] text && LooksLikeIsoDuration(text))
        {
            return IsoDuration(token);
        }

        throw reader.Unexpected("a value");
    }

    /// <summary>The form <c>P2020-01-02T03:04:05</c> spans several tokens, the others are one word.</summary>
    private ConstantTerm IsoDuration(CqlToken first)
    {
        reader.Skip();
        var end = first.End;
        while (reader.Current.Start == end && (reader.Current.Kind is TokenKind.Integer or TokenKind.Duration || reader.IsSymbol('-') || reader.IsSymbol(':')))
        {
            end = reader.Current.End;
            reader.Skip();
        }

        return new ConstantTerm(ConstantKind.Duration, reader.Source(first.Start, end), first.Start);
    }

    private static bool LooksLikeIsoDuration(string word) =>
        word.Length > 1 && (char.IsAsciiDigit(word[1]) || (word.Length > 2 && (word[1] | 0x20) == 't' && char.IsAsciiDigit(word[2])));

    private CallTerm ParseCall(int position, bool selectors)
    {
        string? keyspace = null;
        string name;
        if (reader.TryKeyword("TOKEN"))
        {
            name = "token";
        }
        else
        {
            name = reader.ExpectName("a function");
            if (reader.TrySymbol('.'))
            {
                keyspace = name;
                name = reader.ExpectName("a function");
            }
        }

        reader.ExpectSymbol('(');
        if (reader.TrySymbol('*'))
        {
            reader.ExpectSymbol(')');
            return new CallTerm(keyspace, name, [], true, position);
        }

        return new CallTerm(keyspace, name, ParseUntil(')', selectors ? ParseSelector : Parse), false, position);
    }

    private Term ParseBracketed(CqlToken token)
    {
        reader.Skip();
        switch (token.Symbol)
        {
            case '-' or '+':
                return ParseSigned(token);
            case '[':
                return new ListTerm(ParseUntil(']', Parse), token.Start);
            case '{':
                return ParseBraces(token.Start);
            case '(':
                return ParseParenthesis(token.Start);
            default:
                throw CqlSyntaxAt(token);
        }
    }

    private CqlServerException CqlSyntaxAt(CqlToken token) => reader.Refused($"no viable alternative after '{reader.TextOf(token)}', expecting a value");

    private ConstantTerm ParseSigned(CqlToken sign)
    {
        if (ParseNested() is not ConstantTerm { Kind: ConstantKind.Integer or ConstantKind.Float or ConstantKind.Duration } number)
        {
            throw reader.Unexpected("a number");
        }

        return number with { Text = sign.Symbol == '-' ? "-" + number.Text : number.Text, Position = sign.Start };
    }

    private Term ParseBraces(int position)
    {
        if (reader.TrySymbol('}'))
        {
            return new SetTerm([], position);
        }

        if (reader.TryName() is not null && reader.IsSymbol(':', 1) && !reader.IsKeyword("true") && !reader.IsKeyword("false"))
        {
            return ParseUserType(position);
        }

        var first = Parse();
        if (!reader.TrySymbol(':'))
        {
            return new SetTerm(reader.TrySymbol(',') ? [first, .. ParseUntil('}', Parse)] : CloseAfter(first), position);
        }

        var entries = ImmutableArray.CreateBuilder<(Term, Term)>();
        entries.Add((first, Parse()));
        while (reader.TrySymbol(','))
        {
            var key = Parse();
            reader.ExpectSymbol(':');
            entries.Add((key, Parse()));
        }

        reader.ExpectSymbol('}');
        return new MapTerm(entries.ToImmutable(), position);
    }

    private ImmutableArray<Term> CloseAfter(Term only)
    {
        reader.ExpectSymbol('}');
        return [only];
    }

    private UserTypeTerm ParseUserType(int position)
    {
        var fields = ImmutableArray.CreateBuilder<(string, Term)>();
        do
        {
            var field = reader.ExpectName("a field");
            reader.ExpectSymbol(':');
            fields.Add((field, Parse()));
        }
        while (reader.TrySymbol(','));

        reader.ExpectSymbol('}');
        return new UserTypeTerm(fields.ToImmutable(), position);
    }

    /// <summary><c>(type) value</c>, or a tuple. A word that is no call can only be a type: values do not begin with names.</summary>
    private Term ParseParenthesis(int position)
    {
        if (IsTypeAhead())
        {
            var type = ParseType();
            reader.ExpectSymbol(')');
            return new CastTerm(type, Parse(), position);
        }

        return new TupleTerm(ParseUntil(')', Parse), position);
    }

    private bool IsTypeAhead()
    {
        if (reader.IsKeyword("SET"))
        {
            return true;
        }

        return reader.TryName() is { } name && (reader.IsSymbol(')', 1) || reader.IsSymbol('<', 1) || reader.IsSymbol('.', 1)) && !IsCall()
            && name is not ("true" or "false");
    }
}
