using System.Collections.Immutable;

namespace CqlDriver.Testing.Cql;

/// <summary>CREATE, ALTER and DROP.</summary>
internal sealed class SchemaParser(TokenReader reader, TermParser terms)
{
    private static readonly string[] Refusals = ["MATERIALIZED", "FUNCTION", "AGGREGATE", "TRIGGER", "ROLE", "USER", "OR", "MASK", "IDENTITY"];

    public StatementSyntax ParseCreate(int position)
    {
        RefuseUnsupported("CREATE");
        if (reader.TryKeyword("KEYSPACE") || reader.TryKeyword("SCHEMA"))
        {
            var ifNotExists = reader.TryIfNotExists();
            return new CreateKeyspaceSyntax(reader.ExpectName("a keyspace"), ifNotExists, ParseWith(), position);
        }

        if (reader.TryKeyword("TABLE") || reader.TryKeyword("COLUMNFAMILY"))
        {
            return new TableSyntaxParser(reader, terms, this).Parse(position);
        }

        if (reader.TryKeyword("TYPE"))
        {
            var ifNotExists = reader.TryIfNotExists();
            var name = reader.ExpectQualifiedName("a type");
            reader.ExpectSymbol('(');
            var fields = ParseFields();
            reader.ExpectSymbol(')');
            return new CreateTypeSyntax(name, ifNotExists, fields, position);
        }

        var isCustom = reader.TryKeyword("CUSTOM");
        return reader.TryKeyword("INDEX") ? ParseIndex(isCustom, position) : throw reader.NoViableAlternative();
    }

    public StatementSyntax ParseAlter(int position)
    {
        RefuseUnsupported("ALTER");
        if (reader.TryKeyword("KEYSPACE") || reader.TryKeyword("SCHEMA"))
        {
            var ifExists = reader.TryIfExists();
            return new AlterKeyspaceSyntax(reader.ExpectName("a keyspace"), ifExists, ParseWith(), position);
        }

        if (reader.TryKeyword("TABLE") || reader.TryKeyword("COLUMNFAMILY"))
        {
            return ParseAlterTable(position);
        }

        return reader.TryKeyword("TYPE") ? ParseAlterType(position) : throw reader.NoViableAlternative();
    }

    public StatementSyntax ParseDrop(int position)
    {
        RefuseUnsupported("DROP");
        if (reader.TryKeyword("KEYSPACE") || reader.TryKeyword("SCHEMA"))
        {
            var ifExists = reader.TryIfExists();
            return new DropKeyspaceSyntax(reader.ExpectName("a keyspace"), ifExists, position);
        }

        if (reader.TryKeyword("TABLE") || reader.TryKeyword("COLUMNFAMILY"))
        {
            var ifExists = reader.TryIfExists();
            return new DropTableSyntax(reader.ExpectQualifiedName("a table"), ifExists, position);
        }

        if (reader.TryKeyword("TYPE"))
        {
            var ifExists = reader.TryIfExists();
            return new DropTypeSyntax(reader.ExpectQualifiedName("a type"), ifExists, position);
        }

        if (reader.TryKeyword("INDEX"))
        {
            var ifExists = reader.TryIfExists();
            return new DropIndexSyntax(reader.ExpectQualifiedName("an index"), ifExists, position);
        }

        throw reader.NoViableAlternative();
    }

    /// <summary>WITH a = 1 AND b = {...}, or nothing.</summary>
    public PropertyList ParseWith()
    {
        if (!reader.TryKeyword("WITH"))
        {
            return PropertyList.Empty;
        }

        var entries = ImmutableArray.CreateBuilder<(string, Term)>();
        do
        {
            entries.Add(ParseProperty());
        }
        while (reader.TryKeyword("AND"));

        return new PropertyList(entries.ToImmutable());
    }

    internal (string Name, Term Value) ParseProperty()
    {
        var name = reader.ExpectName("a property");
        reader.ExpectSymbol('=');
        return (name, terms.Parse());
    }

    private void RefuseUnsupported(string verb)
    {
        foreach (var word in Refusals)
        {
            if (reader.IsKeyword(word))
            {
                throw reader.Refused($"{verb} {word} is not supported by the embedded cluster");
            }
        }
    }

    private ImmutableArray<(string, TypeSyntax)> ParseFields()
    {
        var fields = ImmutableArray.CreateBuilder<(string, TypeSyntax)>();
        do
        {
            fields.Add((reader.ExpectName("a field"), terms.ParseType()));
        }
        while (reader.TrySymbol(','));

        return fields.ToImmutable();
    }

    private CreateIndexSyntax ParseIndex(bool isCustom, int position)
    {
        var ifNotExists = reader.TryIfNotExists();
        string? name = null;
        if (!reader.IsKeyword("ON"))
        {
            name = reader.ExpectQualifiedName("an index").Name;
        }

        reader.ExpectKeyword("ON");
        var table = reader.ExpectQualifiedName("a table");
        reader.ExpectSymbol('(');
        var function = ParseIndexFunction();
        var column = reader.ExpectName("a column");
        if (function is not null)
        {
            reader.ExpectSymbol(')');
        }

        reader.ExpectSymbol(')');
        var className = reader.TryKeyword("USING") ? reader.ExpectString("the name of an index class") : null;
        if (isCustom && className is null)
        {
            throw reader.Unexpected("USING");
        }

        var options = PropertyList.Empty;
        if (reader.TryKeyword("WITH"))
        {
            options = new PropertyList([ParseProperty()]);
        }

        return new CreateIndexSyntax(name, table, ifNotExists, column, function, className, options, position);
    }

    private string? ParseIndexFunction()
    {
        foreach (var function in new[] { "KEYS", "VALUES", "ENTRIES", "FULL" })
        {
            if (reader.IsKeyword(function) && reader.IsSymbol('(', 1))
            {
                reader.Skip();
                reader.Skip();
                return function.ToLowerInvariant();
            }
        }

        return null;
    }

    private AlterTableSyntax ParseAlterTable(int position)
    {
        var ifExists = reader.TryIfExists();
        var table = reader.ExpectQualifiedName("a table");
        var empty = new AlterTableSyntax(table, ifExists, [], [], [], PropertyList.Empty, position);
        if (reader.TryKeyword("ADD"))
        {
            var ifNotExists = reader.TryIfNotExists();
            return empty with { Added = ParseAddedColumns(), IfColumnNotExists = ifNotExists };
        }

        if (reader.TryKeyword("DROP"))
        {
            var ifColumnExists = reader.TryIfExists();
            return empty with { Dropped = ParseDroppedColumns(), IfColumnExists = ifColumnExists };
        }

        if (reader.TryKeyword("RENAME"))
        {
            return empty with { Renamed = ParseRenames() };
        }

        return reader.IsKeyword("WITH") ? empty with { Properties = ParseWith() } : throw reader.Unexpected("ADD, DROP, RENAME or WITH");
    }

    private ImmutableArray<ColumnSyntax> ParseAddedColumns()
    {
        var isParenthesised = reader.TrySymbol('(');
        var columns = ImmutableArray.CreateBuilder<ColumnSyntax>();
        do
        {
            var position = reader.Position;
            var name = reader.ExpectName("a column");
            var type = terms.ParseType();
            columns.Add(new ColumnSyntax(name, type, reader.TryKeyword("STATIC"), position));
        }
        while (reader.TrySymbol(','));

        if (isParenthesised)
        {
            reader.ExpectSymbol(')');
        }

        return columns.ToImmutable();
    }

    private ImmutableArray<string> ParseDroppedColumns()
    {
        var isParenthesised = reader.TrySymbol('(');
        var columns = ImmutableArray.CreateBuilder<string>();
        do
        {
            columns.Add(reader.ExpectName("a column"));
        }
        while (reader.TrySymbol(','));

        if (isParenthesised)
        {
            reader.ExpectSymbol(')');
        }

        return columns.ToImmutable();
    }

    private ImmutableArray<(string, string)> ParseRenames()
    {
        var renames = ImmutableArray.CreateBuilder<(string, string)>();
        do
        {
            var from = reader.ExpectName("a name");
            reader.ExpectKeyword("TO");
            renames.Add((from, reader.ExpectName("a name")));
        }
        while (reader.TryKeyword("AND"));

        return renames.ToImmutable();
    }

    private AlterTypeSyntax ParseAlterType(int position)
    {
        var ifExists = reader.TryIfExists();
        var name = reader.ExpectQualifiedName("a type");
        if (reader.TryKeyword("ADD"))
        {
            return new AlterTypeSyntax(name, ifExists, ParseFields(), [], position);
        }

        return reader.TryKeyword("RENAME") ? new AlterTypeSyntax(name, ifExists, [], ParseRenames(), position) : throw reader.Unexpected("ADD or RENAME");
    }
}
