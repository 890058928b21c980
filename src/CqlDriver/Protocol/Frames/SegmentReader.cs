using System.Buffers;
using System.Buffers.Binary;

namespace CqlDriver.Protocol;

/// <summary>
/// Takes v5 segments from what a socket has brought. A payload that lies in one piece and is not compressed is handed
/// out where it lies; otherwise it is gathered or decompressed into memory of this reader, and stands until the next call.
/// One reader per connection, used by its read loop alone. At most 2 × 128 KiB are kept, rented when first needed.
/// </summary>
internal sealed class SegmentReader(bool lz4) : IDisposable
{
    private byte[] _gathered = [];
    private byte[] _decompressed = [];

    /// <summary>Takes the segment at the start of <paramref name="bytes"/>. False: more bytes are needed.</summary>
    /// <exception cref="CqlProtocolException">A checksum is wrong, or the payload does not decompress. Nothing after it can be trusted.</exception>
    public bool TryRead(ReadOnlySpan<byte> bytes, out Segment segment)
    {
        segment = default;
        var headerSize = SegmentFormat.HeaderSize(lz4);
        if (bytes.Length < headerSize)
        {
            return false;
        }

        var header = SegmentFormat.ReadHeader(bytes, lz4);
        var total = headerSize + header.PayloadLength + SegmentFormat.TrailerSize;
        if (bytes.Length < total)
        {
            return false;
        }

        segment = Open(bytes[..total], headerSize, header);
        return true;
    }

    /// <summary>The same from memory in pieces.</summary>
    public bool TryRead(in ReadOnlySequence<byte> bytes, out Segment segment)
    {
        if (TryRead(bytes.FirstSpan, out segment))
        {
            return true;
        }

        if (bytes.IsSingleSegment)
        {
            return false;
        }

        var headerSize = SegmentFormat.HeaderSize(lz4);
        if (bytes.Length < headerSize)
        {
            return false;
        }

        Span<byte> start = stackalloc byte[SegmentFormat.Lz4HeaderSize];
        bytes.Slice(0, headerSize).CopyTo(start);
        var header = SegmentFormat.ReadHeader(start, lz4);
        var total = headerSize + header.PayloadLength + SegmentFormat.TrailerSize;
        if (bytes.Length < total)
        {
            return false;
        }

        var gathered = Memory(ref _gathered, total);
        bytes.Slice(0, total).CopyTo(gathered);
        segment = Open(gathered, headerSize, header);
        return true;
    }

    public void Dispose()
    {
        Release(ref _gathered);
        Release(ref _decompressed);
    }

    private Segment Open(ReadOnlySpan<byte> whole, int headerSize, SegmentHeader header)
    {
        var payload = whole.Slice(headerSize, header.PayloadLength);
        var expected = BinaryPrimitives.ReadUInt32LittleEndian(whole[^SegmentFormat.TrailerSize..]);
        var actual = Crc32.OfPayload(payload);
        if (expected != actual)
        {
            throw new CqlProtocolException($"A segment's payload of {payload.Length} bytes has the wrong checksum: 0x{expected:x8}, computed 0x{actual:x8}.");
        }

        if (header.UncompressedLength > 0)
        {
            var plain = Memory(ref _decompressed, header.UncompressedLength);
            Lz4Block.Decompress(payload, plain);
            payload = plain;
        }

        return new Segment(payload, header.IsSelfContained, whole.Length);
    }

    /// <summary>Segments are at most 128 KiB long, so their lengths may be believed: one rent serves for the connection's life.</summary>
    private static Span<byte> Memory(ref byte[] array, int length)
    {
        if (array.Length < length)
        {
            Release(ref array);
            array = ArrayPool<byte>.Shared.Rent(SegmentFormat.Lz4HeaderSize + SegmentFormat.MaxPayloadBytes + SegmentFormat.TrailerSize);
        }

        return array.AsSpan(0, length);
    }

    private static void Release(ref byte[] array)
    {
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
            array = [];
        }
    }
}

/// <summary>A segment that was taken.</summary>
internal readonly ref struct Segment(ReadOnlySpan<byte> payload, bool isSelfContained, int consumed)
{
    /// <summary>Whole frames, or a part of one.</summary>
    public ReadOnlySpan<byte> Payload { get; } = payload;

    /// <summary>True: the payload is whole frames. False: it is a part of one frame.</summary>
    public bool IsSelfContained { get; } = isSelfContained;

    /// <summary>How many bytes the segment took, header and trailer included.</summary>
    public int Consumed { get; } = consumed;
}
