using System.Collections.Frozen;
using System.Net;
using System.Numerics;

namespace CqlDriver.Types;

/// <summary>
/// The converters that every registry has. Simple types are always here. Collections are made by the runtime where it can
/// make code; where it cannot, in native builds, those of common elements are compiled in, and users register the rest.
/// </summary>
internal static class BuiltInConverters
{
    public static FrozenDictionary<Type, ValueConverter> Simple { get; } = CreateSimple();

    private static FrozenDictionary<Type, ValueConverter> CreateSimple()
    {
        var converters = new Dictionary<Type, ValueConverter>();
        AddValue(converters, new IntegerConverter<sbyte>());
        AddValue(converters, new IntegerConverter<byte>());
        AddValue(converters, new IntegerConverter<short>());
        AddValue(converters, new IntegerConverter<ushort>());
        AddValue(converters, new IntegerConverter<int>());
        AddValue(converters, new IntegerConverter<uint>());
        AddValue(converters, new IntegerConverter<long>());
        AddValue(converters, new IntegerConverter<ulong>());
        AddValue(converters, new IntegerConverter<BigInteger>());
        AddValue(converters, new SingleConverter());
        AddValue(converters, new DoubleConverter());
        AddValue(converters, new BooleanConverter());
        AddValue(converters, new DecimalConverter());
        AddValue(converters, new CqlDecimalConverter());
        AddValue(converters, new GuidConverter());
        AddValue(converters, new TimeUuidConverter());
        AddValue(converters, new DateOnlyConverter());
        AddValue(converters, new CqlDateConverter());
        AddValue(converters, new TimeOnlyConverter());
        AddValue(converters, new CqlTimeConverter());
        AddValue(converters, new DateTimeOffsetConverter());
        AddValue(converters, new DateTimeConverter());
        AddValue(converters, new CqlDurationConverter());
        AddValue(converters, new ReadOnlyMemoryConverter());
        AddValue(converters, new MemoryConverter());
        converters.Add(typeof(string), new StringConverter());
        converters.Add(typeof(byte[]), new ByteArrayConverter());
        converters.Add(typeof(IPAddress), new IPAddressConverter());
        converters.Add(typeof(UdtValue), new UdtConverter());
        converters.Add(typeof(object), new ObjectConverter());
        converters.Add(typeof(object[]), new ObjectArrayConverter());
        converters.Add(typeof(Dictionary<object, object?>), new MapConverter<Dictionary<object, object?>, object, object?>());
        return converters.ToFrozenDictionary();
    }

    private static void AddValue<T>(Dictionary<Type, ValueConverter> converters, ValueConverter<T> converter)
        where T : struct
    {
        converters.Add(typeof(T), converter);
        converters.Add(typeof(T?), new NullableConverter<T>());
    }
}

/// <summary>
/// The collections of common elements and the maps between common keys and values, for builds in which no code can be made
/// at run time. A class of its own, so that it costs nothing where it is not needed.
/// </summary>
internal static class CommonCollections
{
    public static FrozenDictionary<Type, ValueConverter> All { get; } = Create();

    private static FrozenDictionary<Type, ValueConverter> Create()
    {
        var converters = new Dictionary<Type, ValueConverter>();
        AddElement<bool>(converters);
        AddElement<sbyte>(converters);
        AddElement<short>(converters);
        AddElement<int>(converters);
        AddElement<long>(converters);
        AddElement<BigInteger>(converters);
        AddElement<float>(converters);
        AddElement<double>(converters);
        AddElement<decimal>(converters);
        AddElement<CqlDecimal>(converters);
        AddElement<Guid>(converters);
        AddElement<TimeUuid>(converters);
        AddElement<DateOnly>(converters);
        AddElement<TimeOnly>(converters);
        AddElement<DateTimeOffset>(converters);
        AddElement<CqlDuration>(converters);
        AddElement<string>(converters);
        AddElement<byte[]>(converters);
        AddElement<IPAddress>(converters);
        AddElement<UdtValue>(converters);
        AddElement<object>(converters);
        AddKey<string>(converters);
        AddKey<int>(converters);
        AddKey<long>(converters);
        AddKey<Guid>(converters);
        return converters.ToFrozenDictionary();
    }

    private static void AddElement<T>(Dictionary<Type, ValueConverter> converters) => CollectionShapes.AddSequences<T>(converters);

    private static void AddKey<TKey>(Dictionary<Type, ValueConverter> converters)
        where TKey : notnull
    {
        CollectionShapes.AddMaps<TKey, bool>(converters);
        CollectionShapes.AddMaps<TKey, int>(converters);
        CollectionShapes.AddMaps<TKey, long>(converters);
        CollectionShapes.AddMaps<TKey, double>(converters);
        CollectionShapes.AddMaps<TKey, Guid>(converters);
        CollectionShapes.AddMaps<TKey, DateTimeOffset>(converters);
        CollectionShapes.AddMaps<TKey, string>(converters);
        CollectionShapes.AddMaps<TKey, byte[]>(converters);
        CollectionShapes.AddMaps<TKey, object>(converters);
    }
}
