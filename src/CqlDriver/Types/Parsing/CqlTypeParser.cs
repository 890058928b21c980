using System.Collections.Immutable;

namespace CqlDriver.Types;

/// <summary>Finds a user-defined type; null when there is none of that name.</summary>
internal delegate CqlUserType? UserTypeResolver(string keyspace, string name);

/// <summary>
/// Reads the two spellings of types: CQL, as in <c>system_schema</c> and in statements, and the names of server-side
/// classes, as in result metadata for whatever has no option id of its own. <c>frozen</c> and <c>ReversedType</c>
/// disappear: values are the same with and without them.
/// </summary>
internal static class CqlTypeParser
{
    /// <summary>Reads the CQL spelling, such as <c>map&lt;text, frozen&lt;list&lt;int&gt;&gt;&gt;</c>.</summary>
    /// <param name="text">The type.</param>
    /// <param name="keyspace">Where user-defined types without a keyspace are looked up.</param>
    /// <param name="resolver">Finds user-defined types; without it they are an error.</param>
    /// <exception cref="FormatException">The text is no type, or names a user-defined type that is unknown.</exception>
    public static CqlType Parse(string text, string keyspace = "", UserTypeResolver? resolver = null)
    {
        var scanner = new TypeTextScanner(text);
        var type = ReadType(ref scanner, keyspace, resolver);
        scanner.TakeEnd();
        return type;
    }

    /// <summary>
    /// Reads the name of a server-side class with its parameters, with or without the package. Classes that are not
    /// known become a <see cref="CqlCustomType"/> under the name as written.
    /// </summary>
    /// <param name="className">For instance <c>org.apache.cassandra.db.marshal.VectorType(…FloatType , 3)</c>.</param>
    /// <exception cref="CqlProtocolException">The parameters of a known class are malformed.</exception>
    public static CqlType ParseClassName(string className)
    {
        try
        {
            return ClassNameReader.Read(className);
        }
        catch (FormatException malformed)
        {
            throw new CqlProtocolException(malformed.Message, malformed);
        }
    }

    private static CqlType ReadType(ref TypeTextScanner scanner, string keyspace, UserTypeResolver? resolver)
    {
        scanner.Enter();
        var type = scanner.Peek() switch
        {
            '\'' => ParseClassName(scanner.TakeQuoted('\'')),
            '"' => ReadUserType(ref scanner, scanner.TakeQuoted('"'), keyspace, resolver),
            _ => ReadNamed(ref scanner, keyspace, resolver),
        };
        scanner.Leave();
        return type;
    }

    private static CqlType ReadNamed(ref TypeTextScanner scanner, string keyspace, UserTypeResolver? resolver)
    {
        var name = scanner.TakeWord("_").ToLowerInvariant();
        if (scanner.Peek() == '<')
        {
            scanner.Take('<');
            var type = ReadParameterized(ref scanner, name, keyspace, resolver);
            scanner.Take('>');
            return type;
        }

        return (scanner.Peek() == '.' ? null : Primitive(name)) ?? ReadUserType(ref scanner, name, keyspace, resolver);
    }

    private static CqlType ReadParameterized(ref TypeTextScanner scanner, string name, string keyspace, UserTypeResolver? resolver)
    {
        if (name is not ("frozen" or "list" or "set" or "map" or "tuple" or "vector"))
        {
            throw scanner.Error($"{name} has no parameters");
        }

        var first = ReadType(ref scanner, keyspace, resolver);
        switch (name)
        {
            case "frozen":
                return first;
            case "list":
                return CqlType.List(first);
            case "set":
                return CqlType.Set(first);
            case "map":
                scanner.Take(',');
                return CqlType.Map(first, ReadType(ref scanner, keyspace, resolver));
            case "vector":
                scanner.Take(',');
                return CqlType.Vector(first, scanner.TakeDimension());
            default:
                var elements = ImmutableArray.CreateBuilder<CqlType>();
                elements.Add(first);
                while (scanner.TryTake(','))
                {
                    elements.Add(ReadType(ref scanner, keyspace, resolver));
                }

                return CqlType.Tuple(elements.ToImmutable());
        }
    }

    private static CqlUserType ReadUserType(ref TypeTextScanner scanner, string name, string keyspace, UserTypeResolver? resolver)
    {
        if (scanner.TryTake('.'))
        {
            keyspace = name;
            name = scanner.Peek() == '"' ? scanner.TakeQuoted('"') : scanner.TakeWord("_").ToLowerInvariant();
        }

        return resolver?.Invoke(keyspace, name)
            ?? throw scanner.Error($"no type {CqlIdentifier.Quote(name)} is known in keyspace '{keyspace}'");
    }

    private static CqlType? Primitive(string name) => name switch
    {
        "ascii" => CqlType.Ascii,
        "bigint" => CqlType.Bigint,
        "blob" => CqlType.Blob,
        "boolean" => CqlType.Boolean,
        "counter" => CqlType.Counter,
        "date" => CqlType.Date,
        "decimal" => CqlType.Decimal,
        "double" => CqlType.Double,
        "duration" => CqlType.Duration,
        "float" => CqlType.Float,
        "inet" => CqlType.Inet,
        "int" => CqlType.Int,
        "smallint" => CqlType.Smallint,
        "text" or "varchar" => CqlType.Text,
        "time" => CqlType.Time,
        "timestamp" => CqlType.Timestamp,
        "timeuuid" => CqlType.Timeuuid,
        "tinyint" => CqlType.Tinyint,
        "uuid" => CqlType.Uuid,
        "varint" => CqlType.Varint,
        _ => null,
    };
}
