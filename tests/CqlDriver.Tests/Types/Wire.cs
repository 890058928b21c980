using System.Buffers.Binary;
using CqlDriver.Types;

namespace CqlDriver.Tests.Types;

/// <summary>Values to bytes and back, as a request and a row do it.</summary>
internal static class Wire
{
    /// <summary>The bytes with their length.</summary>
    public static byte[] Write<T>(CqlType type, T value, CodecRegistry? codecs = null)
    {
        using var buffer = new GrowableBuffer();
        (codecs ?? CodecRegistry.Default).WriteValue(buffer, type, value);
        return buffer.WrittenSpan.ToArray();
    }

    public static byte[] Content<T>(CqlType type, T value, CodecRegistry? codecs = null)
    {
        var bytes = Write(type, value, codecs);
        BinaryPrimitives.ReadInt32BigEndian(bytes).Should().Be(bytes.Length - 4);
        return bytes[4..];
    }

    public static T Read<T>(CqlType type, byte[]? content, CodecRegistry? codecs = null) =>
        (codecs ?? CodecRegistry.Default).ReadValue<T>(content, content is null, type);

    public static T Through<T>(CqlType type, T value, CodecRegistry? codecs = null) => Read<T>(type, Content(type, value, codecs), codecs);

    public static CqlValueException Refused(Action action) => FluentActions.Invoking(action).Should().Throw<CqlValueException>().Which;
}
