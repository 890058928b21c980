using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CqlDriver.Types;

/// <summary>text as UTF-8 and ascii as US-ASCII, both strict: what cannot be said in them is an error, no question mark.</summary>
internal sealed class StringConverter : ValueConverter<string>
{
    private const int LongestGuess = 1024;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, string value)
    {
        switch (type.Kind)
        {
            case CqlTypeKind.Text:
                WriteUtf8(buffer, type, value);
                break;
            case CqlTypeKind.Ascii:
                if (!Ascii.IsValid(value))
                {
                    throw CannotWrite(type, "the text has characters beyond US-ASCII");
                }

                Encoding.ASCII.GetBytes(value, buffer.Append(value.Length));
                break;
            default:
                throw CannotWrite(type);
        }
    }

    public override string Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        switch (type.Kind)
        {
            case CqlTypeKind.Text:
                return AsciiText.TryRead(content, out var text) ? text : ReadUtf8(content, type);
            case CqlTypeKind.Ascii:
                return AsciiText.TryRead(content, out var ascii) ? ascii : throw CannotRead(type, "the bytes are not US-ASCII");
            default:
                throw CannotRead(type);
        }
    }

    private static string ReadUtf8(ReadOnlySpan<byte> content, CqlType type)
    {
        try
        {
            return Utf8.GetString(content);
        }
        catch (ArgumentException)
        {
            throw CannotRead(type, "the bytes are not UTF-8");
        }
    }

    private static void WriteUtf8(GrowableBuffer buffer, CqlType type, string value)
    {
        try
        {
            // Short texts are encoded into the most they can need; long ones are counted first, to not grow for nothing.
            var room = value.Length <= LongestGuess ? value.Length * 3 : Utf8.GetByteCount(value);
            buffer.Advance(Utf8.GetBytes(value, buffer.GetSpan(room)));
        }
        catch (ArgumentException)
        {
            throw CannotWrite(type, "the text has half a surrogate pair, which UTF-8 cannot hold");
        }
    }
}

/// <summary>blob, and custom types: bytes are copied both ways.</summary>
internal sealed class ByteArrayConverter : ValueConverter<byte[]>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, byte[] value) =>
        buffer.Write(IsBytes(type) ? value : throw CannotWrite(type));

    public override byte[] Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) =>
        IsBytes(type) ? content.ToArray() : throw CannotRead(type);

    internal static bool IsBytes(CqlType type) => type.Kind is CqlTypeKind.Blob or CqlTypeKind.Custom;
}

internal sealed class ReadOnlyMemoryConverter : ValueConverter<ReadOnlyMemory<byte>>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, ReadOnlyMemory<byte> value) =>
        buffer.Write(ByteArrayConverter.IsBytes(type) ? value.Span : throw CannotWrite(type));

    public override ReadOnlyMemory<byte> Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) =>
        ByteArrayConverter.IsBytes(type) ? content.ToArray() : throw CannotRead(type);
}

internal sealed class MemoryConverter : ValueConverter<Memory<byte>>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, Memory<byte> value) =>
        buffer.Write(ByteArrayConverter.IsBytes(type) ? value.Span : throw CannotWrite(type));

    public override Memory<byte> Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) =>
        ByteArrayConverter.IsBytes(type) ? content.ToArray() : throw CannotRead(type);
}

internal sealed class IPAddressConverter : ValueConverter<IPAddress>
{
    private const int IPv4Size = 4;
    private const int IPv6Size = 16;

    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, IPAddress value)
    {
        if (type.Kind != CqlTypeKind.Inet)
        {
            throw CannotWrite(type);
        }

        if (value.AddressFamily == AddressFamily.InterNetworkV6 && value.ScopeId != 0)
        {
            throw CannotWrite(type, "the address has a scope id, which inet cannot hold");
        }

        value.TryWriteBytes(buffer.Append(value.AddressFamily == AddressFamily.InterNetwork ? IPv4Size : IPv6Size), out _);
    }

    public override IPAddress Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        if (type.Kind != CqlTypeKind.Inet)
        {
            throw CannotRead(type);
        }

        return content.Length is IPv4Size or IPv6Size
            ? new IPAddress(content)
            : throw CannotRead(type, $"the value has {content.Length} bytes where 4 or 16 are due");
    }
}
