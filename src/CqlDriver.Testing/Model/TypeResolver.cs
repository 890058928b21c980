using System.Collections.Immutable;
using CqlDriver.Testing.Cql;

namespace CqlDriver.Testing.Model;

/// <summary>Makes types of the words of a statement, and checks where <c>frozen</c> must stand.</summary>
internal sealed class TypeResolver(string keyspace, ImmutableSortedDictionary<string, UserTypeDefinition> userTypes)
{
    private static readonly Dictionary<string, CqlType> Primitives = new CqlType[]
    {
        CqlType.Ascii, CqlType.Bigint, CqlType.Blob, CqlType.Boolean, CqlType.Counter, CqlType.Date, CqlType.Decimal, CqlType.Double, CqlType.Duration,
        CqlType.Float, CqlType.Inet, CqlType.Int, CqlType.Smallint, CqlType.Text, CqlType.Time, CqlType.Timestamp, CqlType.Timeuuid, CqlType.Tinyint,
        CqlType.Uuid, CqlType.Varint,
    }.ToDictionary(type => type.ToString(), StringComparer.Ordinal);

    /// <summary>The type of a column or field: collections and user types may be stored element by element.</summary>
    public ResolvedType Resolve(TypeSyntax syntax) => Resolve(syntax, isFrozen: false);

    private ResolvedType Resolve(TypeSyntax syntax, bool isFrozen)
    {
        if (syntax.IsClassName)
        {
            throw CqlServerException.Invalid($"Custom type '{syntax.Name}' is not supported by the embedded cluster");
        }

        switch (syntax.Name)
        {
            case "frozen":
                Count(syntax, 1);
                return Resolve(syntax.Parameters[0], isFrozen: true);
            case "list":
                Count(syntax, 1);
                var element = Inner(syntax, 0, isFrozen);
                return Collection(CqlType.List(element.Type), $"list<{element.Text}>", isFrozen);
            case "set":
                Count(syntax, 1);
                var member = Inner(syntax, 0, isFrozen);
                return Collection(CqlType.Set(member.Type), $"set<{member.Text}>", isFrozen);
            case "map":
                Count(syntax, 2);
                var key = Inner(syntax, 0, isFrozen);
                var value = Inner(syntax, 1, isFrozen);
                return Collection(CqlType.Map(key.Type, value.Type), $"map<{key.Text}, {value.Text}>", isFrozen);
            case "tuple" when !syntax.Parameters.IsEmpty:
                var parts = syntax.Parameters.Select(part => Resolve(part, isFrozen: true)).ToImmutableArray();
                return new ResolvedType(CqlType.Tuple([.. parts.Select(part => part.Type)]), $"frozen<tuple<{string.Join(", ", parts.Select(part => part.Text))}>>", false);
            case "vector":
                return Vector(syntax);
            default:
                return PrimitiveOrUserType(syntax, isFrozen);
        }
    }

    private ResolvedType Vector(TypeSyntax syntax)
    {
        Count(syntax, 1);
        if (syntax.Dimension is not (>= 1 and <= 8192))
        {
            throw CqlServerException.Invalid($"vectors may only have positive dimensions up to 8192; given {syntax.Dimension}");
        }

        var element = Resolve(syntax.Parameters[0], isFrozen: true);
        return new ResolvedType(CqlType.Vector(element.Type, syntax.Dimension.Value), $"vector<{element.Text}, {syntax.Dimension}>", false);
    }

    private ResolvedType PrimitiveOrUserType(TypeSyntax syntax, bool isFrozen)
    {
        if (!syntax.Parameters.IsEmpty)
        {
            throw new CqlServerException(ServerError.SyntaxError($"type {syntax.Name} takes no parameters"));
        }

        if (syntax.Keyspace is null && Primitives.TryGetValue(syntax.Name == "varchar" ? "text" : syntax.Name, out var primitive))
        {
            return new ResolvedType(primitive, primitive.ToString(), false);
        }

        if (syntax.Keyspace is not null && syntax.Keyspace != keyspace)
        {
            throw CqlServerException.Invalid(
                $"Statement on keyspace {keyspace} cannot refer to a user type in keyspace {syntax.Keyspace}; user types can only be used in the keyspace they are defined in");
        }

        var definition = userTypes.GetValueOrDefault(syntax.Name) ?? throw CqlServerException.Invalid($"Unknown type {keyspace}.{syntax.Name}");
        if (!isFrozen && definition.Fields.Any(field => field.Type.IsMultiCell))
        {
            throw CqlServerException.Invalid("Non-frozen UDTs with nested non-frozen collections are not supported");
        }

        var name = CqlKeywords.Quote(syntax.Name);
        return new ResolvedType(definition.ToType(), isFrozen ? $"frozen<{name}>" : name, !isFrozen);
    }

    private static ResolvedType Collection(CqlType type, string text, bool isFrozen) => new(type, isFrozen ? $"frozen<{text}>" : text, !isFrozen);

    private ResolvedType Inner(TypeSyntax outer, int index, bool isFrozen)
    {
        var resolved = Resolve(outer.Parameters[index], isFrozen);
        if (resolved.Type.Kind == CqlTypeKind.Counter)
        {
            throw CqlServerException.Invalid($"Counters are not allowed inside collections: {outer.Name}");
        }

        return resolved.IsMultiCell
            ? throw CqlServerException.Invalid($"Non-frozen {(resolved.Type.Kind == CqlTypeKind.Udt ? "UDTs" : "collections")} are not allowed inside collections: {outer.Name}<{resolved.Text}>")
            : resolved;
    }

    private static void Count(TypeSyntax syntax, int expected)
    {
        if (syntax.Parameters.Length != expected)
        {
            throw new CqlServerException(ServerError.SyntaxError($"type {syntax.Name} takes {expected} type parameter(s), {syntax.Parameters.Length} given"));
        }
    }
}
