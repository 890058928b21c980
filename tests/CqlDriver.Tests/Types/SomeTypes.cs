namespace CqlDriver.Tests.Types;

/// <summary>One type of each kind, for tables.</summary>
internal static class SomeTypes
{
    public static CqlUserType User { get; } = new("ks", "person", [new CqlUserTypeField("name", CqlType.Text), new CqlUserTypeField("age", CqlType.Int)]);

    public static CqlType OfKind(CqlTypeKind kind) => kind switch
    {
        CqlTypeKind.Ascii => CqlType.Ascii,
        CqlTypeKind.Bigint => CqlType.Bigint,
        CqlTypeKind.Blob => CqlType.Blob,
        CqlTypeKind.Boolean => CqlType.Boolean,
        CqlTypeKind.Counter => CqlType.Counter,
        CqlTypeKind.Date => CqlType.Date,
        CqlTypeKind.Decimal => CqlType.Decimal,
        CqlTypeKind.Double => CqlType.Double,
        CqlTypeKind.Duration => CqlType.Duration,
        CqlTypeKind.Float => CqlType.Float,
        CqlTypeKind.Inet => CqlType.Inet,
        CqlTypeKind.Int => CqlType.Int,
        CqlTypeKind.Smallint => CqlType.Smallint,
        CqlTypeKind.Text => CqlType.Text,
        CqlTypeKind.Time => CqlType.Time,
        CqlTypeKind.Timestamp => CqlType.Timestamp,
        CqlTypeKind.Timeuuid => CqlType.Timeuuid,
        CqlTypeKind.Tinyint => CqlType.Tinyint,
        CqlTypeKind.Uuid => CqlType.Uuid,
        CqlTypeKind.Varint => CqlType.Varint,
        CqlTypeKind.Custom => CqlType.Custom("org.example.Odd"),
        CqlTypeKind.List => CqlType.List(CqlType.Int),
        CqlTypeKind.Set => CqlType.Set(CqlType.Text),
        CqlTypeKind.Map => CqlType.Map(CqlType.Int, CqlType.Bigint),
        CqlTypeKind.Tuple => CqlType.Tuple(CqlType.Int, CqlType.Text),
        CqlTypeKind.Vector => CqlType.Vector(CqlType.Int, 1),
        CqlTypeKind.Udt => User,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such kind."),
    };
}
