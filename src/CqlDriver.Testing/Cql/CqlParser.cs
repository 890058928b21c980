using System.Collections.Immutable;

namespace CqlDriver.Testing.Cql;

/// <summary>A statement and the names of its bind markers, in order; null for <c>?</c>.</summary>
internal sealed record ParsedStatement(StatementSyntax Statement, ImmutableArray<string?> Markers);

/// <summary>
/// Reads CQL by recursive descent: one class per family of statements, over one <see cref="TokenReader"/>. The parser
/// knows grammar only: no schema, no types but as words. What it does not know it refuses with a syntax error that
/// says where (line from 1, column from 0) and what would have been understood; what a real server knows and this one
/// does not is refused by name, so that nobody takes it for a mistake of his own.
/// </summary>
internal static class CqlParser
{
    private const int MaxLength = 16 * 1024 * 1024;

    public static ParsedStatement Parse(string text)
    {
        if (text.Length > MaxLength)
        {
            throw new CqlServerException(ServerError.SyntaxError($"line 1:0 the statement is longer than {MaxLength} characters"));
        }

        var reader = new TokenReader(text);
        var statement = ParseStatement(reader);
        while (reader.TrySymbol(';'))
        {
        }

        return reader.Current.Kind == TokenKind.End ? new ParsedStatement(statement, reader.Markers) : throw reader.Unexpected("EOF");
    }

    /// <summary>The type that a text names, for instance in an option.</summary>
    public static TypeSyntax ParseType(string text)
    {
        var reader = new TokenReader(text);
        var type = new TermParser(reader).ParseType();
        return reader.Current.Kind == TokenKind.End ? type : throw reader.Unexpected("EOF");
    }

    private static StatementSyntax ParseStatement(TokenReader reader)
    {
        var terms = new TermParser(reader);
        var where = new WhereParser(reader, terms);
        var position = reader.Position;
        if (reader.TryKeyword("SELECT"))
        {
            return new SelectParser(reader, terms, where).Parse(position);
        }

        var modifications = new ModificationParser(reader, terms, where);
        if (reader.IsKeyword("INSERT") || reader.IsKeyword("UPDATE") || reader.IsKeyword("DELETE"))
        {
            return modifications.ParseModification();
        }

        return reader.TryKeyword("BEGIN") ? modifications.ParseBatch(position) : ParseRare(reader, terms, position);
    }

    private static StatementSyntax ParseRare(TokenReader reader, TermParser terms, int position)
    {
        if (reader.TryKeyword("USE"))
        {
            return new UseSyntax(reader.ExpectName("a keyspace"), position);
        }

        if (reader.TryKeyword("TRUNCATE"))
        {
            if (!reader.TryKeyword("TABLE"))
            {
                reader.TryKeyword("COLUMNFAMILY");
            }

            return new TruncateSyntax(reader.ExpectQualifiedName("a table"), position);
        }

        var schema = new SchemaParser(reader, terms);
        if (reader.TryKeyword("CREATE"))
        {
            return schema.ParseCreate(position);
        }

        if (reader.TryKeyword("ALTER"))
        {
            return schema.ParseAlter(position);
        }

        if (reader.TryKeyword("DROP"))
        {
            return schema.ParseDrop(position);
        }

        foreach (var word in (ReadOnlySpan<string>)["DESCRIBE", "DESC", "GRANT", "REVOKE", "LIST"])
        {
            if (reader.IsKeyword(word))
            {
                throw reader.Refused($"{word} is not supported by the embedded cluster");
            }
        }

        throw reader.NoViableAlternative();
    }
}
