using CqlDriver.Testing.Cql;
using CqlDriver.Testing.Model;
using CqlDriver.Testing.Storage;
using CqlDriver.Testing.Values;

namespace CqlDriver.Testing.Engine;

/// <summary>The list of a SELECT, bound to the table's columns.</summary>
internal sealed class SelectorBinder(TermBinder terms)
{
    private readonly TableDefinition _table = terms.Table;
    private readonly List<ColumnDefinition> _used = [];

    /// <summary>The columns that selectors read.</summary>
    public IReadOnlyList<ColumnDefinition> Used => _used;

    public Selector[] Bind(SelectSyntax select)
    {
        if (select.IsStar)
        {
            return [.. _table.Columns.Select(Column)];
        }

        return [.. select.Selectors.Select(selector => Named(Bind(selector.Value), selector.Alias))];
    }

    private static Selector Named(Selector selector, string? alias) => alias is null ? selector
        : selector.IsAggregate ? new AggregateSelector(alias, selector.Type, selector.StartAggregation)
        : new FunctionSelector(alias, selector.Type, selector.Evaluate);

    private Selector Column(ColumnDefinition column)
    {
        _used.Add(column);
        return new FunctionSelector(column.Name, column.Type, (_, row) => row.Read(column));
    }

    private Selector Bind(Term term) => term switch
    {
        ColumnTerm column => Column(_table.Get(column.Name)),
        FieldTerm field => Field(field),
        ElementTerm element => Element(element),
        CallTerm call => Call(call),
        CastTerm cast => Constant(terms.Bind(cast.Value, "[selector]", terms.Types.Resolve(cast.Type).Type), terms.Types.Resolve(cast.Type).Type),
        ConstantTerm constant => Constant(terms.Bind(constant, "[selector]", LiteralValue.NaturalType(constant.Kind)), LiteralValue.NaturalType(constant.Kind)),
        _ => throw CqlServerException.Invalid("A SELECT list takes columns, fields, elements, functions and constants; bind markers need a type cast"),
    };

    private static FunctionSelector Constant(BoundTerm term, CqlType type) => new("[selector]", type, (scope, _) => term.Evaluate(scope));

    private FunctionSelector Field(FieldTerm field)
    {
        var inner = Bind(field.Value);
        if (inner.Type is not CqlUserType user)
        {
            throw CqlServerException.Invalid($"Invalid field selection: {inner.Name} of type {inner.Type} is not a user type");
        }

        var type = user.Fields.FirstOrDefault(known => known.Name == field.Field)?.Type ?? throw CqlServerException.Invalid($"{user} has no field {field.Field}");
        return new FunctionSelector($"{inner.Name}.{field.Field}", type, (scope, row) => ValueComparison.Field(user, inner.Evaluate(scope, row), field.Field));
    }

    private FunctionSelector Element(ElementTerm element)
    {
        var inner = Bind(element.Value);
        if (inner.Type is CqlListType)
        {
            throw CqlServerException.Invalid($"Element selection is only allowed on sets and maps, but {inner.Name} is a list");
        }

        var (keyType, valueType) = ValueComparison.ElementTypes(inner.Type, inner.Name);
        var key = terms.Bind(element.Key, $"key({inner.Name})", keyType);
        return new FunctionSelector(
            $"{inner.Name}[{Shown(element.Key)}]",
            valueType,
            (scope, row) => ValueComparison.Element(inner.Type, inner.Evaluate(scope, row), key.Require(scope, inner.Name)));
    }

    private static string Shown(Term term) => term switch
    {
        ConstantTerm { Kind: ConstantKind.String } text => $"'{text.Text}'",
        ConstantTerm constant => constant.Text,
        MarkerTerm marker => marker.Name is null ? "?" : ":" + marker.Name,
        _ => "...",
    };

    private Selector Call(CallTerm call)
    {
        switch (call.Name)
        {
            case "count" when call.IsStar || call.Arguments is [ConstantTerm]:
                return new AggregateSelector("count", CqlType.Bigint, () => new CountOf(null));
            case "count" or "min" or "max" or "sum" or "avg" when call.Arguments.Length == 1:
                return Aggregate(call);
            case "writetime" or "ttl" when call.Arguments is [ColumnTerm column]:
                return Attribute(call.Name, _table.Get(column.Name));
            default:
                return Function(call);
        }
    }

    private AggregateSelector Aggregate(CallTerm call)
    {
        var argument = Bind(call.Arguments[0]);
        var name = $"system.{call.Name}({argument.Name})";
        switch (call.Name)
        {
            case "count":
                return new AggregateSelector(name, CqlType.Bigint, () => new CountOf(argument));
            case "min" or "max":
                return new AggregateSelector(name, argument.Type, () => new ExtremeOf(argument, call.Name == "max" ? 1 : -1));
            default:
                return SumOf.Supports(argument.Type)
                    ? new AggregateSelector(name, argument.Type, () => new SumOf(argument, call.Name == "avg"))
                    : throw CqlServerException.Invalid($"{call.Name}() of {argument.Type} is not supported by the embedded cluster");
        }
    }

    private FunctionSelector Attribute(string name, ColumnDefinition column)
    {
        if (column.IsPrimaryKey || column.IsMultiCell || column.IsCounter)
        {
            var why = column.IsPrimaryKey ? "PRIMARY KEY part" : column.IsMultiCell ? "non-frozen collection" : "counter";
            throw CqlServerException.Invalid($"Cannot use selection function {name} on {why} {column.Name}");
        }

        _used.Add(column);
        return name == "writetime"
            ? new FunctionSelector($"writetime({column.Name})", CqlType.Bigint, (_, row) => row.LiveCell(column) is { } cell ? CqlBytes.Int64(cell.Timestamp) : null)
            : new FunctionSelector(
                $"ttl({column.Name})",
                CqlType.Int,
                (_, row) => row.LiveCell(column) is { ExpiresAt: > 0 } cell ? CqlBytes.Int32((int)(cell.ExpiresAt - row.NowSeconds)) : null);
    }

    private FunctionSelector Function(CallTerm call)
    {
        var function = terms.BindFunction(call, null);
        if (call.Arguments.Length != function.Arguments.Length)
        {
            throw CqlServerException.Invalid($"Invalid number of arguments in call to function {call.Name}: {function.Arguments.Length} required but {call.Arguments.Length} provided");
        }

        var arguments = call.Arguments.Select((argument, i) => BindArgument(argument, call, i, function.Arguments[i])).ToArray();
        return new FunctionSelector(
            $"system.{function.Name}({string.Join(", ", arguments.Select(argument => argument.Name))})",
            function.Returns,
            (scope, row) => function.Call(scope, Array.ConvertAll(arguments, argument => argument.Evaluate(scope, row))));
    }

    private Selector BindArgument(Term argument, CallTerm call, int index, CqlType type)
    {
        if (argument is ColumnTerm or FieldTerm or ElementTerm or CallTerm)
        {
            var selector = Bind(argument);
            return TermBinder.IsAssignable(type, selector.Type) && !selector.IsAggregate
                ? selector
                : throw CqlServerException.Invalid($"Type error: {selector.Name} of type {selector.Type} cannot be passed as argument {index} of function {call.Name} of type {type}");
        }

        var term = terms.Bind(argument, $"arg{index}({call.Name})", type);
        return new FunctionSelector(Shown(argument), type, (scope, _) => term.Evaluate(scope));
    }
}
