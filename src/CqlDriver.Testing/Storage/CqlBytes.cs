using System.Buffers.Binary;

namespace CqlDriver.Testing.Storage;

/// <summary>
/// Values as bytes: the engine keeps, compares and hands out what the protocol carries. Written without the driver's
/// codecs on purpose, so that one proves the other.
/// </summary>
internal static class CqlBytes
{
    /// <summary>Stands for a bound value that was left out. Compared by reference.</summary>
    public static readonly byte[] Unset = [0];

    public static byte[] Int32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Int64(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Int16(short value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteInt16BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Boolean(bool value) => [value ? (byte)1 : (byte)0];

    public static byte[] Text(string value) => System.Text.Encoding.UTF8.GetBytes(value);

    public static byte[] Uuid(Guid value) => value.ToByteArray(bigEndian: true);

    public static Guid ToGuid(ReadOnlySpan<byte> bytes) => new(bytes, bigEndian: true);

    /// <summary>A list or set: the count, then each element with its length. Null elements have length -1.</summary>
    public static byte[] Collection(IReadOnlyList<byte[]?> elements)
    {
        var bytes = new byte[4 + SizeOf(elements)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, elements.Count);
        WriteElements(elements, bytes.AsSpan(4));
        return bytes;
    }

    /// <summary>A map: the number of entries, then keys and values in turn.</summary>
    public static byte[] Map(IReadOnlyList<byte[]?> keysAndValues)
    {
        var bytes = new byte[4 + SizeOf(keysAndValues)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, keysAndValues.Count / 2);
        WriteElements(keysAndValues, bytes.AsSpan(4));
        return bytes;
    }

    /// <summary>A tuple or user type: elements with their lengths, no count.</summary>
    public static byte[] Tuple(IReadOnlyList<byte[]?> elements)
    {
        var bytes = new byte[SizeOf(elements)];
        WriteElements(elements, bytes);
        return bytes;
    }

    /// <summary>The elements of a list, set (<paramref name="perEntry"/> 1) or map (2); null when the bytes are no such thing.</summary>
    public static List<byte[]?>? TrySplitCollection(ReadOnlySpan<byte> bytes, int perEntry)
    {
        if (bytes.Length < 4)
        {
            return null;
        }

        var count = BinaryPrimitives.ReadInt32BigEndian(bytes);
        if (count < 0 || (long)count * perEntry * 4 > bytes.Length - 4)
        {
            return null;
        }

        var elements = new List<byte[]?>(count * perEntry);
        var rest = bytes[4..];
        for (var i = 0; i < count * perEntry; i++)
        {
            if (!TryTake(ref rest, out var element))
            {
                return null;
            }

            elements.Add(element);
        }

        return rest.IsEmpty ? elements : null;
    }

    /// <summary>The elements of a tuple or user type; missing last ones are null. Null when the bytes are no such thing.</summary>
    public static byte[]?[]? TrySplitTuple(ReadOnlySpan<byte> bytes, int count)
    {
        var elements = new byte[]?[count];
        for (var i = 0; i < count && !bytes.IsEmpty; i++)
        {
            if (!TryTake(ref bytes, out elements[i]))
            {
                return null;
            }
        }

        return bytes.IsEmpty ? elements : null;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, out byte[]? element)
    {
        element = null;
        if (rest.Length < 4)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(rest);
        rest = rest[4..];
        if (length < 0)
        {
            return true;
        }

        if (length > rest.Length)
        {
            return false;
        }

        element = rest[..length].ToArray();
        rest = rest[length..];
        return true;
    }

    private static int SizeOf(IReadOnlyList<byte[]?> elements)
    {
        var size = 0;
        for (var i = 0; i < elements.Count; i++)
        {
            size = checked(size + 4 + (elements[i]?.Length ?? 0));
        }

        return size;
    }

    private static void WriteElements(IReadOnlyList<byte[]?> elements, Span<byte> destination)
    {
        for (var i = 0; i < elements.Count; i++)
        {
            var element = elements[i];
            BinaryPrimitives.WriteInt32BigEndian(destination, element?.Length ?? -1);
            destination = destination[4..];
            if (element is not null)
            {
                element.CopyTo(destination);
                destination = destination[element.Length..];
            }
        }
    }
}
