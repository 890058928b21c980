using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace CqlDriver.Protocol;

/// <summary>
/// Reads the notations of the native protocol (v5, section 3) from one message. Every length is compared with the bytes
/// that are there before anything is allocated or skipped; what does not fit is a <see cref="CqlProtocolException"/> that
/// names message, position and notation. Text is read leniently: bytes that are no UTF-8 become U+FFFD, since one odd
/// character in an error message must not cost a connection.
/// </summary>
internal ref struct CqlReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly string _message;
    private int _position;

    /// <summary>Reads from <paramref name="position"/> on.</summary>
    /// <param name="bytes">The whole body.</param>
    /// <param name="message">What the bytes are, for error messages: "RESULT".</param>
    /// <param name="position">Where to start.</param>
    public CqlReader(ReadOnlySpan<byte> bytes, string message, int position = 0)
    {
        _bytes = bytes;
        _message = message;
        _position = position;
        if ((uint)position > (uint)bytes.Length)
        {
            ThrowTruncated(position, "start");
        }
    }

    /// <summary>Where the next notation starts, in bytes from the start of the body.</summary>
    public readonly int Position => _position;

    public readonly int Remaining => _bytes.Length - _position;

    public byte ReadByte() => Take(1, "[byte]")[0];

    public ushort ReadShort() => BinaryPrimitives.ReadUInt16BigEndian(Take(2, "[short]"));

    public int ReadInt() => BinaryPrimitives.ReadInt32BigEndian(Take(4, "[int]"));

    public long ReadLong() => BinaryPrimitives.ReadInt64BigEndian(Take(8, "[long]"));

    public Guid ReadUuid() => new(Take(16, "[uuid]"), bigEndian: true);

    public string ReadString() => Encoding.UTF8.GetString(Take(ReadShort(), "[string]"));

    public string ReadLongString()
    {
        var length = ReadInt();
        if (length < 0)
        {
            ThrowMalformed($"a [long string] has the length {length}");
        }

        return Encoding.UTF8.GetString(Take(length, "[long string]"));
    }

    /// <summary>Reads a [bytes]; false for null.</summary>
    public bool TryReadBytes(out ReadOnlySpan<byte> bytes)
    {
        var length = ReadInt();
        if (length < 0)
        {
            bytes = default;
            return false;
        }

        bytes = Take(length, "[bytes]");
        return true;
    }

    /// <summary>Reads a [bytes] into an array of its own; null for null.</summary>
    public byte[]? ReadBytes() => TryReadBytes(out var bytes) ? bytes.ToArray() : null;

    /// <summary>Reads a [value].</summary>
    public CqlValueKind ReadValue(out ReadOnlySpan<byte> bytes)
    {
        var length = ReadInt();
        if (length >= 0)
        {
            bytes = Take(length, "[value]");
            return CqlValueKind.Present;
        }

        bytes = default;
        if (length < -2)
        {
            ThrowMalformed($"a [value] has the length {length}; only -1 (null) and -2 (not set) are defined");
        }

        return length == -1 ? CqlValueKind.Null : CqlValueKind.Unset;
    }

    public ReadOnlySpan<byte> ReadShortBytes() => Take(ReadShort(), "[short bytes]");

    public ImmutableArray<string> ReadStringList()
    {
        var count = ReadCount(2, "[string list]");
        var strings = ImmutableArray.CreateBuilder<string>(count);
        for (var i = 0; i < count; i++)
        {
            strings.Add(ReadString());
        }

        return strings.MoveToImmutable();
    }

    public IReadOnlyDictionary<string, string> ReadStringMap()
    {
        var count = ReadCount(4, "[string map]");
        var map = new Dictionary<string, string>(count, StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var key = ReadString();
            map[key] = ReadString();
        }

        return map;
    }

    public IReadOnlyDictionary<string, ImmutableArray<string>> ReadStringMultimap()
    {
        var count = ReadCount(4, "[string multimap]");
        var map = new Dictionary<string, ImmutableArray<string>>(count, StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var key = ReadString();
            map[key] = ReadStringList();
        }

        return map;
    }

    public IReadOnlyDictionary<string, byte[]?> ReadBytesMap()
    {
        var count = ReadCount(6, "[bytes map]");
        var map = new Dictionary<string, byte[]?>(count, StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var key = ReadString();
            map[key] = ReadBytes();
        }

        return map;
    }

    public IPAddress ReadInetAddr()
    {
        var size = ReadByte();
        if (size is not (4 or 16))
        {
            ThrowMalformed($"an address has {size} bytes; IPv4 has 4 and IPv6 has 16");
        }

        return new IPAddress(Take(size, "[inetaddr]"));
    }

    public IPEndPoint ReadInet()
    {
        var address = ReadInetAddr();
        var port = ReadInt();
        if (port is < IPEndPoint.MinPort or > IPEndPoint.MaxPort)
        {
            ThrowMalformed($"an [inet] has the port {port}");
        }

        return new IPEndPoint(address, port);
    }

    /// <summary>Reads a [consistency]. A number that is not known is kept: a newer server may name a newer level.</summary>
    public ConsistencyLevel ReadConsistency() => (ConsistencyLevel)ReadShort();

    /// <summary>Reads an [option] that names a type.</summary>
    public CqlType ReadType() => TypeOption.Read(ref this);

    /// <summary>Reads a [short] count of things that take at least <paramref name="minBytes"/> each.</summary>
    public int ReadCount(int minBytes, string what)
    {
        var count = ReadShort();
        EnsureFits(count, minBytes, what);
        return count;
    }

    /// <summary>Throws unless <paramref name="count"/> things of at least <paramref name="minBytes"/> can be in what is left.</summary>
    public readonly void EnsureFits(long count, int minBytes, string what)
    {
        if (count < 0 || count * minBytes > Remaining)
        {
            ThrowMalformed($"{what} claims {count} elements, and {Remaining} bytes are left");
        }
    }

    public void Skip(int count, string what) => Take(count, what);

    /// <summary>Steps over bytes that are known beforehand. False: others come; the reader stays where it is.</summary>
    public bool TrySkip(ReadOnlySpan<byte> expected)
    {
        if (!_bytes[_position..].StartsWith(expected))
        {
            return false;
        }

        _position += expected.Length;
        return true;
    }

    /// <summary>Steps over a [string list] without reading its strings.</summary>
    public void SkipStringList()
    {
        for (var left = ReadCount(2, "[string list]"); left > 0; left--)
        {
            Take(ReadShort(), "[string]");
        }
    }

    /// <summary>Steps over a [bytes map] without reading it.</summary>
    public void SkipBytesMap()
    {
        for (var left = ReadCount(6, "[bytes map]"); left > 0; left--)
        {
            Take(ReadShort(), "[string]");
            TryReadBytes(out _);
        }
    }

    /// <summary>Refuses the message, naming the place reached.</summary>
    [DoesNotReturn]
    public readonly void ThrowMalformed(string what) =>
        throw new CqlProtocolException($"Malformed {_message} message: {what} (at byte {_position} of a body of {_bytes.Length}).");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> Take(int count, string what)
    {
        if ((uint)count > (uint)(_bytes.Length - _position))
        {
            ThrowTruncated(count, what);
        }

        var taken = _bytes.Slice(_position, count);
        _position += count;
        return taken;
    }

    [DoesNotReturn]
    private readonly void ThrowTruncated(int count, string what) =>
        ThrowMalformed($"{what} needs {count} bytes, {Math.Max(Remaining, 0)} are left");
}

/// <summary>What a [value] is.</summary>
internal enum CqlValueKind : byte
{
    Present,
    Null,
    Unset,
}
