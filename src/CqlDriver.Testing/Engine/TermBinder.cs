using System.Collections.Immutable;
using CqlDriver.Testing.Cql;
using CqlDriver.Testing.Model;
using CqlDriver.Testing.Storage;
using CqlDriver.Testing.Values;

namespace CqlDriver.Testing.Engine;

/// <summary>Gives the terms of a statement the type of what receives them: a column, an element, an argument.</summary>
internal sealed class TermBinder(TableDefinition table, BindVariables variables, TypeResolver types)
{
    private static readonly ExecutionScope NoScope = new() { Timestamp = 0, Now = default, NowSeconds = 0 };

    public TableDefinition Table => table;

    public TypeResolver Types => types;

    public BoundTerm Bind(Term term, string receiver, CqlType type) => term switch
    {
        NullTerm => new ConstantBoundTerm(null),
        ConstantTerm constant => new ConstantBoundTerm(LiteralValue.Encode(constant, receiver, type)),
        MarkerTerm marker => BindMarker(marker, receiver, type),
        CastTerm cast => BindCast(cast, receiver, type),
        CallTerm call => BindCall(call, receiver, type),
        ListTerm list => BindList(list, receiver, type),
        SetTerm set => BindSet(set, receiver, type),
        MapTerm map => BindMap(map, receiver, type),
        TupleTerm tuple => BindTuple(tuple, receiver, type),
        UserTypeTerm user => BindUserType(user, receiver, type),
        _ => throw CqlServerException.Invalid($"Column names cannot be used as values here (\"{receiver}\")"),
    };

    public MarkerBoundTerm BindMarker(MarkerTerm marker, string receiver, CqlType type)
    {
        variables.Set(marker.Index, table, receiver, type);
        return new MarkerBoundTerm(marker.Index, type);
    }

    /// <summary>Whether a value of one type can stand where another is wanted.</summary>
    public static bool IsAssignable(CqlType wanted, CqlType given) => wanted.Equals(given)
        || (wanted.Kind == CqlTypeKind.Uuid && given.Kind == CqlTypeKind.Timeuuid)
        || (wanted.Kind == CqlTypeKind.Text && given.Kind == CqlTypeKind.Ascii)
        || (wanted.Kind == CqlTypeKind.Bigint && given.Kind == CqlTypeKind.Counter)
        || wanted.Kind == CqlTypeKind.Blob;

    private BoundTerm BindCast(CastTerm cast, string receiver, CqlType type)
    {
        var target = types.Resolve(cast.Type).Type;
        return IsAssignable(type, target)
            ? Bind(cast.Value, receiver, target)
            : throw CqlServerException.Invalid($"Cannot assign value of type {target} to {receiver} of type {type}");
    }

    private CompositeBoundTerm BindCall(CallTerm call, string receiver, CqlType type)
    {
        var function = BindFunction(call, type);
        return IsAssignable(type, function.Returns)
            ? new CompositeBoundTerm(BindArguments(call, function), function.Call, "a function call")
            : throw CqlServerException.Invalid($"Type error: cannot assign result of function {call.Name} (type {function.Returns}) to {receiver} (type {type})");
    }

    /// <summary>The function a call means; token() takes the partition key of the table.</summary>
    public CqlFunction BindFunction(CallTerm call, CqlType? wanted)
    {
        if (call.Name == "token" && call.Keyspace is null or "system")
        {
            var keyTypes = table.PartitionKey.Select(column => column.Type).ToImmutableArray();
            return new CqlFunction("token", keyTypes, CqlType.Bigint, (_, key) => TokenOf(key));
        }

        var candidates = CqlFunctions.Named(call.Name).Where(function => function.Arguments.Length == call.Arguments.Length).ToList();
        if (candidates.Count == 0)
        {
            throw CqlServerException.Invalid($"Unknown function '{call.Name}' with {call.Arguments.Length} argument(s)");
        }

        var fitting = candidates.Where(function => Fits(function, call, wanted)).ToList();
        return fitting.Count switch
        {
            1 => fitting[0],
            0 => throw CqlServerException.Invalid($"Invalid call to function {call.Name}, none of its type signatures match (known: {string.Join(", ", candidates)})"),
            _ => throw CqlServerException.Invalid($"Ambiguous call to function {call.Name} (can be matched by following signatures: {string.Join(", ", fitting)}): use type casts to disambiguate"),
        };
    }

    public BoundTerm[] BindArguments(CallTerm call, CqlFunction function)
    {
        if (call.Arguments.Length != function.Arguments.Length)
        {
            throw CqlServerException.Invalid($"Invalid number of arguments in call to function {call.Name}: {function.Arguments.Length} required but {call.Arguments.Length} provided");
        }

        return [.. call.Arguments.Select((argument, i) => Bind(argument, $"arg{i}({call.Name})", function.Arguments[i]))];
    }

    /// <summary>The type a term has by itself; null when it takes any, as markers and null do.</summary>
    public CqlType? TypeOf(Term term, CqlType wanted) => term switch
    {
        CastTerm cast => types.Resolve(cast.Type).Type,
        CallTerm call => BindFunction(call, wanted).Returns,
        ColumnTerm column => table.Get(column.Name).Type,
        _ => null,
    };

    private static byte[]? TokenOf(byte[]?[] key) =>
        Array.Exists(key, part => part is null) ? null : CqlBytes.Int64(PartitionKey.Of([.. key.Select(part => part!)]).Token);

    private bool Fits(CqlFunction function, CallTerm call, CqlType? wanted)
    {
        if (wanted is not null && !IsAssignable(wanted, function.Returns))
        {
            return false;
        }

        for (var i = 0; i < call.Arguments.Length; i++)
        {
            var given = TypeOf(call.Arguments[i], function.Arguments[i]);
            if (given is not null ? !IsAssignable(function.Arguments[i], given) || (function.Arguments[i].Kind == CqlTypeKind.Blob && given.Kind != CqlTypeKind.Blob)
                : call.Arguments[i] is ConstantTerm constant && !LiteralValue.NaturalType(constant.Kind).Equals(function.Arguments[i]))
            {
                return false;
            }
        }

        return true;
    }

    private BoundTerm BindList(ListTerm list, string receiver, CqlType type)
    {
        if (type is CqlVectorType vector)
        {
            if (list.Elements.Length != vector.Dimension)
            {
                throw CqlServerException.Invalid($"Invalid vector literal for {receiver}: expected {vector.Dimension} elements, {list.Elements.Length} given");
            }

            return Combine(BindAll(list.Elements, $"value({receiver})", vector.Element), values => VectorBytes.Join(vector, NoNulls(values)), "vectors");
        }

        return type is CqlListType listType
            ? Combine(BindAll(list.Elements, $"value({receiver})", listType.Element), values => CqlBytes.Collection(NoNulls(values)), "collections")
            : throw NoLiteral("list", receiver, type);
    }

    private BoundTerm BindSet(SetTerm set, string receiver, CqlType type)
    {
        if (type is CqlMapType && set.Elements.IsEmpty)
        {
            return new ConstantBoundTerm(CqlBytes.Map([]));
        }

        if (type is not CqlSetType setType)
        {
            throw NoLiteral("set", receiver, type);
        }

        var order = new ValueOrder(setType.Element);
        return Combine(
            BindAll(set.Elements, $"value({receiver})", setType.Element),
            values => CqlBytes.Collection([.. new SortedSet<byte[]>(NoNulls(values), order)]),
            "collections");
    }

    private BoundTerm BindMap(MapTerm map, string receiver, CqlType type)
    {
        if (type is not CqlMapType mapType)
        {
            throw NoLiteral("map", receiver, type);
        }

        var order = new ValueOrder(mapType.Key);
        var parts = new List<BoundTerm>(map.Entries.Length * 2);
        foreach (var (key, value) in map.Entries)
        {
            parts.Add(Bind(key, $"key({receiver})", mapType.Key));
            parts.Add(Bind(value, $"value({receiver})", mapType.Value));
        }

        return Combine([.. parts], values => SortedMap(NoNulls(values), order), "collections");
    }

    private static byte[] SortedMap(byte[][] keysAndValues, ValueOrder order)
    {
        var sorted = new SortedDictionary<byte[], byte[]>(order);
        for (var i = 0; i < keysAndValues.Length; i += 2)
        {
            sorted[keysAndValues[i]] = keysAndValues[i + 1];
        }

        var flat = new List<byte[]?>(keysAndValues.Length);
        foreach (var (key, value) in sorted)
        {
            flat.Add(key);
            flat.Add(value);
        }

        return CqlBytes.Map(flat);
    }

    private BoundTerm BindTuple(TupleTerm tuple, string receiver, CqlType type)
    {
        // Parentheses around one value are just that.
        if (type is not CqlTupleType tupleType)
        {
            return tuple.Elements.Length == 1 ? Bind(tuple.Elements[0], receiver, type) : throw NoLiteral("tuple", receiver, type);
        }

        if (tuple.Elements.Length > tupleType.Elements.Length)
        {
            throw CqlServerException.Invalid($"Invalid tuple literal for {receiver}: too many elements. Type {type} expects {tupleType.Elements.Length} but got {tuple.Elements.Length}");
        }

        var parts = tuple.Elements.Select((element, i) => Bind(element, $"{receiver}[{i}]", tupleType.Elements[i])).ToArray();
        return Combine(parts, CqlBytes.Tuple, "tuples");
    }

    private BoundTerm BindUserType(UserTypeTerm literal, string receiver, CqlType type)
    {
        if (type is not CqlUserType user)
        {
            throw NoLiteral("user type", receiver, type);
        }

        foreach (var (field, _) in literal.Fields)
        {
            if (!user.Fields.Any(known => known.Name == field))
            {
                throw CqlServerException.Invalid($"Unknown field '{field}' in value of user defined type {user.Name}");
            }
        }

        var parts = user.Fields.Select(field =>
        {
            var given = literal.Fields.LastOrDefault(entry => entry.Field == field.Name).Value;
            return given is null ? new ConstantBoundTerm(null) : Bind(given, $"{receiver}.{field.Name}", field.Type);
        }).ToArray();
        return Combine(parts, CqlBytes.Tuple, "user types");
    }

    private BoundTerm[] BindAll(ImmutableArray<Term> terms, string receiver, CqlType type) => [.. terms.Select(term => Bind(term, receiver, type))];

    /// <summary>Combines at once what is constant.</summary>
    private static BoundTerm Combine(BoundTerm[] parts, Func<byte[]?[], byte[]?> combine, string what)
    {
        var term = new CompositeBoundTerm(parts, (_, values) => combine(values), what);
        return Array.TrueForAll(parts, part => part.IsConstant) ? new ConstantBoundTerm(term.Evaluate(NoScope)) : term;
    }

    private static byte[][] NoNulls(byte[]?[] values) =>
        Array.ConvertAll(values, value => value ?? throw CqlServerException.Invalid("null is not supported inside collections"));

    private static CqlServerException NoLiteral(string literal, string receiver, CqlType type) =>
        CqlServerException.Invalid($"Invalid {literal} literal for {receiver} of type {type}");
}
