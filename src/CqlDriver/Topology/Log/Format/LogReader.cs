using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace CqlDriver.Topology;

/// <summary>
/// Reads what <see cref="LogWriter"/> wrote. Believes nothing: no length is taken beyond the bytes that are there, and
/// nothing is allocated on the word of a count.
/// </summary>
internal ref struct LogReader(ReadOnlySpan<byte> bytes)
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = bytes;

    public delegate T Part<T>(ref LogReader reader);

    public readonly int Left => _rest.Length;

    public byte Byte() => Take(1)[0];

    public bool Bool() => Byte() switch
    {
        0 => false,
        1 => true,
        var other => throw new UndecodableEntryException($"{other} is neither true nor false"),
    };

    public ulong Unsigned()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            if (shift == 63 && next > 1)
            {
                break;
            }

            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new UndecodableEntryException("a number is longer than 64 bits");
    }

    public long Signed()
    {
        var value = Unsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>How many of something follow, each of which takes at least so many bytes.</summary>
    public int Count(int bytesEach = 1)
    {
        var count = Unsigned();
        return count <= (ulong)(Left / Math.Max(bytesEach, 1))
            ? (int)count
            : throw new UndecodableEntryException($"{count} parts are announced, {Left} bytes are left");
    }

    /// <summary>A number that is not a count of something that follows.</summary>
    public int Number(int max = int.MaxValue)
    {
        var number = Unsigned();
        return number <= (ulong)max ? (int)number : throw new UndecodableEntryException($"{number} is more than {max}");
    }

    public ulong Fixed64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    public uint Fixed32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public Guid Guid() => new(Take(16), bigEndian: true);

    /// <summary>A malformed one is never made a nil one: it is refused.</summary>
    public HostId HostId() => Guid() is var guid && guid != System.Guid.Empty ? new HostId(guid) : throw new UndecodableEntryException("a host id is nil");

    public TimeSpan Time() => new(Signed());

    public ReadOnlySpan<byte> Bytes() => Take(Count());

    public string Text()
    {
        try
        {
            return Utf8.GetString(Bytes());
        }
        catch (DecoderFallbackException error)
        {
            throw new UndecodableEntryException("a text is not UTF-8", error);
        }
    }

    public string? OptionalText() => Bool() ? Text() : null;

    public Guid? OptionalGuid() => Bool() ? Guid() : null;

    public NodeEndpoint Endpoint()
    {
        var host = Text();
        var port = Number();
        return !string.IsNullOrWhiteSpace(host) && port is >= 1 and <= 65_535
            ? new NodeEndpoint(host, port)
            : throw new UndecodableEntryException($"'{host}' with port {port} is no endpoint");
    }

    public NodeEndpoint? OptionalEndpoint() => Bool() ? Endpoint() : null;

    public T Enum<T>()
        where T : struct, Enum
    {
        var value = (T)System.Enum.ToObject(typeof(T), Byte());
        return System.Enum.IsDefined(value) ? value : throw new UndecodableEntryException($"{value} is no {typeof(T).Name}");
    }

    public ImmutableArray<T> List<T>(Part<T> read, int bytesEach = 1)
    {
        var count = Count(bytesEach);
        var parts = ImmutableArray.CreateBuilder<T>(Math.Min(count, 1_024));
        for (var i = 0; i < count; i++)
        {
            parts.Add(read(ref this));
        }

        return parts.DrainToImmutable();
    }

    public ImmutableArray<Token> Tokens()
    {
        var count = Count();
        var tokens = ImmutableArray.CreateBuilder<Token>(count);
        var previous = 0L;
        for (var i = 0; i < count; i++)
        {
            previous = unchecked(previous + Signed());
            tokens.Add(new Token(previous));
        }

        return tokens.MoveToImmutable();
    }

    public ImmutableSortedDictionary<string, string> Options()
    {
        var options = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        for (var left = Count(bytesEach: 2); left > 0; left--)
        {
            options[Text()] = Text();
        }

        return options.ToImmutable();
    }

    /// <summary>All that is left.</summary>
    public ReadOnlySpan<byte> Rest() => Take(Left);

    /// <summary>What is left means that it was not understood.</summary>
    public readonly void End()
    {
        if (Left > 0)
        {
            throw new UndecodableEntryException($"{Left} bytes are left over");
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw new UndecodableEntryException($"{count} bytes are needed, {_rest.Length} are left");
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}

/// <summary>The bytes of an entry are intact and say something that is not understood.</summary>
internal sealed class UndecodableEntryException(string message, Exception? cause = null) : CqlException(message, cause);
