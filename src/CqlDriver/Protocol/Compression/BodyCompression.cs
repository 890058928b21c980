using System.Buffers.Binary;
using CqlDriver.Types;

namespace CqlDriver.Protocol;

/// <summary>
/// Compression of frame bodies, as v4 has it (v4, section 5): a flag in the header, and for LZ4 the uncompressed length
/// before the block. On v5 the segments are compressed instead, and frames never are.
/// </summary>
internal static class BodyCompression
{
    /// <summary>Below this, compressing costs more than the bytes it saves.</summary>
    private const int MinBytesToCompress = 64;

    private const int Lz4LengthSize = 4;
    private const int FirstVersionWithSegments = 5;

    /// <summary>An LZ4 block of n bytes says at most 255 n; anything beyond is a lie, found before memory is rented for it.</summary>
    private const int MaxLz4Ratio = 255;

    /// <summary>A snappy element says at most 64 bytes in 3.</summary>
    private const int MaxSnappyRatio = 22;

    /// <summary>
    /// Whether the body of a frame is compressed. On v5 never: clients exist that set the flag there all the same, and it means nothing.
    /// </summary>
    public static bool IsCompressed(in FrameHeader header) => (header.Flags & FrameFlags.Compressed) != 0 && header.Version < FirstVersionWithSegments;

    /// <summary>Compresses the body of the frame that lies from <paramref name="frameStart"/> to the end of the buffer, when that makes it shorter.</summary>
    public static void CompressLastFrame(GrowableBuffer buffer, int frameStart, FrameCompression compression)
    {
        var body = frameStart + FrameHeader.Size;
        var length = buffer.Length - body;
        if (compression == FrameCompression.None || length < MinBytesToCompress)
        {
            return;
        }

        var end = buffer.Length;
        var scratch = Lz4LengthSize + (compression == FrameCompression.Lz4 ? Lz4Block.MaxCompressedLength(length) : SnappyBlock.MaxCompressedLength(length));
        buffer.Append(scratch);
        var bytes = buffer.MutableSpan;
        var written = Compress(compression, bytes[body..end], bytes[end..]);
        if (written >= length)
        {
            buffer.Truncate(end);
            return;
        }

        bytes.Slice(end, written).CopyTo(bytes[body..]);
        buffer.Truncate(body + written);
        var header = FrameHeader.Read(bytes[frameStart..]);
        (header with { Flags = header.Flags | FrameFlags.Compressed, BodyLength = written }).Write(bytes[frameStart..]);
    }

    /// <summary>The length of a compressed body once decompressed: never beyond what its bytes can say, nor the limit.</summary>
    public static int DecompressedLength(FrameCompression compression, ReadOnlySpan<byte> body, int maxBodyBytes)
    {
        long length;
        long most;
        switch (compression)
        {
            case FrameCompression.Lz4 when body.Length >= Lz4LengthSize:
                length = BinaryPrimitives.ReadInt32BigEndian(body);
                most = (body.Length - Lz4LengthSize) * (long)MaxLz4Ratio;
                break;
            case FrameCompression.Lz4:
                throw new CqlProtocolException($"An LZ4 body of {body.Length} bytes has no room for its length.");
            case FrameCompression.Snappy:
                length = SnappyBlock.DecompressedLength(body);
                most = body.Length * (long)MaxSnappyRatio;
                break;
            default:
                throw new CqlProtocolException("A frame is compressed on a connection that negotiated no compression.");
        }

        if (length < 0 || length > Math.Min(most, maxBodyBytes))
        {
            throw new CqlProtocolException(
                $"A {compression} body of {body.Length} bytes claims {length} uncompressed; at most {most} can be in it, and {maxBodyBytes} is the limit.");
        }

        return (int)length;
    }

    /// <summary>Decompresses a body into exactly <see cref="DecompressedLength"/> bytes.</summary>
    public static void Decompress(FrameCompression compression, ReadOnlySpan<byte> body, Span<byte> destination)
    {
        if (compression == FrameCompression.Lz4)
        {
            Lz4Block.Decompress(body[Lz4LengthSize..], destination);
        }
        else
        {
            SnappyBlock.Decompress(body, destination);
        }
    }

    private static int Compress(FrameCompression compression, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (compression == FrameCompression.Snappy)
        {
            return SnappyBlock.Compress(source, destination);
        }

        BinaryPrimitives.WriteInt32BigEndian(destination, source.Length);
        return Lz4LengthSize + Lz4Block.Compress(source, destination[Lz4LengthSize..]);
    }
}
