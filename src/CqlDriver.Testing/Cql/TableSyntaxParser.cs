using System.Collections.Immutable;

namespace CqlDriver.Testing.Cql;

/// <summary>CREATE TABLE.</summary>
internal sealed class TableSyntaxParser(TokenReader reader, TermParser terms, SchemaParser schema)
{
    private readonly ImmutableArray<ColumnSyntax>.Builder _columns = ImmutableArray.CreateBuilder<ColumnSyntax>();
    private ImmutableArray<string> _partitionKey = [];
    private ImmutableArray<string> _clustering = [];

    public CreateTableSyntax Parse(int position)
    {
        var ifNotExists = reader.TryIfNotExists();
        var name = reader.ExpectQualifiedName("a table");
        reader.ExpectSymbol('(');
        do
        {
            ParseColumnOrKey();
        }
        while (reader.TrySymbol(','));

        reader.ExpectSymbol(')');
        var properties = ImmutableArray.CreateBuilder<(string, Term)>();
        ImmutableArray<(string, bool)> order = [];
        if (reader.TryKeyword("WITH"))
        {
            do
            {
                if (reader.IsKeyword("COMPACT") && reader.IsKeyword("STORAGE", 1))
                {
                    throw reader.Refused("COMPACT STORAGE is not supported by the embedded cluster");
                }

                if (reader.TryKeywords("CLUSTERING", "ORDER"))
                {
                    reader.ExpectKeyword("BY");
                    reader.ExpectSymbol('(');
                    order = SelectParser.ParseOrders(reader);
                    reader.ExpectSymbol(')');
                }
                else
                {
                    properties.Add(schema.ParseProperty());
                }
            }
            while (reader.TryKeyword("AND"));
        }

        return new CreateTableSyntax(name, ifNotExists, _columns.ToImmutable(), _partitionKey, _clustering, order, new PropertyList(properties.ToImmutable()), position);
    }

    private void ParseColumnOrKey()
    {
        if (reader.TryKeywords("PRIMARY", "KEY"))
        {
            CheckNoKeyYet();
            ParseKey();
            return;
        }

        var position = reader.Position;
        var name = reader.ExpectName("a column");
        var type = terms.ParseType();
        var isStatic = reader.TryKeyword("STATIC");
        _columns.Add(new ColumnSyntax(name, type, isStatic, position));
        if (reader.TryKeywords("PRIMARY", "KEY"))
        {
            CheckNoKeyYet();
            _partitionKey = [name];
        }
    }

    private void CheckNoKeyYet()
    {
        if (!_partitionKey.IsEmpty)
        {
            throw reader.Refused("Multiple PRIMARY KEYs specified (exactly one required)");
        }
    }

    private void ParseKey()
    {
        reader.ExpectSymbol('(');
        if (reader.TrySymbol('('))
        {
            _partitionKey = ParseNames();
            reader.ExpectSymbol(')');
        }
        else
        {
            _partitionKey = [reader.ExpectName("a column")];
        }

        if (reader.TrySymbol(','))
        {
            _clustering = ParseNames();
        }

        reader.ExpectSymbol(')');
    }

    private ImmutableArray<string> ParseNames()
    {
        var names = ImmutableArray.CreateBuilder<string>();
        do
        {
            names.Add(reader.ExpectName("a column"));
        }
        while (reader.TrySymbol(','));

        return names.ToImmutable();
    }
}
