using System.Text;

namespace CqlDriver.Protocol;

/// <summary>How servers name types by their classes, in the text of a custom [option]; the reader is <see cref="CqlDriver.Types.CqlTypeParser"/>.</summary>
internal static class ServerClassName
{
    private const string Package = "org.apache.cassandra.db.marshal.";

    /// <summary>The class name of a type, spelled as Cassandra 5.0 does, spaces included.</summary>
    public static string Of(CqlType type) => type switch
    {
        CqlCustomType custom => custom.ClassName,
        CqlVectorType vector => $"{Package}VectorType({Frozen(vector.Element)} , {vector.Dimension})",
        CqlListType list => $"{Package}ListType({Of(list.Element)})",
        CqlSetType set => $"{Package}SetType({Of(set.Element)})",
        CqlMapType map => $"{Package}MapType({Of(map.Key)},{Of(map.Value)})",
        CqlTupleType tuple => $"{Package}TupleType({string.Join(',', tuple.Elements.Select(Of))})",
        CqlUserType user => $"{Package}UserType({user.Keyspace},{Hex(user.Name)}{string.Concat(user.Fields.Select(field => $",{Hex(field.Name)}:{Of(field.Type)}"))})",
        _ => Package + SimpleName(type.Kind),
    };

    private static string Frozen(CqlType type) =>
        type.Kind is CqlTypeKind.List or CqlTypeKind.Set or CqlTypeKind.Map or CqlTypeKind.Udt ? $"{Package}FrozenType({Of(type)})" : Of(type);

    private static string Hex(string name) => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(name));

    private static string SimpleName(CqlTypeKind kind) => kind switch
    {
        CqlTypeKind.Ascii => "AsciiType",
        CqlTypeKind.Bigint => "LongType",
        CqlTypeKind.Blob => "BytesType",
        CqlTypeKind.Boolean => "BooleanType",
        CqlTypeKind.Counter => "CounterColumnType",
        CqlTypeKind.Date => "SimpleDateType",
        CqlTypeKind.Decimal => "DecimalType",
        CqlTypeKind.Double => "DoubleType",
        CqlTypeKind.Duration => "DurationType",
        CqlTypeKind.Float => "FloatType",
        CqlTypeKind.Inet => "InetAddressType",
        CqlTypeKind.Int => "Int32Type",
        CqlTypeKind.Smallint => "ShortType",
        CqlTypeKind.Text => "UTF8Type",
        CqlTypeKind.Time => "TimeType",
        CqlTypeKind.Timestamp => "TimestampType",
        CqlTypeKind.Timeuuid => "TimeUUIDType",
        CqlTypeKind.Tinyint => "ByteType",
        CqlTypeKind.Uuid => "UUIDType",
        CqlTypeKind.Varint => "IntegerType",
        _ => throw new ArgumentException($"{kind} has no class of its own.", nameof(kind)),
    };
}
