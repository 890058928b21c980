using System.Buffers.Binary;

namespace CqlDriver.Protocol;

/// <summary>Flags of a frame header (native protocol v5, section 2.2).</summary>
[Flags]
internal enum FrameFlags : byte
{
    None = 0,
    Compressed = 0x01,
    Tracing = 0x02,
    CustomPayload = 0x04,
    Warning = 0x08,
    Beta = 0x10,
}

/// <summary>The nine bytes before each message: version and direction, flags, stream, opcode, body length (v5, section 2).</summary>
internal readonly record struct FrameHeader(byte Version, bool IsResponse, FrameFlags Flags, short Stream, Opcode Opcode, int BodyLength)
{
    public const int Size = 9;

    public static FrameHeader Read(ReadOnlySpan<byte> bytes) => new(
        (byte)(bytes[0] & 0x7F),
        (bytes[0] & 0x80) != 0,
        (FrameFlags)bytes[1],
        BinaryPrimitives.ReadInt16BigEndian(bytes[2..]),
        (Opcode)bytes[4],
        BinaryPrimitives.ReadInt32BigEndian(bytes[5..]));

    public void Write(Span<byte> destination)
    {
        destination[0] = (byte)(Version | (IsResponse ? 0x80 : 0));
        destination[1] = (byte)Flags;
        BinaryPrimitives.WriteInt16BigEndian(destination[2..], Stream);
        destination[4] = (byte)Opcode;
        BinaryPrimitives.WriteInt32BigEndian(destination[5..], BodyLength);
    }
}
