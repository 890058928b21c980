using System.Collections.Immutable;

namespace CqlDriver.Testing.Cql;

/// <summary>SELECT.</summary>
internal sealed class SelectParser(TokenReader reader, TermParser terms, WhereParser where)
{
    public SelectSyntax Parse(int position)
    {
        if (reader.IsKeyword("JSON") && !reader.IsSymbol(',', 1) && !reader.IsKeyword("FROM", 1) && !reader.IsKeyword("AS", 1))
        {
            throw reader.Refused("SELECT JSON is not supported by the embedded cluster");
        }

        var isDistinct = reader.IsKeyword("DISTINCT") && !reader.IsSymbol(',', 1) && !reader.IsKeyword("FROM", 1) && reader.TryKeyword("DISTINCT");
        var selectors = ParseSelectors();
        reader.ExpectKeyword("FROM");
        var table = reader.ExpectQualifiedName("a table");
        var relations = reader.TryKeyword("WHERE") ? where.ParseWhere() : [];
        if (reader.IsKeyword("GROUP"))
        {
            throw reader.Refused("GROUP BY is not supported by the embedded cluster");
        }

        var orderBy = reader.TryKeyword("ORDER") ? ParseOrderBy() : [];
        Term? perPartition = null;
        if (reader.TryKeyword("PER"))
        {
            reader.ExpectKeyword("PARTITION");
            reader.ExpectKeyword("LIMIT");
            perPartition = terms.Parse();
        }

        var limit = reader.TryKeyword("LIMIT") ? terms.Parse() : null;
        var allowFiltering = reader.TryKeyword("ALLOW");
        if (allowFiltering)
        {
            reader.ExpectKeyword("FILTERING");
        }

        return new SelectSyntax(table, isDistinct, selectors, relations, orderBy, limit, perPartition, allowFiltering, position);
    }

    private ImmutableArray<SelectorSyntax> ParseSelectors()
    {
        if (reader.TrySymbol('*'))
        {
            return [];
        }

        var selectors = ImmutableArray.CreateBuilder<SelectorSyntax>();
        do
        {
            var start = reader.Position;
            var value = terms.ParseSelector();
            var text = reader.Source(start, reader.PreviousEnd);
            selectors.Add(new SelectorSyntax(value, reader.TryKeyword("AS") ? reader.ExpectName("an alias") : null, text));
        }
        while (reader.TrySymbol(','));

        return selectors.ToImmutable();
    }

    private ImmutableArray<(string, bool)> ParseOrderBy()
    {
        reader.ExpectKeyword("BY");
        return ParseOrders(reader);
    }

    /// <summary><c>a ASC, b DESC</c>.</summary>
    internal static ImmutableArray<(string, bool)> ParseOrders(TokenReader reader)
    {
        var orders = ImmutableArray.CreateBuilder<(string, bool)>();
        do
        {
            var column = reader.ExpectName("a column");
            var isDescending = reader.TryKeyword("DESC");
            if (!isDescending)
            {
                reader.TryKeyword("ASC");
            }

            orders.Add((column, isDescending));
        }
        while (reader.TrySymbol(','));

        return orders.ToImmutable();
    }
}
