using System.Numerics;
using System.Reflection;
using System.Text.Json;
using CqlDriver.Types;

namespace CqlDriver.Tests.Types;

/// <summary>The types of the golden vectors, and the .NET types that hold each of their values without loss.</summary>
internal static class VectorTypes
{
    public const string Keyspace = "vectors_types";

    public static CqlType TypeOf(JsonElement line) => Parse(line.GetProperty("type").GetString()!, line);

    public static CqlType Parse(string text, JsonElement line)
    {
        return CqlTypeParser.Parse(text, Keyspace, Resolve);

        CqlUserType? Resolve(string keyspace, string name)
        {
            if (keyspace != Keyspace || !line.TryGetProperty("udts", out var udts) || !udts.TryGetProperty(name, out var fields))
            {
                return null;
            }

            return new CqlUserType(
                keyspace, name, [.. fields.EnumerateArray().Select(field => new CqlUserTypeField(field[0].GetString()!, Parse(field[1].GetString()!, line)))]);
        }
    }

    /// <summary>The .NET type that a typed caller would name; nullable, and the wider one where there are two.</summary>
    public static Type ClrTypeOf(CqlType type) => type switch
    {
        CqlListType list => typeof(List<>).MakeGenericType(ClrTypeOf(list.Element)),
        CqlSetType set => typeof(IReadOnlyCollection<>).MakeGenericType(ClrTypeOf(set.Element)),
        CqlVectorType vector => ClrTypeOf(vector.Element).MakeArrayType(),
        CqlMapType map => typeof(IReadOnlyDictionary<,>).MakeGenericType(NotNull(ClrTypeOf(map.Key)), ClrTypeOf(map.Value)),
        CqlTupleType tuple => typeof(Nullable<>).MakeGenericType(TupleOf([.. tuple.Elements.Select(ClrTypeOf)])),
        CqlUserType => typeof(UdtValue),
        _ => Simple(type.Kind),
    };

    /// <summary>Calls a generic method with the type arguments given at run time.</summary>
    public static object? Call(Type declaring, string method, Type argument, params object?[] arguments)
    {
        try
        {
            return declaring.GetMethod(method, BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)!
                .MakeGenericMethod(argument).Invoke(null, arguments);
        }
        catch (TargetInvocationException failure)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure.InnerException!);
            throw;
        }
    }

    private static Type NotNull(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    private static Type TupleOf(Type[] fields) => fields.Length switch
    {
        1 => typeof(ValueTuple<>).MakeGenericType(fields),
        2 => typeof(ValueTuple<,>).MakeGenericType(fields),
        3 => typeof(ValueTuple<,,>).MakeGenericType(fields),
        4 => typeof(ValueTuple<,,,>).MakeGenericType(fields),
        5 => typeof(ValueTuple<,,,,>).MakeGenericType(fields),
        6 => typeof(ValueTuple<,,,,,>).MakeGenericType(fields),
        7 => typeof(ValueTuple<,,,,,,>).MakeGenericType(fields),
        _ => typeof(ValueTuple<,,,,,,,>).MakeGenericType([.. fields[..7], TupleOf(fields[7..])]),
    };

    private static Type Simple(CqlTypeKind kind) => kind switch
    {
        CqlTypeKind.Ascii or CqlTypeKind.Text => typeof(string),
        CqlTypeKind.Blob or CqlTypeKind.Custom => typeof(byte[]),
        CqlTypeKind.Inet => typeof(System.Net.IPAddress),
        CqlTypeKind.Bigint or CqlTypeKind.Counter or CqlTypeKind.Timestamp => typeof(long?),
        CqlTypeKind.Boolean => typeof(bool?),
        CqlTypeKind.Date => typeof(CqlDate?),
        CqlTypeKind.Decimal => typeof(CqlDecimal?),
        CqlTypeKind.Double => typeof(double?),
        CqlTypeKind.Duration => typeof(CqlDuration?),
        CqlTypeKind.Float => typeof(float?),
        CqlTypeKind.Int => typeof(int?),
        CqlTypeKind.Smallint => typeof(short?),
        CqlTypeKind.Time => typeof(CqlTime?),
        CqlTypeKind.Timeuuid => typeof(TimeUuid?),
        CqlTypeKind.Tinyint => typeof(sbyte?),
        CqlTypeKind.Uuid => typeof(Guid?),
        CqlTypeKind.Varint => typeof(BigInteger?),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a simple type."),
    };
}
