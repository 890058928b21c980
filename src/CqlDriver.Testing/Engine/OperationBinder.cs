using CqlDriver.Testing.Cql;
using CqlDriver.Testing.Model;

namespace CqlDriver.Testing.Engine;

/// <summary>Assignments and deletions of columns, bound to the table.</summary>
internal sealed class OperationBinder(TermBinder terms)
{
    private readonly TableDefinition _table = terms.Table;

    public ColumnOperation Bind(Assignment assignment)
    {
        var column = NonKey(assignment.Column, "SET part");
        return assignment.Kind switch
        {
            AssignmentKind.Set => column.IsCounter
                ? throw CqlServerException.Invalid($"Cannot set the value of counter column {column.Name} (counters can only be incremented/decremented, not set)")
                : new SetOperation(column, terms.Bind(assignment.Value, column.Name, column.Type)),
            AssignmentKind.Add or AssignmentKind.Subtract when column.IsCounter =>
                new CountOperation(column, terms.Bind(assignment.Value, column.Name, CqlType.Bigint), assignment.Kind == AssignmentKind.Add ? 1 : -1),
            AssignmentKind.Add => new AddOperation(Collection(column, assignment), terms.Bind(assignment.Value, column.Name, column.Type), isPrepend: false),
            AssignmentKind.Prepend => column.Type is CqlListType
                ? new AddOperation(Collection(column, assignment), terms.Bind(assignment.Value, column.Name, column.Type), isPrepend: true)
                : throw CqlServerException.Invalid($"Invalid operation ({column.Name} = <value> + {column.Name}) for non list column {column.Name}"),
            AssignmentKind.Subtract => new SubtractOperation(Collection(column, assignment), terms.Bind(assignment.Value, column.Name, SubtractedType(column.Type))),
            AssignmentKind.SetElement => BindElement(column, assignment.Key!, assignment.Value),
            AssignmentKind.SetField => BindField(column, assignment.Field!, assignment.Value),
        };
    }

    public ColumnOperation Bind(DeletionTarget target)
    {
        var column = NonKey(target.Column, "delete selection");
        var nothing = new NullTerm(target.Position);
        return target.Key is { } key ? BindElement(column, key, nothing)
            : target.Field is { } field ? BindField(column, field, nothing)
            : new SetOperation(column, new ConstantBoundTerm(null));
    }

    public SetOperation BindInsert(ColumnDefinition column, Term value) => new(column, terms.Bind(value, column.Name, column.Type));

    private SetElementOperation BindElement(ColumnDefinition column, Term key, Term value)
    {
        if (!column.IsMultiCell || column.Type is CqlUserType || (column.Type is CqlSetType && value is not NullTerm))
        {
            throw CqlServerException.Invalid($"Invalid operation ({column.Name}[...]) for column {column.Name} of type {column.Resolved.Text}");
        }

        var (keyType, valueType) = ValueComparison.ElementTypes(column.Type, column.Name);
        var keyName = column.Type is CqlListType ? $"idx({column.Name})" : $"key({column.Name})";
        return new SetElementOperation(column, terms.Bind(key, keyName, keyType), terms.Bind(value, $"value({column.Name})", valueType));
    }

    private SetFieldOperation BindField(ColumnDefinition column, string field, Term value)
    {
        if (!column.IsMultiCell || column.Type is not CqlUserType user)
        {
            throw CqlServerException.Invalid($"Invalid operation ({column.Name}.{field} = ...) for column {column.Name} of type {column.Resolved.Text}: it is no user type, or frozen");
        }

        for (var i = 0; i < user.Fields.Length; i++)
        {
            if (user.Fields[i].Name == field)
            {
                return new SetFieldOperation(column, i, terms.Bind(value, $"{column.Name}.{field}", user.Fields[i].Type));
            }
        }

        throw CqlServerException.Invalid($"UDT column {column.Name} does not have a field named {field}");
    }

    private static ColumnDefinition Collection(ColumnDefinition column, Assignment assignment)
    {
        if (column.Type is not (CqlListType or CqlSetType or CqlMapType))
        {
            throw CqlServerException.Invalid($"Invalid operation ({column.Name} = {column.Name} {(assignment.Kind == AssignmentKind.Subtract ? '-' : '+')} ...) for non counter column {column.Name}");
        }

        return column.IsMultiCell ? column : throw CqlServerException.Invalid($"Invalid operation for frozen collection column {column.Name}");
    }

    private static CqlType SubtractedType(CqlType type) => type is CqlMapType map ? CqlType.Set(map.Key) : type;

    private ColumnDefinition NonKey(string name, string where)
    {
        var column = _table.Get(name);
        return column.IsPrimaryKey ? throw CqlServerException.Invalid($"PRIMARY KEY part {name} found in {where}") : column;
    }
}
