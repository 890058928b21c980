using CqlDriver.Testing.Cql;
using CqlDriver.Testing.Model;

namespace CqlDriver.Testing.Engine;

/// <summary>One condition of IF: a column, an element or a field, compared with a value or with several.</summary>
internal sealed class RowCondition
{
    private readonly RelationOperator _operator;
    private readonly CqlType _type;
    private readonly BoundTerm? _key;
    private readonly string? _field;
    private readonly BoundTerm? _value;
    private readonly BoundTerm[] _values;
    private readonly MarkerBoundTerm? _list;

    public RowCondition(ColumnRelation relation, TermBinder terms)
    {
        Column = terms.Table.Get(relation.Column);
        if (Column.IsPrimaryKey)
        {
            throw CqlServerException.Invalid($"PRIMARY KEY column '{Column.Name}' cannot have IF conditions");
        }

        if (relation.Operator is RelationOperator.Contains or RelationOperator.ContainsKey)
        {
            throw CqlServerException.Invalid("CONTAINS in conditions is not supported by the embedded cluster");
        }

        _operator = relation.Operator;
        _type = Column.Type;
        if (relation.Key is { } key)
        {
            var (keyType, valueType) = ValueComparison.ElementTypes(Column.Type, Column.Name);
            _key = terms.Bind(key, $"key({Column.Name})", keyType);
            _type = valueType;
        }
        else if (relation.Field is { } field)
        {
            var user = Column.Type as CqlUserType ?? throw CqlServerException.Invalid($"Cannot use field condition on column {Column.Name} of type {Column.Type}");
            _field = field;
            _type = user.Fields.FirstOrDefault(known => known.Name == field)?.Type ?? throw CqlServerException.Invalid($"Unknown field {field} for column {Column.Name}");
        }

        _values = [.. relation.Values.Select(value => terms.Bind(value, Column.Name, _type))];
        if (relation.Operator == RelationOperator.In)
        {
            _list = relation.Value is MarkerTerm marker ? terms.BindMarker(marker, $"in({Column.Name})", CqlType.List(_type)) : null;
        }
        else
        {
            _value = terms.Bind(relation.Value!, Column.Name, _type);
        }
    }

    public ColumnDefinition Column { get; }

    /// <summary>A missing row has null in every column.</summary>
    public bool Holds(ExecutionScope scope, RowCursor row)
    {
        var current = row.Read(Column);
        if (_key is not null)
        {
            current = ValueComparison.Element(Column.Type, current, _key.Require(scope, Column.Name));
        }
        else if (_field is not null)
        {
            current = ValueComparison.Field((CqlUserType)Column.Type, current, _field);
        }

        if (_operator != RelationOperator.In)
        {
            var wanted = _value!.Evaluate(scope);
            return ReferenceEquals(wanted, Storage.CqlBytes.Unset)
                ? throw CqlServerException.Invalid("Invalid 'unset' value in condition")
                : ValueComparison.Holds(_operator, _type, current, wanted);
        }

        var candidates = _list is null
            ? [.. _values.Select(value => value.Evaluate(scope))]
            : Storage.CqlBytes.TrySplitCollection(_list.Require(scope, Column.Name), 1) ?? [];
        return candidates.Exists(candidate => ValueComparison.Holds(RelationOperator.Equal, _type, current, candidate));
    }
}
