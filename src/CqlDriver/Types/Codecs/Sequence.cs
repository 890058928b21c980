using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CqlDriver.Types;

/// <summary>
/// The bytes of lists, sets and vectors with elements of one .NET type, whatever collection holds them. Lists and sets have a
/// count, and a length before each element; vectors have neither count nor, with elements of fixed length, lengths.
/// </summary>
internal static class Sequence<T>
{
    public static void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, Type clrType, IEnumerable<T> values)
    {
        var elementType = ElementOf(type) ?? throw ValueError.WriteMismatch(type, clrType);
        var start = buffer.Length;
        if (type is not CqlVectorType)
        {
            buffer.WriteInt32(0);
        }

        var count = values switch
        {
            T[] array => WriteAll(registry, buffer, type, elementType, array),
            List<T> list => WriteAll(registry, buffer, type, elementType, CollectionsMarshal.AsSpan(list)),
            HashSet<T> set => WriteAll(registry, buffer, type, elementType, set),
            _ => WriteAll(registry, buffer, type, elementType, values),
        };

        if (type is not CqlVectorType vector)
        {
            buffer.PatchInt32(start, count);
        }
        else if (count != vector.Dimension)
        {
            throw ValueError.Write(type, clrType, $"it has {count} elements where {vector.Dimension} are due");
        }
    }

    public static T[] ReadArray(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type, Type clrType)
    {
        var reader = Open(content, type, clrType, out var count);
        var array = count == 0 ? [] : new T[count];
        Fill(registry, ref reader, type, array);
        return array;
    }

    public static List<T> ReadList(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type, Type clrType)
    {
        var reader = Open(content, type, clrType, out var count);
        var list = new List<T>(count);
        CollectionsMarshal.SetCount(list, count);
        Fill(registry, ref reader, type, CollectionsMarshal.AsSpan(list));
        return list;
    }

    /// <summary>Reads into a set, of set columns only: from a list it would lose elements that are equal.</summary>
    public static TSet ReadSet<TSet>(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type, TSet set)
        where TSet : ISet<T>
    {
        if (type.Kind != CqlTypeKind.Set)
        {
            throw ValueError.ReadMismatch(type, typeof(TSet));
        }

        foreach (var element in ReadArray(registry, content, type, typeof(TSet)))
        {
            if (!set.Add(element))
            {
                throw ValueError.Read(type, typeof(TSet), "two elements are equal by the rules of .NET; ask for an array");
            }
        }

        return set;
    }

    private static CqlType? ElementOf(CqlType type) => type switch
    {
        CqlListType list => list.Element,
        CqlSetType set => set.Element,
        CqlVectorType vector => vector.Element,
        _ => null,
    };

    private static int WriteAll(CodecRegistry registry, GrowableBuffer buffer, CqlType type, CqlType elementType, ReadOnlySpan<T> values)
    {
        if (type is CqlVectorType && registry.MayShortCut(elementType.Kind) && PackedNumbers.TryWrite(buffer, elementType, values))
        {
            return values.Length;
        }

        var index = 0;
        try
        {
            for (; index < values.Length; index++)
            {
                WriteElement(registry, buffer, type, elementType, values[index]);
            }
        }
        catch (CqlValueException misfit)
        {
            throw ValueError.Within(misfit, $"element {index}");
        }

        return index;
    }

    private static int WriteAll(CodecRegistry registry, GrowableBuffer buffer, CqlType type, CqlType elementType, HashSet<T> values)
    {
        var index = 0;
        try
        {
            foreach (var value in values)
            {
                WriteElement(registry, buffer, type, elementType, value);
                index++;
            }
        }
        catch (CqlValueException misfit)
        {
            throw ValueError.Within(misfit, $"element {index}");
        }

        return index;
    }

    private static int WriteAll(CodecRegistry registry, GrowableBuffer buffer, CqlType type, CqlType elementType, IEnumerable<T> values)
    {
        var index = 0;
        try
        {
            foreach (var value in values)
            {
                WriteElement(registry, buffer, type, elementType, value);
                index++;
            }
        }
        catch (CqlValueException misfit)
        {
            throw ValueError.Within(misfit, $"element {index}");
        }

        return index;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteElement(CodecRegistry registry, GrowableBuffer buffer, CqlType type, CqlType elementType, T value)
    {
        if (type is CqlVectorType)
        {
            registry.WriteVectorElement(buffer, elementType, value);
        }
        else
        {
            registry.WriteElement(buffer, elementType, value);
        }
    }

    private static CellReader Open(ReadOnlySpan<byte> content, CqlType type, Type clrType, out int count)
    {
        var reader = new CellReader(content, type, clrType);
        if (type is CqlVectorType vector)
        {
            // Elements of fixed length account for every byte; any other takes one byte at least.
            count = vector.Dimension;
            return vector.FixedLength > 0 ? content.Length == vector.FixedLength ? reader : throw WrongDimension(ref reader, vector, content)
                : vector.Dimension <= content.Length ? reader : throw WrongDimension(ref reader, vector, content);
        }

        count = ElementOf(type) is not null ? reader.ReadCount(cellsPerEntry: 1) : throw ValueError.ReadMismatch(type, clrType);
        return reader;
    }

    private static CqlValueException WrongDimension(ref CellReader reader, CqlVectorType vector, ReadOnlySpan<byte> content) =>
        reader.Malformed($"{content.Length} bytes are not {vector.Dimension} elements");

    private static void Fill(CodecRegistry registry, ref CellReader reader, CqlType type, Span<T> values)
    {
        var elementType = ElementOf(type)!;
        var isVector = type is CqlVectorType;
        var index = 0;
        try
        {
            if (isVector && registry.MayShortCut(elementType.Kind) && PackedNumbers.TryRead(ref reader, elementType, values))
            {
                index = values.Length;
            }

            for (; index < values.Length; index++)
            {
                var isNull = false;
                var cell = isVector ? reader.ReadVectorElement(elementType.FixedLength) : reader.ReadCell(out isNull);
                values[index] = registry.ReadValue<T>(cell, isNull, elementType);
            }
        }
        catch (CqlValueException misfit)
        {
            throw ValueError.Within(misfit, $"element {index}");
        }

        reader.ExpectEnd();
    }
}

/// <summary>
/// Vectors of numbers of one width: the bytes of all elements are turned at once, some ten times as fast as one by one.
/// Embeddings have a thousand elements and more.
/// </summary>
internal static class PackedNumbers
{
    public static bool TryWrite<T>(GrowableBuffer buffer, CqlType elementType, ReadOnlySpan<T> values)
    {
        if (!IsPacked<T>(elementType))
        {
            return false;
        }

        Turn(AsBytes(values), buffer.Append(values.Length * Unsafe.SizeOf<T>()), Unsafe.SizeOf<T>());
        return true;
    }

    public static bool TryRead<T>(ref CellReader reader, CqlType elementType, Span<T> values)
    {
        if (!IsPacked<T>(elementType))
        {
            return false;
        }

        var bytes = AsBytes((ReadOnlySpan<T>)values);
        var destination = MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(bytes), bytes.Length);
        Turn(reader.ReadVectorElement(destination.Length), destination, Unsafe.SizeOf<T>());
        return true;
    }

    private static bool IsPacked<T>(CqlType elementType) =>
        (typeof(T) == typeof(float) && elementType.Kind == CqlTypeKind.Float)
        || (typeof(T) == typeof(double) && elementType.Kind == CqlTypeKind.Double)
        || (typeof(T) == typeof(int) && elementType.Kind == CqlTypeKind.Int)
        || (typeof(T) == typeof(long) && elementType.Kind is CqlTypeKind.Bigint or CqlTypeKind.Timestamp);

    private static ReadOnlySpan<byte> AsBytes<T>(ReadOnlySpan<T> values) => MemoryMarshal.CreateReadOnlySpan(
        ref Unsafe.As<T, byte>(ref MemoryMarshal.GetReference(values)), checked(values.Length * Unsafe.SizeOf<T>()));

    private static void Turn(ReadOnlySpan<byte> source, Span<byte> destination, int width)
    {
        if (!BitConverter.IsLittleEndian)
        {
            source.CopyTo(destination);
        }
        else if (width == sizeof(int))
        {
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, int>(source), MemoryMarshal.Cast<byte, int>(destination));
        }
        else
        {
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, long>(source), MemoryMarshal.Cast<byte, long>(destination));
        }
    }
}
