using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace CqlDriver.Topology;

/// <summary>
/// Bytes of a log entry: numbers as variable-length integers (7 bits a byte, the low ones first; signed ones zigzag), texts as UTF-8 with
/// their length, lists with their count. Nothing depends on machine, culture or hash order: equal values give equal bytes.
/// </summary>
internal sealed class LogWriter
{
    private byte[] _bytes = new byte[256];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public byte[] ToArray() => Written.ToArray();

    public void Clear() => Length = 0;

    public void Byte(byte value) => Take(1)[0] = value;

    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    public void Unsigned(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            Byte((byte)(value | 0x80));
        }

        Byte((byte)value);
    }

    public void Signed(long value) => Unsigned((ulong)((value << 1) ^ (value >> 63)));

    public void Count(int count) => Unsigned((ulong)count);

    public void Fixed(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(sizeof(ulong)), value);

    public void Fixed(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(sizeof(uint)), value);

    public void Guid(Guid value) => value.TryWriteBytes(Take(16), bigEndian: true, out _);

    public void HostId(HostId hostId) => Guid(hostId.Value);

    public void Time(TimeSpan value) => Signed(value.Ticks);

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Count(value.Length);
        value.CopyTo(Take(value.Length));
    }

    public void Raw(ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    public void Text(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        Count(length);
        Encoding.UTF8.GetBytes(value, Take(length));
    }

    /// <summary>Whether there is a value, then the value.</summary>
    public void Optional<T>(T? value, Action<LogWriter, T> write)
        where T : class
    {
        Bool(value is not null);
        if (value is not null)
        {
            write(this, value);
        }
    }

    public void Optional<T>(T? value, Action<LogWriter, T> write)
        where T : struct
    {
        Bool(value is not null);
        if (value is { } known)
        {
            write(this, known);
        }
    }

    public void OptionalText(string? value) => Optional(value, static (writer, text) => writer.Text(text));

    public void OptionalGuid(Guid? value) => Optional(value, static (writer, guid) => writer.Guid(guid));

    public void Endpoint(NodeEndpoint endpoint)
    {
        Text(endpoint.Host);
        Count(endpoint.Port);
    }

    public void OptionalEndpoint(NodeEndpoint? value) => Optional(value, static (writer, endpoint) => writer.Endpoint(endpoint));

    public void List<T>(ImmutableArray<T> values, Action<LogWriter, T> write)
    {
        Count(values.Length);
        foreach (var value in values)
        {
            write(this, value);
        }
    }

    /// <summary>The differences: tokens ascend, so most of them are short.</summary>
    public void Tokens(ImmutableArray<Token> tokens)
    {
        Count(tokens.Length);
        var previous = 0L;
        foreach (var token in tokens)
        {
            Signed(unchecked(token.Value - previous));
            previous = token.Value;
        }
    }

    public void Options(ImmutableSortedDictionary<string, string> options) => List([.. options], static (part, option) =>
    {
        part.Text(option.Key);
        part.Text(option.Value);
    });

    private Span<byte> Take(int count)
    {
        if (_bytes.Length - Length < count)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        }

        var span = _bytes.AsSpan(Length, count);
        Length += count;
        return span;
    }
}
