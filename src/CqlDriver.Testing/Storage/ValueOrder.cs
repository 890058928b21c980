using System.Buffers.Binary;
using System.Numerics;

namespace CqlDriver.Testing.Storage;

/// <summary>The order of values of a type, as clustering columns, sets and maps have it. Null sorts first, then the empty value.</summary>
internal sealed class ValueOrder(CqlType type) : IComparer<byte[]?>
{
    private static readonly ValueOrder Bytes = new(CqlType.Blob);

    private readonly Comparison<byte[]> _compare = For(type);

    /// <summary>By the bytes themselves, unsigned.</summary>
    public static ValueOrder ByBytes => Bytes;

    public int Compare(byte[]? left, byte[]? right)
    {
        if (left is null || right is null)
        {
            return (left is null ? 0 : 1) - (right is null ? 0 : 1);
        }

        return left.Length == 0 || right.Length == 0 ? left.Length.CompareTo(right.Length) : _compare(left, right);
    }

    private static Comparison<byte[]> For(CqlType type) => type switch
    {
        CqlListType list => Sequence(list.Element, list.Element, 1),
        CqlSetType set => Sequence(set.Element, set.Element, 1),
        CqlMapType map => Sequence(map.Key, map.Value, 2),
        CqlTupleType tuple => Parts([.. tuple.Elements.Select(element => new ValueOrder(element))]),
        CqlUserType user => Parts([.. user.Fields.Select(field => new ValueOrder(field.Type))]),
        _ => type.Kind switch
        {
            CqlTypeKind.Int => static (a, b) => a.Length == 4 && b.Length == 4
                ? BinaryPrimitives.ReadInt32BigEndian(a).CompareTo(BinaryPrimitives.ReadInt32BigEndian(b)) : Lexical(a, b),
            CqlTypeKind.Bigint or CqlTypeKind.Counter or CqlTypeKind.Timestamp => static (a, b) => a.Length == 8 && b.Length == 8
                ? BinaryPrimitives.ReadInt64BigEndian(a).CompareTo(BinaryPrimitives.ReadInt64BigEndian(b)) : Lexical(a, b),
            CqlTypeKind.Smallint => static (a, b) => BinaryPrimitives.ReadInt16BigEndian(a).CompareTo(BinaryPrimitives.ReadInt16BigEndian(b)),
            CqlTypeKind.Tinyint => static (a, b) => ((sbyte)a[0]).CompareTo((sbyte)b[0]),
            CqlTypeKind.Float => static (a, b) => Floating(BinaryPrimitives.ReadSingleBigEndian(a), BinaryPrimitives.ReadSingleBigEndian(b)),
            CqlTypeKind.Double => static (a, b) => Floating(BinaryPrimitives.ReadDoubleBigEndian(a), BinaryPrimitives.ReadDoubleBigEndian(b)),
            CqlTypeKind.Varint => static (a, b) => new BigInteger(a, isBigEndian: true).CompareTo(new BigInteger(b, isBigEndian: true)),
            CqlTypeKind.Decimal => Decimals,
            CqlTypeKind.Uuid => Uuids,
            CqlTypeKind.Timeuuid => TimeUuids,
            _ => Lexical,
        },
    };

    private static int Lexical(byte[] a, byte[] b) => a.AsSpan().SequenceCompareTo(b);

    /// <summary>NaN is the greatest, and -0.0 is less than 0.0, as Java has it.</summary>
    private static int Floating(double a, double b)
    {
        if (double.IsNaN(a) || double.IsNaN(b))
        {
            return (double.IsNaN(a) ? 1 : 0) - (double.IsNaN(b) ? 1 : 0);
        }

        return a == b ? (double.IsNegative(b) ? 1 : 0) - (double.IsNegative(a) ? 1 : 0) : a.CompareTo(b);
    }

    private static int Decimals(byte[] a, byte[] b)
    {
        if (a.Length < 5 || b.Length < 5)
        {
            return Lexical(a, b);
        }

        var (left, leftScale) = (new BigInteger(a.AsSpan(4), isBigEndian: true), BinaryPrimitives.ReadInt32BigEndian(a));
        var (right, rightScale) = (new BigInteger(b.AsSpan(4), isBigEndian: true), BinaryPrimitives.ReadInt32BigEndian(b));
        if (left.Sign != right.Sign || left.IsZero)
        {
            return left.Sign.CompareTo(right.Sign);
        }

        // The position of the leading digit decides most pairs; only near ones are scaled, so that a scale of 2^31 costs nothing.
        var leftTop = Digits(left) - leftScale;
        var rightTop = Digits(right) - rightScale;
        if (leftTop != rightTop)
        {
            return leftTop > rightTop ? left.Sign : -left.Sign;
        }

        var difference = (long)rightScale - leftScale;
        return difference >= 0
            ? (left * BigInteger.Pow(10, (int)difference)).CompareTo(right)
            : left.CompareTo(right * BigInteger.Pow(10, (int)-difference));
    }

    private static long Digits(BigInteger value) => BigInteger.Abs(value).ToString(System.Globalization.CultureInfo.InvariantCulture).Length;

    private static int Uuids(byte[] a, byte[] b)
    {
        if (a.Length != 16 || b.Length != 16)
        {
            return Lexical(a, b);
        }

        var version = (a[6] >> 4).CompareTo(b[6] >> 4);
        if (version != 0)
        {
            return version;
        }

        var time = a[6] >> 4 == 1 ? TimeOf(a).CompareTo(TimeOf(b)) : 0;
        return time != 0 ? time : Lexical(a, b);
    }

    private static int TimeUuids(byte[] a, byte[] b)
    {
        if (a.Length != 16 || b.Length != 16)
        {
            return Lexical(a, b);
        }

        var time = TimeOf(a).CompareTo(TimeOf(b));
        for (var i = 8; i < 16 && time == 0; i++)
        {
            time = ((sbyte)a[i]).CompareTo((sbyte)b[i]);
        }

        return time;
    }

    /// <summary>The 60-bit timestamp of a version 1 UUID.</summary>
    private static ulong TimeOf(byte[] uuid)
    {
        ulong low = BinaryPrimitives.ReadUInt32BigEndian(uuid);
        ulong middle = BinaryPrimitives.ReadUInt16BigEndian(uuid.AsSpan(4));
        ulong high = BinaryPrimitives.ReadUInt16BigEndian(uuid.AsSpan(6)) & 0x0FFFU;
        return (high << 48) | (middle << 32) | low;
    }

    private static Comparison<byte[]> Sequence(CqlType even, CqlType odd, int perEntry)
    {
        var orders = new[] { new ValueOrder(even), new ValueOrder(odd) };
        return (a, b) =>
        {
            if (CqlBytes.TrySplitCollection(a, perEntry) is not { } left || CqlBytes.TrySplitCollection(b, perEntry) is not { } right)
            {
                return Lexical(a, b);
            }

            for (var i = 0; i < Math.Min(left.Count, right.Count); i++)
            {
                var order = orders[i % perEntry].Compare(left[i], right[i]);
                if (order != 0)
                {
                    return order;
                }
            }

            return left.Count.CompareTo(right.Count);
        };
    }

    private static Comparison<byte[]> Parts(ValueOrder[] orders) => (a, b) =>
    {
        if (CqlBytes.TrySplitTuple(a, orders.Length) is not { } left || CqlBytes.TrySplitTuple(b, orders.Length) is not { } right)
        {
            return Lexical(a, b);
        }

        for (var i = 0; i < orders.Length; i++)
        {
            var order = orders[i].Compare(left[i], right[i]);
            if (order != 0)
            {
                return order;
            }
        }

        return 0;
    };
}
