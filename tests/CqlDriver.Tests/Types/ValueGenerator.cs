using System.Collections.Immutable;
using System.Net;
using System.Numerics;
using System.Text;

namespace CqlDriver.Tests.Types;

/// <summary>Random types nested to a depth, and random values of them, from a seed. Extremes come often.</summary>
internal sealed class ValueGenerator(int seed)
{
    private static readonly CqlTypeKind[] SimpleKinds =
        [.. Enum.GetValues<CqlTypeKind>().Where(kind => kind is not (CqlTypeKind.List or CqlTypeKind.Set or CqlTypeKind.Map or CqlTypeKind.Tuple
            or CqlTypeKind.Udt or CqlTypeKind.Vector or CqlTypeKind.Counter or CqlTypeKind.Custom))];

    private readonly Random _random = new(seed);
    private int _userTypes;

    public int Next(int limit) => _random.Next(limit);

    public CqlType Type(int depth) => (depth == 0 ? 0 : Next(8)) switch
    {
        1 => CqlType.List(Type(depth - 1)),
        2 => CqlType.Set(Type(depth - 1)),
        3 => CqlType.Map(Type(0), Type(depth - 1)),
        4 => CqlType.Tuple(Types(depth)),
        5 => CqlType.Vector(Type(depth - 1), 1 + Next(4)),
        6 => new CqlUserType("ks", "type" + _userTypes++, [.. Types(depth).Select((type, index) => new CqlUserTypeField("f" + index, type))]),
        _ => SomeTypes.OfKind(SimpleKinds[Next(SimpleKinds.Length)]),
    };

    public object Value(CqlType type) => type switch
    {
        CqlListType list => Many(list.Element),
        CqlSetType set => Many(set.Element).DistinctBy(element => Convert.ToHexString(Wire.Content(set.Element, element))).ToArray(),
        CqlVectorType vector => Enumerable.Range(0, vector.Dimension).Select(_ => Value(vector.Element)).ToArray(),
        CqlMapType map => Many(map.Key).DistinctBy(key => Convert.ToHexString(Wire.Content(map.Key, key)))
            .ToDictionary(key => key, key => (object?)Value(map.Value), (IEqualityComparer<object>)ReferenceEqualityComparer.Instance),
        CqlTupleType tuple => tuple.Elements.Select(element => Next(4) == 0 ? null : Value(element)).ToArray(),
        CqlUserType udt => User(udt),
        _ => Simple(type.Kind),
    };

    public byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }

    private ImmutableArray<CqlType> Types(int depth) => [.. Enumerable.Range(0, 1 + Next(9)).Select(_ => Type(depth - 1))];

    private object[] Many(CqlType element) => [.. Enumerable.Range(0, Next(5)).Select(_ => Value(element))];

    private UdtValue User(CqlUserType type)
    {
        var value = new UdtValue(type);
        for (var ordinal = 0; ordinal < type.Fields.Length; ordinal++)
        {
            value[ordinal] = Next(4) == 0 ? null : Value(type.Fields[ordinal].Type);
        }

        return value;
    }

    private object Simple(CqlTypeKind kind) => kind switch
    {
        CqlTypeKind.Ascii => Encoding.ASCII.GetString([.. Bytes(Next(200)).Select(b => (byte)(b & 0x7F))]),
        CqlTypeKind.Bigint => Integer(),
        CqlTypeKind.Blob => Bytes(Next(300)),
        CqlTypeKind.Boolean => Next(2) == 0,
        CqlTypeKind.Date => new CqlDate((int)Integer()),
        CqlTypeKind.Decimal => new CqlDecimal(new BigInteger(Bytes(1 + Next(40))), (int)Integer()),
        CqlTypeKind.Double => BitConverter.Int64BitsToDouble(Integer()),
        CqlTypeKind.Duration => Duration(),
        CqlTypeKind.Float => BitConverter.Int32BitsToSingle((int)Integer()),
        CqlTypeKind.Inet => new IPAddress(Bytes(Next(2) == 0 ? 4 : 16)),
        CqlTypeKind.Int => (int)Integer(),
        CqlTypeKind.Smallint => (short)Integer(),
        CqlTypeKind.Text => string.Concat(Enumerable.Range(0, Next(60)).Select(_ => new Rune(Next(5) == 0 ? 0x1F600 + Next(50) : 1 + Next(0xD000)))),
        CqlTypeKind.Time => new CqlTime((Integer() & long.MaxValue) % CqlTime.NanosecondsPerDay),
        CqlTypeKind.Timestamp => Integer(),
        CqlTypeKind.Timeuuid => TimeUuid.FromTimestamp(Integer() & TimeUuid.MaxTimestamp, (ulong)Integer()),
        CqlTypeKind.Tinyint => (sbyte)Integer(),
        CqlTypeKind.Uuid => new Guid(Bytes(16)),
        CqlTypeKind.Varint => new BigInteger(Bytes(1 + Next(60))),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a simple type."),
    };

    private CqlDuration Duration()
    {
        var sign = Next(2) == 0 ? -1 : 1;
        return new CqlDuration(sign * ((int)Integer() & int.MaxValue), sign * ((int)Integer() & int.MaxValue), sign * (Integer() & long.MaxValue));
    }

    /// <summary>Of all widths alike, so that each length of a variable integer comes; at times an extreme.</summary>
    private long Integer() => Next(12) switch
    {
        0 => long.MinValue,
        1 => long.MaxValue,
        2 => 0,
        3 => -1,
        _ => _random.NextInt64(long.MinValue, long.MaxValue) >> Next(64),
    };
}
