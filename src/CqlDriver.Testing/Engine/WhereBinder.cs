using System.Collections.Immutable;
using CqlDriver.Testing.Cql;
using CqlDriver.Testing.Model;

namespace CqlDriver.Testing.Engine;

/// <summary>Sorts the restrictions of WHERE by what they restrict: partition key, token, clustering columns, the rest.</summary>
internal sealed class WhereBinder(TermBinder terms)
{
    private readonly TableDefinition _table = terms.Table;

    public Dictionary<string, ValueSet> Values { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, SliceRestriction> Slices { get; } = new(StringComparer.Ordinal);

    /// <summary><c>(a, b) IN (…)</c>, by its first column.</summary>
    public (ColumnDefinition[] Columns, BoundTerm[][] Tuples)? TupleIn { get; private set; }

    /// <summary><c>(a, b) &gt; (…)</c>.</summary>
    public SliceRestriction? TupleSlice { get; private set; }

    public SliceRestriction? Token { get; private set; }

    /// <summary>Restrictions that are tests of rows from the start.</summary>
    public List<RowFilter> Filters { get; } = [];

    public void Bind(ImmutableArray<Relation> relations)
    {
        foreach (var relation in relations)
        {
            switch (relation)
            {
                case TokenRelation token:
                    BindToken(token);
                    break;
                case TupleRelation tuple:
                    BindTuple(tuple);
                    break;
                case ColumnRelation column:
                    BindColumn(column);
                    break;
            }
        }
    }

    public ValueSet BindValues(ColumnRelation relation, string column, CqlType type)
    {
        if (relation.Operator == RelationOperator.Equal)
        {
            return new ValueSet(column, type, [terms.Bind(relation.Value!, column, type)], null, isEquality: true);
        }

        return relation.Value is MarkerTerm marker
            ? new ValueSet(column, type, [], terms.BindMarker(marker, $"in({column})", CqlType.List(type)), isEquality: false)
            : new ValueSet(column, type, [.. relation.Values.Select(value => terms.Bind(value, column, type))], null, isEquality: false);
    }

    private void BindColumn(ColumnRelation relation)
    {
        var column = _table.Get(relation.Column);
        if (relation.Key is not null || relation.Field is not null || relation.Operator is RelationOperator.Contains or RelationOperator.ContainsKey or RelationOperator.NotEqual
            || column.IsMultiCell)
        {
            Filters.Add(new FilterBinder(terms, this).Bind(relation, column));
            return;
        }

        switch (relation.Operator)
        {
            case RelationOperator.Equal or RelationOperator.In:
                CheckOnce(column, Values.ContainsKey(column.Name) || Slices.ContainsKey(column.Name));
                Values[column.Name] = BindValues(relation, column.Name, column.Type);
                break;
            default:
                CheckOnce(column, Values.ContainsKey(column.Name));
                CheckComparable(column);
                if (!Slices.TryGetValue(column.Name, out var slice))
                {
                    Slices[column.Name] = slice = new SliceRestriction([column]);
                }

                AddBound(slice, relation.Operator, [terms.Bind(relation.Value!, column.Name, column.Type)]);
                break;
        }
    }

    private static void CheckOnce(ColumnDefinition column, bool isRestricted)
    {
        if (isRestricted)
        {
            throw CqlServerException.Invalid($"{column.Name} cannot be restricted by more than one relation if it includes an Equal");
        }
    }

    private static void CheckComparable(ColumnDefinition column)
    {
        if (column.Type.Kind == CqlTypeKind.Duration)
        {
            throw CqlServerException.Invalid("Slice restrictions are not supported on duration columns");
        }
    }

    private void BindToken(TokenRelation relation)
    {
        if (!relation.Columns.SequenceEqual(_table.PartitionKey.Select(column => column.Name), StringComparer.Ordinal))
        {
            foreach (var name in relation.Columns)
            {
                _table.Get(name);
            }

            throw CqlServerException.Invalid($"The token() function must be applied to all partition key components or none of them; in the order {string.Join(", ", _table.PartitionKey.Select(c => c.Name))}");
        }

        Token ??= new SliceRestriction([.. _table.PartitionKey]);
        var term = terms.Bind(relation.Value, "partition key token", CqlType.Bigint);
        if (relation.Operator == RelationOperator.Equal)
        {
            Token.Add(isLower: true, isInclusive: true, [term]);
            Token.Add(isLower: false, isInclusive: true, [term]);
        }
        else
        {
            AddBound(Token, relation.Operator, [term]);
        }
    }

    private void BindTuple(TupleRelation relation)
    {
        var columns = relation.Columns.Select(_table.Get).ToArray();
        for (var i = 0; i < columns.Length; i++)
        {
            if (columns[i].Kind != ColumnKind.Clustering || columns[i].Position != columns[0].Position + i)
            {
                throw CqlServerException.Invalid($"Multi-column relations can only be applied to clustering columns in the order of the PRIMARY KEY ({columns[i].Name})");
            }
        }

        var tuples = relation.Values.Select(value => BindTupleValue(value, columns)).ToArray();
        switch (relation.Operator)
        {
            case RelationOperator.Equal:
                for (var i = 0; i < columns.Length; i++)
                {
                    CheckOnce(columns[i], Values.ContainsKey(columns[i].Name) || Slices.ContainsKey(columns[i].Name));
                    Values[columns[i].Name] = new ValueSet(columns[i].Name, columns[i].Type, [tuples[0][i]], null, isEquality: true);
                }

                break;
            case RelationOperator.In:
                CheckOnce(columns[0], TupleIn is not null);
                TupleIn = (columns, tuples);
                break;
            case RelationOperator.NotEqual or RelationOperator.Contains or RelationOperator.ContainsKey:
                throw CqlServerException.Invalid("Multi-column relations take =, IN, <, <=, > and >= only");
            default:
                TupleSlice ??= new SliceRestriction(columns);
                AddBound(TupleSlice, relation.Operator, tuples[0]);
                break;
        }
    }

    private BoundTerm[] BindTupleValue(Term value, ColumnDefinition[] columns)
    {
        if (value is not TupleTerm tuple)
        {
            throw CqlServerException.Invalid("Multi-column relations need a tuple of values, such as (?, ?); one marker for a whole tuple is not supported by the embedded cluster");
        }

        return tuple.Elements.Length == columns.Length
            ? [.. columns.Select((column, i) => terms.Bind(tuple.Elements[i], column.Name, column.Type))]
            : throw CqlServerException.Invalid($"Expected {columns.Length} elements in value tuple, but got {tuple.Elements.Length}");
    }

    private static void AddBound(SliceRestriction slice, RelationOperator comparison, BoundTerm[] terms) => slice.Add(
        comparison is RelationOperator.Greater or RelationOperator.GreaterOrEqual,
        comparison is RelationOperator.GreaterOrEqual or RelationOperator.LessOrEqual,
        terms);
}
