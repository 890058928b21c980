namespace CqlDriver.Types;

/// <summary>Arrays, and the read-only interfaces an array is the cheapest answer to.</summary>
internal sealed class ArrayConverter<TCollection, T> : ValueConverter<TCollection>
    where TCollection : class, IEnumerable<T>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, TCollection value) =>
        Sequence<T>.Write(registry, buffer, type, typeof(TCollection), value);

    public override TCollection Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) =>
        (TCollection)(object)Sequence<T>.ReadArray(registry, content, type, typeof(TCollection));
}

/// <summary>Lists, and the interfaces of collections that can be changed.</summary>
internal sealed class ListConverter<TCollection, T> : ValueConverter<TCollection>
    where TCollection : class, IEnumerable<T>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, TCollection value) =>
        Sequence<T>.Write(registry, buffer, type, typeof(TCollection), value);

    public override TCollection Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) =>
        (TCollection)(object)Sequence<T>.ReadList(registry, content, type, typeof(TCollection));
}

/// <summary>Hash sets and the interfaces of sets.</summary>
internal sealed class SetConverter<TCollection, T> : ValueConverter<TCollection>
    where TCollection : class, IEnumerable<T>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, TCollection value) =>
        Sequence<T>.Write(registry, buffer, type, typeof(TCollection), value);

    public override TCollection Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) =>
        (TCollection)(object)Sequence<T>.ReadSet(registry, content, type, new HashSet<T>(ValueEquality.Of<T>()));
}

/// <summary>Sorted sets; texts are ordered by their code units, since orders of a culture take different texts as equal.</summary>
internal sealed class SortedSetConverter<T> : ValueConverter<SortedSet<T>>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, SortedSet<T> value) =>
        Sequence<T>.Write(registry, buffer, type, typeof(SortedSet<T>), value);

    public override SortedSet<T> Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        var comparer = SortOrder.Of<T>() ?? throw CannotRead(type, $"{ClrName.Of(typeof(T))} has no order");
        return Sequence<T>.ReadSet(registry, content, type, new SortedSet<T>(comparer));
    }
}

/// <summary>The order of sorted sets and dictionaries; null where a type has none.</summary>
internal static class SortOrder
{
    public static IComparer<T>? Of<T>()
    {
        if (typeof(T) == typeof(string))
        {
            return (IComparer<T>)(object)StringComparer.Ordinal;
        }

        var compared = Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T);
        return compared.IsAssignableTo(typeof(IComparable)) || compared.IsAssignableTo(typeof(IComparable<T>)) ? Comparer<T>.Default : null;
    }
}

/// <summary>Dictionaries and their interfaces.</summary>
internal sealed class MapConverter<TMap, TKey, TValue> : ValueConverter<TMap>
    where TMap : class, IEnumerable<KeyValuePair<TKey, TValue>>
    where TKey : notnull
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, TMap value) =>
        MapBytes<TKey, TValue>.Write(registry, buffer, type, value);

    public override TMap Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        var map = new Dictionary<TKey, TValue>(ValueEquality.Of<TKey>());
        MapBytes<TKey, TValue>.Read(registry, content, type, map, static (map, count) => map.EnsureCapacity(count));
        return (TMap)(object)map;
    }
}

/// <summary>Sorted dictionaries, ordered as <see cref="SortedSetConverter{T}"/> says.</summary>
internal sealed class SortedMapConverter<TKey, TValue> : ValueConverter<SortedDictionary<TKey, TValue>>
    where TKey : notnull
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, SortedDictionary<TKey, TValue> value) =>
        MapBytes<TKey, TValue>.Write(registry, buffer, type, value);

    public override SortedDictionary<TKey, TValue> Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        var comparer = SortOrder.Of<TKey>() ?? throw CannotRead(type, $"{ClrName.Of(typeof(TKey))} has no order");
        var map = new SortedDictionary<TKey, TValue>(comparer);
        MapBytes<TKey, TValue>.Read(registry, content, type, map, static (_, _) => { });
        return map;
    }
}

/// <summary>The bytes of maps: a count, then each key and value with its length.</summary>
internal static class MapBytes<TKey, TValue>
    where TKey : notnull
{
    public static void Write<TMap>(CodecRegistry registry, GrowableBuffer buffer, CqlType type, TMap map)
        where TMap : class, IEnumerable<KeyValuePair<TKey, TValue>>
    {
        var mapType = type as CqlMapType ?? throw ValueError.WriteMismatch(type, typeof(TMap));
        var start = buffer.Length;
        buffer.WriteInt32(0);
        var count = 0;
        try
        {
            if (map is Dictionary<TKey, TValue> dictionary)
            {
                foreach (var (key, value) in dictionary)
                {
                    registry.WriteElement(buffer, mapType.Key, key);
                    registry.WriteElement(buffer, mapType.Value, value);
                    count++;
                }
            }
            else
            {
                foreach (var (key, value) in map)
                {
                    registry.WriteElement(buffer, mapType.Key, key);
                    registry.WriteElement(buffer, mapType.Value, value);
                    count++;
                }
            }
        }
        catch (CqlValueException misfit)
        {
            throw ValueError.Within(misfit, $"entry {count}");
        }

        buffer.PatchInt32(start, count);
    }

    public static void Read<TMap>(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type, TMap map, Action<TMap, int> reserve)
        where TMap : IDictionary<TKey, TValue>
    {
        var mapType = type as CqlMapType ?? throw ValueError.ReadMismatch(type, typeof(TMap));
        var reader = new CellReader(content, type, typeof(TMap));
        var count = reader.ReadCount(cellsPerEntry: 2);
        reserve(map, count);
        var index = 0;
        try
        {
            for (; index < count; index++)
            {
                var cell = reader.ReadCell(out var isNull);
                var key = registry.ReadValue<TKey>(cell, isNull, mapType.Key)
                    ?? throw ValueError.Read(mapType.Key, typeof(TKey), "a key is null or empty");
                cell = reader.ReadCell(out isNull);
                var value = registry.ReadValue<TValue>(cell, isNull, mapType.Value);
                if (!map.TryAdd(key, value))
                {
                    throw ValueError.Read(mapType.Key, typeof(TKey), "two keys are equal by the rules of .NET");
                }
            }
        }
        catch (CqlValueException misfit)
        {
            throw ValueError.Within(misfit, $"entry {index}");
        }

        reader.ExpectEnd();
    }
}
