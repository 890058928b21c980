using System.Net;
using System.Numerics;

namespace CqlDriver.Types;

/// <summary>
/// The natural counterparts, for whoever asks for <see cref="object"/>. They depend on the CQL type alone, and need no code
/// made at run time: lists are <c>List&lt;T&gt;</c>, sets <c>HashSet&lt;T&gt;</c>, vectors <c>T[]</c>, with T the
/// counterpart of a simple element and <see cref="object"/> for a nested one; maps are
/// <c>Dictionary&lt;object, object?&gt;</c>, tuples <c>object?[]</c>, user types <see cref="UdtValue"/>. Dates, times and
/// timestamps beyond the range of DateOnly, TimeOnly or DateTimeOffset come as CqlDate, CqlTime or milliseconds instead, and
/// a collection with one of these, or with a null or empty element, as one of <see cref="object"/>: what a server stores can be read.
/// </summary>
internal static class NaturalValue
{
    public static object Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) => type.Kind switch
    {
        CqlTypeKind.Ascii or CqlTypeKind.Text => registry.ReadValue<string>(content, false, type),
        CqlTypeKind.Bigint or CqlTypeKind.Counter => registry.ReadValue<long>(content, false, type),
        CqlTypeKind.Blob or CqlTypeKind.Custom => registry.ReadValue<byte[]>(content, false, type),
        CqlTypeKind.Boolean => registry.ReadValue<bool>(content, false, type),
        CqlTypeKind.Date => ReadDate(registry, content, type),
        CqlTypeKind.Decimal => registry.ReadValue<CqlDecimal>(content, false, type),
        CqlTypeKind.Double => registry.ReadValue<double>(content, false, type),
        CqlTypeKind.Duration => registry.ReadValue<CqlDuration>(content, false, type),
        CqlTypeKind.Float => registry.ReadValue<float>(content, false, type),
        CqlTypeKind.Inet => registry.ReadValue<IPAddress>(content, false, type),
        CqlTypeKind.Int => registry.ReadValue<int>(content, false, type),
        CqlTypeKind.Smallint => registry.ReadValue<short>(content, false, type),
        CqlTypeKind.Time => ReadTime(registry, content, type),
        CqlTypeKind.Timestamp => ReadTimestamp(registry, content, type),
        CqlTypeKind.Timeuuid => registry.ReadValue<TimeUuid>(content, false, type),
        CqlTypeKind.Tinyint => registry.ReadValue<sbyte>(content, false, type),
        CqlTypeKind.Uuid => registry.ReadValue<Guid>(content, false, type),
        CqlTypeKind.Varint => registry.ReadValue<BigInteger>(content, false, type),
        CqlTypeKind.List => ReadElements(registry, content, type, ((CqlListType)type).Element),
        CqlTypeKind.Set => ReadElements(registry, content, type, ((CqlSetType)type).Element),
        CqlTypeKind.Vector => ReadElements(registry, content, type, ((CqlVectorType)type).Element),
        CqlTypeKind.Map => registry.Converter<Dictionary<object, object?>>().Read(registry, content, type),
        CqlTypeKind.Tuple => registry.ReadValue<object?[]>(content, false, type),
        CqlTypeKind.Udt => registry.ReadValue<UdtValue>(content, false, type),
    };

    private static object ReadDate(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        var date = registry.ReadValue<CqlDate>(content, false, type);
        return date.FitsDateOnly ? date.ToDateOnly() : date;
    }

    private static object ReadTime(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        var time = registry.ReadValue<CqlTime>(content, false, type);
        return time.FitsTimeOnly ? time.ToTimeOnly() : time;
    }

    private static object ReadTimestamp(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        var milliseconds = registry.ReadValue<long>(content, false, type);
        return DateTimeOffsetConverter.IsInRange(milliseconds) ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : milliseconds;
    }

    private static object ReadElements(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type, CqlType element) => element.Kind switch
    {
        CqlTypeKind.Ascii or CqlTypeKind.Text => Collect<string>(registry, content, type),
        CqlTypeKind.Bigint or CqlTypeKind.Counter => CollectOrBox<long>(registry, content, type),
        CqlTypeKind.Blob or CqlTypeKind.Custom => Collect<byte[]>(registry, content, type),
        CqlTypeKind.Boolean => CollectOrBox<bool>(registry, content, type),
        CqlTypeKind.Date => CollectOrBox<DateOnly>(registry, content, type),
        CqlTypeKind.Decimal => CollectOrBox<CqlDecimal>(registry, content, type),
        CqlTypeKind.Double => CollectOrBox<double>(registry, content, type),
        CqlTypeKind.Duration => CollectOrBox<CqlDuration>(registry, content, type),
        CqlTypeKind.Float => CollectOrBox<float>(registry, content, type),
        CqlTypeKind.Inet => Collect<IPAddress>(registry, content, type),
        CqlTypeKind.Int => CollectOrBox<int>(registry, content, type),
        CqlTypeKind.Smallint => CollectOrBox<short>(registry, content, type),
        CqlTypeKind.Time => CollectOrBox<TimeOnly>(registry, content, type),
        CqlTypeKind.Timestamp => CollectOrBox<DateTimeOffset>(registry, content, type),
        CqlTypeKind.Timeuuid => CollectOrBox<TimeUuid>(registry, content, type),
        CqlTypeKind.Tinyint => CollectOrBox<sbyte>(registry, content, type),
        CqlTypeKind.Uuid => CollectOrBox<Guid>(registry, content, type),
        CqlTypeKind.Varint => CollectOrBox<BigInteger>(registry, content, type),
        CqlTypeKind.Udt => Collect<UdtValue>(registry, content, type),
        CqlTypeKind.List or CqlTypeKind.Set or CqlTypeKind.Map or CqlTypeKind.Tuple or CqlTypeKind.Vector =>
            Collect<object>(registry, content, type),
    };

    private static object Collect<T>(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) => type.Kind switch
    {
        CqlTypeKind.Set => Sequence<T>.ReadSet(registry, content, type, new HashSet<T>(ValueEquality.Of<T>())),
        CqlTypeKind.Vector => Sequence<T>.ReadArray(registry, content, type, typeof(T[])),
        _ => Sequence<T>.ReadList(registry, content, type, typeof(List<T>)),
    };

    /// <summary>As counterparts, or as objects where the counterpart cannot hold one of them: null, empty, or beyond its range.</summary>
    private static object CollectOrBox<T>(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        try
        {
            return Collect<T>(registry, content, type);
        }
        catch (CqlValueException)
        {
            return Collect<object>(registry, content, type);
        }
    }
}
