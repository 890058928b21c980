using System.Diagnostics.CodeAnalysis;

namespace CqlDriver.Types;

/// <summary>
/// What is said when a value does not fit: always the CQL type, the .NET type and why, never the value, which is the
/// user's own business. The column is added by whoever knows it.
/// </summary>
internal static class ValueError
{
    public static CqlValueException Write(CqlType type, Type clrType, string why) =>
        new($"{ClrName.Of(clrType)} cannot be written as {type}: {why}.", type, clrType);

    public static CqlValueException Read(CqlType type, Type clrType, string why) =>
        new($"{type} cannot be read as {ClrName.Of(clrType)}: {why}.", type, clrType);

    /// <summary>The two types have nothing to do with each other.</summary>
    public static CqlValueException WriteMismatch(CqlType type, Type clrType) => Write(type, clrType, Counterpart(type));

    /// <summary>The two types have nothing to do with each other.</summary>
    public static CqlValueException ReadMismatch(CqlType type, Type clrType) => Read(type, clrType, Counterpart(type));

    [DoesNotReturn]
    public static void ThrowNull(CqlType type, Type clrType) =>
        throw Read(type, clrType, $"the value is null; ask for {ClrName.Of(clrType)}? to get null");

    [DoesNotReturn]
    public static void ThrowEmpty(CqlType type, Type clrType) => throw Read(
        type, clrType, $"it is an empty value (zero bytes), which {type} has no .NET value for; ask for {ClrName.Of(clrType)}? to get null");

    [DoesNotReturn]
    public static void ThrowLength(CqlType type, Type clrType, int actual, int expected) =>
        throw Read(type, clrType, $"the value has {actual} bytes where {expected} are due");

    public static CqlValueException Within(CqlValueException inner, string where) =>
        new($"{where}: {inner.Reason}", inner.CqlType, inner.ClrType, innerException: inner);

    private static string Counterpart(CqlType type) => $"use {NaturalName(type)}";

    private static string NaturalName(CqlType type) => type switch
    {
        CqlListType list => $"List<{NaturalName(list.Element)}> or alike",
        CqlSetType set => $"HashSet<{NaturalName(set.Element)}> or alike",
        CqlVectorType vector => $"{NaturalName(vector.Element)}[] or alike",
        CqlMapType map => $"Dictionary<{NaturalName(map.Key)}, {NaturalName(map.Value)}> or alike",
        CqlTupleType tuple => $"({string.Join(", ", tuple.Elements.Select(NaturalName))})",
        _ => PrimitiveName(type.Kind),
    };

    private static string PrimitiveName(CqlTypeKind kind) => kind switch
    {
        CqlTypeKind.Ascii or CqlTypeKind.Text => "string",
        CqlTypeKind.Bigint or CqlTypeKind.Counter => "long",
        CqlTypeKind.Blob or CqlTypeKind.Custom => "byte[] or ReadOnlyMemory<byte>",
        CqlTypeKind.Boolean => "bool",
        CqlTypeKind.Date => "DateOnly or CqlDate",
        CqlTypeKind.Decimal => "decimal or CqlDecimal",
        CqlTypeKind.Double => "double",
        CqlTypeKind.Duration => "CqlDuration",
        CqlTypeKind.Float => "float",
        CqlTypeKind.Inet => "IPAddress",
        CqlTypeKind.Int => "int",
        CqlTypeKind.Smallint => "short",
        CqlTypeKind.Time => "TimeOnly or CqlTime",
        CqlTypeKind.Timestamp => "DateTimeOffset",
        CqlTypeKind.Timeuuid => "TimeUuid or Guid",
        CqlTypeKind.Tinyint => "sbyte",
        CqlTypeKind.Udt => "UdtValue, or register an ICqlCodec of your type",
        CqlTypeKind.Uuid => "Guid",
        CqlTypeKind.Varint => "BigInteger",
        _ => "its counterpart",
    };
}
