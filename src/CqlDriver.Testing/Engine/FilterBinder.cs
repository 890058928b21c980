using CqlDriver.Testing.Cql;
using CqlDriver.Testing.Model;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Engine;

/// <summary>Restrictions that the key cannot serve, as tests of rows.</summary>
internal sealed class FilterBinder(TermBinder terms, WhereBinder where)
{
    public RowFilter Bind(ColumnRelation relation, ColumnDefinition column)
    {
        if (relation.Key is { } keyTerm)
        {
            var (keyType, valueType) = ValueComparison.ElementTypes(column.Type, column.Name);
            var key = terms.Bind(keyTerm, $"key({column.Name})", keyType);
            var value = terms.Bind(relation.Value ?? throw NotSupported(relation), $"value({column.Name})", valueType);
            return new RowFilter(column, relation.Operator == RelationOperator.Equal, scope =>
            {
                var (wantedKey, wanted) = (key.Require(scope, column.Name), value.Require(scope, column.Name));
                return row => ValueComparison.Holds(relation.Operator, valueType, ValueComparison.Element(column.Type, row.Read(column), wantedKey), wanted);
            });
        }

        return relation.Operator switch
        {
            _ when relation.Field is not null => throw NotSupported(relation),
            RelationOperator.Contains or RelationOperator.ContainsKey => BindContains(relation, column),
            RelationOperator.In => FromValues(column, where.BindValues(relation, column.Name, column.Type)),
            _ => BindComparison(relation, column),
        };
    }

    public static RowFilter FromValues(ColumnDefinition column, ValueSet values) => new(column, values.IsEquality, scope =>
    {
        var wanted = values.Evaluate(scope);
        return row => row.Read(column) is { } value && wanted.Exists(one => ValueComparison.Holds(RelationOperator.Equal, column.Type, value, one));
    });

    public static RowFilter FromSlice(ColumnDefinition column, SliceRestriction slice)
    {
        var order = new ValueOrder(column.Type);
        return new RowFilter(column, false, scope =>
        {
            var lower = slice.Lower?[0].Require(scope, column.Name);
            var upper = slice.Upper?[0].Require(scope, column.Name);
            return row => row.Read(column) is { } value
                && (lower is null || order.Compare(value, lower) is var low && (low > 0 || (low == 0 && slice.IsLowerInclusive)))
                && (upper is null || order.Compare(value, upper) is var high && (high < 0 || (high == 0 && slice.IsUpperInclusive)));
        });
    }

    private RowFilter BindComparison(ColumnRelation relation, ColumnDefinition column)
    {
        var term = terms.Bind(relation.Value!, column.Name, column.Type);
        return new RowFilter(column, relation.Operator == RelationOperator.Equal, scope =>
        {
            var wanted = term.Require(scope, column.Name);
            return row => row.Read(column) is { } value && ValueComparison.Holds(relation.Operator, column.Type, value, wanted);
        });
    }

    private RowFilter BindContains(ColumnRelation relation, ColumnDefinition column)
    {
        var isKey = relation.Operator == RelationOperator.ContainsKey;
        var type = column.Type switch
        {
            CqlMapType map => isKey ? map.Key : map.Value,
            CqlListType list when !isKey => list.Element,
            CqlSetType set when !isKey => set.Element,
            _ => throw CqlServerException.Invalid($"Cannot use CONTAINS {(isKey ? "KEY " : string.Empty)}on column {column.Name} of type {column.Type}"),
        };
        var term = terms.Bind(relation.Value!, isKey ? $"key({column.Name})" : $"value({column.Name})", type);
        return new RowFilter(column, true, scope =>
        {
            var wanted = term.Require(scope, column.Name);
            return row => ValueComparison.Contains(column.Type, row.Read(column), wanted, isKey);
        });
    }

    private static CqlServerException NotSupported(ColumnRelation relation) =>
        CqlServerException.Invalid($"Restricting a part of column {relation.Column} with {relation.Operator} is not supported by the embedded cluster");
}
