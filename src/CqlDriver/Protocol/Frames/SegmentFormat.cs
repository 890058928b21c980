using System.Buffers.Binary;

namespace CqlDriver.Protocol;

/// <summary>
/// The layout of v5 segments (v5, section 2): a header of 6 bytes, or 8 on a connection with LZ4, a payload, and the
/// payload's CRC-32. Unlike all else in the protocol, header and trailer are little-endian. Header bits, from the lowest:
/// payload length (17), with LZ4 the uncompressed length (17; 0: left uncompressed), self-contained (1), unused; then CRC-24.
/// </summary>
internal static class SegmentFormat
{
    public const int MaxPayloadBytes = (1 << 17) - 1;
    public const int TrailerSize = 4;
    public const int PlainHeaderSize = 6;
    public const int Lz4HeaderSize = 8;
    private const int LengthBits = 17;
    private const int CrcSize = 3;

    public static int HeaderSize(bool lz4) => lz4 ? Lz4HeaderSize : PlainHeaderSize;

    /// <summary>Writes a header to the start of <paramref name="destination"/>.</summary>
    /// <param name="destination">At least as long as the header.</param>
    /// <param name="lz4">Which of the two layouts.</param>
    /// <param name="payloadLength">Bytes between header and trailer.</param>
    /// <param name="uncompressedLength">0: the payload is not compressed. Ignored without LZ4.</param>
    /// <param name="isSelfContained">Whether the payload is whole messages, not a part of one.</param>
    public static void WriteHeader(Span<byte> destination, bool lz4, int payloadLength, int uncompressedLength, bool isSelfContained)
    {
        var bits = (ulong)(uint)payloadLength;
        var used = LengthBits;
        if (lz4)
        {
            bits |= (ulong)(uint)uncompressedLength << LengthBits;
            used += LengthBits;
        }

        bits |= isSelfContained ? 1UL << used : 0;
        var size = HeaderSize(lz4) - CrcSize;
        Span<byte> little = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(little, bits);
        little[..size].CopyTo(destination);
        var crc = Crc24.Compute(little[..size]);
        destination[size] = (byte)crc;
        destination[size + 1] = (byte)(crc >> 8);
        destination[size + 2] = (byte)(crc >> 16);
    }

    /// <summary>Reads and verifies a header that is there as a whole.</summary>
    public static SegmentHeader ReadHeader(ReadOnlySpan<byte> source, bool lz4)
    {
        var size = HeaderSize(lz4) - CrcSize;
        var expected = source[size] | (source[size + 1] << 8) | (source[size + 2] << 16);
        var actual = Crc24.Compute(source[..size]);
        if (expected != actual)
        {
            throw new CqlProtocolException($"A segment's header has the wrong checksum: 0x{expected:x6}, computed 0x{actual:x6}.");
        }

        Span<byte> little = stackalloc byte[8];
        little.Clear();
        source[..size].CopyTo(little);
        var bits = BinaryPrimitives.ReadUInt64LittleEndian(little);
        var payloadLength = (int)(bits & MaxPayloadBytes);
        var uncompressedLength = lz4 ? (int)(bits >> LengthBits) & MaxPayloadBytes : 0;
        var isSelfContained = ((bits >> (lz4 ? 2 * LengthBits : LengthBits)) & 1) != 0;
        return new SegmentHeader(payloadLength, uncompressedLength, isSelfContained);
    }
}

/// <summary>The content of a segment's header.</summary>
internal readonly record struct SegmentHeader(int PayloadLength, int UncompressedLength, bool IsSelfContained);
