using System.Buffers.Binary;
using CqlDriver.Types;

namespace CqlDriver.LoadBench.Answerer;

/// <summary>
/// Packs frames into self-contained, uncompressed v5 segments (v5, section 2.2). Frames must fit one segment; on v4 it
/// stays empty and costs nothing.
/// </summary>
internal sealed class SegmentedOutput
{
    public const int HeaderBytes = 6;
    public const int OverheadBytes = HeaderBytes + 4;

    private const int MaxPayloadBytes = (1 << 17) - 1;
    private const int SelfContained = 1 << 17;
    private const int Crc24Initial = 0x875060;
    private const int Crc24Polynomial = 0x1974F0B;

    private static readonly uint[][] Crc32Tables = MakeCrc32Tables();

    /// <summary>Frames go here.</summary>
    public GrowableBuffer Payload { get; } = new();

    /// <summary>The length of the payload a segment header announces; false while the header is not complete.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> input, out int payloadLength)
    {
        payloadLength = input.Length < HeaderBytes ? 0 : (input[0] | (input[1] << 8) | (input[2] << 16)) & MaxPayloadBytes;
        return input.Length >= HeaderBytes;
    }

    /// <summary>Makes room for a frame: seals the segment when the frame would not fit it.</summary>
    public void Reserve(int frameBytes, GrowableBuffer output)
    {
        if (Payload.Length + frameBytes > MaxPayloadBytes)
        {
            Seal(output);
        }
    }

    /// <summary>Appends the pending frames as one segment.</summary>
    public void Seal(GrowableBuffer output)
    {
        if (Payload.Length == 0)
        {
            return;
        }

        var header = Payload.Length | SelfContained;
        Write24(output.Append(3), header);
        Write24(output.Append(3), Crc24(header));
        output.Write(Payload.WrittenSpan);
        BinaryPrimitives.WriteUInt32LittleEndian(output.Append(4), Crc32(Payload.WrittenSpan));
        Payload.Clear();
    }

    private static void Write24(Span<byte> destination, int value)
    {
        destination[0] = (byte)value;
        destination[1] = (byte)(value >> 8);
        destination[2] = (byte)(value >> 16);
    }

    private static int Crc24(int header)
    {
        var crc = Crc24Initial;
        for (var i = 0; i < 3; i++, header >>= 8)
        {
            crc ^= (header & 0xFF) << 16;
            for (var bit = 0; bit < 8; bit++)
            {
                crc <<= 1;
                crc ^= (crc & 0x1000000) != 0 ? Crc24Polynomial : 0;
            }
        }

        return crc;
    }

    /// <summary>CRC-32 (IEEE) after the four bytes FA 2D 55 CA, eight bytes at a time.</summary>
    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in (ReadOnlySpan<byte>)[0xFA, 0x2D, 0x55, 0xCA])
        {
            crc = Crc32Tables[0][(byte)(crc ^ value)] ^ (crc >> 8);
        }

        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            var low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc;
            var high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = Crc32Tables[7][(byte)low] ^ Crc32Tables[6][(byte)(low >> 8)] ^ Crc32Tables[5][(byte)(low >> 16)] ^ Crc32Tables[4][low >> 24]
                ^ Crc32Tables[3][(byte)high] ^ Crc32Tables[2][(byte)(high >> 8)] ^ Crc32Tables[1][(byte)(high >> 16)] ^ Crc32Tables[0][high >> 24];
        }

        foreach (var value in bytes)
        {
            crc = Crc32Tables[0][(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return ~crc;
    }

    private static uint[][] MakeCrc32Tables()
    {
        var tables = Enumerable.Range(0, 8).Select(_ => new uint[256]).ToArray();
        for (uint i = 0; i < 256; i++)
        {
            var crc = i;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
            }

            tables[0][i] = crc;
        }

        for (var i = 0; i < 256; i++)
        {
            for (var table = 1; table < 8; table++)
            {
                tables[table][i] = tables[0][(byte)tables[table - 1][i]] ^ (tables[table - 1][i] >> 8);
            }
        }

        return tables;
    }
}
