using System.Collections.Immutable;

namespace CqlDriver.Testing.Cql;

/// <summary>WHERE and IF: restrictions and conditions.</summary>
internal sealed class WhereParser(TokenReader reader, TermParser terms)
{
    public ImmutableArray<Relation> ParseWhere()
    {
        var relations = ImmutableArray.CreateBuilder<Relation>();
        do
        {
            relations.Add(ParseRelation());
        }
        while (reader.TryKeyword("AND"));

        return relations.ToImmutable();
    }

    public ImmutableArray<ColumnRelation> ParseConditions()
    {
        var conditions = ImmutableArray.CreateBuilder<ColumnRelation>();
        do
        {
            conditions.Add(ParseColumnRelation());
        }
        while (reader.TryKeyword("AND"));

        return conditions.ToImmutable();
    }

    public ImmutableArray<string> ParseNames(string what)
    {
        var names = ImmutableArray.CreateBuilder<string>();
        reader.ExpectSymbol('(');
        do
        {
            names.Add(reader.ExpectName(what));
        }
        while (reader.TrySymbol(','));

        reader.ExpectSymbol(')');
        return names.ToImmutable();
    }

    private Relation ParseRelation()
    {
        var position = reader.Position;
        if (reader.TryKeyword("TOKEN"))
        {
            var columns = ParseNames("a partition key column");
            var comparison = ParseOperator();
            return comparison is RelationOperator.In or RelationOperator.Contains or RelationOperator.ContainsKey or RelationOperator.NotEqual
                ? throw reader.Refused("token() takes =, <, <=, > and >= only")
                : new TokenRelation(columns, comparison, terms.Parse(), position);
        }

        return reader.IsSymbol('(') ? ParseTupleRelation(position) : ParseColumnRelation();
    }

    private TupleRelation ParseTupleRelation(int position)
    {
        var columns = ParseNames("a clustering column");
        var comparison = ParseOperator();
        if (comparison == RelationOperator.In)
        {
            return reader.TryMarker() is { } marker
                ? new TupleRelation(columns, comparison, [marker], position)
                : new TupleRelation(columns, comparison, ParseParenthesised(), position);
        }

        return new TupleRelation(columns, comparison, [terms.Parse()], position);
    }

    private ColumnRelation ParseColumnRelation()
    {
        var position = reader.Position;
        var column = reader.ExpectName("a column");
        Term? key = null;
        string? field = null;
        if (reader.TrySymbol('['))
        {
            key = terms.Parse();
            reader.ExpectSymbol(']');
        }
        else if (reader.TrySymbol('.'))
        {
            field = reader.ExpectName("a field");
        }

        var comparison = ParseOperator();
        if (comparison != RelationOperator.In)
        {
            return new ColumnRelation(column, key, field, comparison, terms.Parse(), [], position);
        }

        return reader.TryMarker() is { } marker
            ? new ColumnRelation(column, key, field, comparison, marker, [], position)
            : new ColumnRelation(column, key, field, comparison, null, ParseParenthesised(), position);
    }

    private ImmutableArray<Term> ParseParenthesised()
    {
        reader.ExpectSymbol('(');
        return terms.ParseUntil(')', terms.Parse);
    }

    private RelationOperator ParseOperator()
    {
        if (reader.TryKeyword("IN"))
        {
            return RelationOperator.In;
        }

        if (reader.TryKeyword("CONTAINS"))
        {
            return reader.TryKeyword("KEY") ? RelationOperator.ContainsKey : RelationOperator.Contains;
        }

        if (reader.IsKeyword("LIKE") || reader.IsKeyword("IS") || reader.IsKeyword("BETWEEN") || reader.IsKeyword("NOT"))
        {
            throw reader.Refused($"{reader.TextOf(reader.Current).ToUpperInvariant()} is not supported by the embedded cluster");
        }

        RelationOperator? comparison = reader.Current.Kind != TokenKind.Symbol ? null : reader.Current.Symbol switch
        {
            '=' => RelationOperator.Equal,
            '<' => RelationOperator.Less,
            '>' => RelationOperator.Greater,
            CqlToken.LessOrEqual => RelationOperator.LessOrEqual,
            CqlToken.GreaterOrEqual => RelationOperator.GreaterOrEqual,
            CqlToken.NotEqual => RelationOperator.NotEqual,
            _ => null,
        };
        if (comparison is not { } found)
        {
            throw reader.Unexpected("a comparison");
        }

        reader.Skip();
        return found;
    }
}
