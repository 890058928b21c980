using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CqlDriver.Types;

namespace CqlDriver.Protocol;

/// <summary>
/// Writes the notations of the native protocol (v5, section 3) to a <see cref="GrowableBuffer"/>. What cannot be said
/// (a [string] beyond 65,535 bytes) is an <see cref="ArgumentException"/>: callers check what users give before they encode.
/// </summary>
internal static class CqlWriter
{
    public static void WriteShort(this GrowableBuffer buffer, int value)
    {
        if ((uint)value > ushort.MaxValue)
        {
            throw new ArgumentException($"{value} does not fit in a [short], 0 to 65,535.", nameof(value));
        }

        BinaryPrimitives.WriteUInt16BigEndian(buffer.Append(2), (ushort)value);
    }

    public static void WriteString(this GrowableBuffer buffer, string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        if (length > ushort.MaxValue)
        {
            throw new ArgumentException($"A [string] has at most 65,535 bytes; this one has {length}: '{value.AsSpan(0, 40)}…'.", nameof(value));
        }

        buffer.WriteShort(length);
        Encoding.UTF8.GetBytes(value, buffer.Append(length));
    }

    public static void WriteLongString(this GrowableBuffer buffer, string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        buffer.WriteInt32(length);
        Encoding.UTF8.GetBytes(value, buffer.Append(length));
    }

    /// <summary>Writes a [bytes] or [value] that is not null.</summary>
    public static void WriteBytes(this GrowableBuffer buffer, ReadOnlySpan<byte> bytes)
    {
        buffer.WriteInt32(bytes.Length);
        buffer.Write(bytes);
    }

    /// <summary>Writes a [bytes] or [value]; null as such.</summary>
    public static void WriteBytesOrNull(this GrowableBuffer buffer, byte[]? bytes)
    {
        if (bytes is null)
        {
            buffer.WriteNull();
        }
        else
        {
            buffer.WriteBytes(bytes);
        }
    }

    /// <summary>Writes a [bytes] or [value] that is null.</summary>
    public static void WriteNull(this GrowableBuffer buffer) => buffer.WriteInt32(-1);

    /// <summary>Writes a [value] that is not set (v4 and later).</summary>
    public static void WriteUnset(this GrowableBuffer buffer) => buffer.WriteInt32(-2);

    public static void WriteShortBytes(this GrowableBuffer buffer, ReadOnlySpan<byte> bytes)
    {
        buffer.WriteShort(bytes.Length);
        buffer.Write(bytes);
    }

    public static void WriteUuid(this GrowableBuffer buffer, Guid value) => value.TryWriteBytes(buffer.Append(16), bigEndian: true, out _);

    public static void WriteStringList(this GrowableBuffer buffer, IReadOnlyCollection<string> strings)
    {
        buffer.WriteShort(strings.Count);
        foreach (var value in strings)
        {
            buffer.WriteString(value);
        }
    }

    public static void WriteStringMap(this GrowableBuffer buffer, IReadOnlyDictionary<string, string> map)
    {
        buffer.WriteShort(map.Count);
        foreach (var (key, value) in map)
        {
            buffer.WriteString(key);
            buffer.WriteString(value);
        }
    }

    public static void WriteStringMultimap(this GrowableBuffer buffer, IReadOnlyDictionary<string, ImmutableArray<string>> map)
    {
        buffer.WriteShort(map.Count);
        foreach (var (key, values) in map)
        {
            buffer.WriteString(key);
            buffer.WriteStringList(values);
        }
    }

    public static void WriteBytesMap(this GrowableBuffer buffer, IReadOnlyDictionary<string, byte[]?> map)
    {
        buffer.WriteShort(map.Count);
        foreach (var (key, value) in map)
        {
            buffer.WriteString(key);
            buffer.WriteBytesOrNull(value);
        }
    }

    public static void WriteInetAddr(this GrowableBuffer buffer, IPAddress address)
    {
        var size = address.AddressFamily == AddressFamily.InterNetwork ? 4 : 16;
        buffer.WriteByte((byte)size);
        address.TryWriteBytes(buffer.Append(size), out _);
    }

    public static void WriteInet(this GrowableBuffer buffer, IPEndPoint endpoint)
    {
        buffer.WriteInetAddr(endpoint.Address);
        buffer.WriteInt32(endpoint.Port);
    }

    public static void WriteConsistency(this GrowableBuffer buffer, ConsistencyLevel consistency) => buffer.WriteShort((int)consistency);

    /// <summary>Writes an [option] that names a type, as a server of this protocol version does.</summary>
    public static void WriteType(this GrowableBuffer buffer, CqlType type, int version) => TypeOption.Write(buffer, type, version);
}
