using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace CqlDriver.Protocol;

/// <summary>
/// The raw Snappy format: the uncompressed length as a varint, then elements whose lowest two bits say literal or copy with
/// an offset of 11, 16 or 32 bits. Safe on hostile input, as <see cref="Lz4Block"/>.
/// </summary>
internal static class SnappyBlock
{
    private const int MinMatch = 4;
    private const int MaxOffset = ushort.MaxValue;
    private const int LongestCopy = 64;
    private const int SkipTrigger = 5;
    private const int Literal = 0;
    private const int CopyWith1 = 1;
    private const int CopyWith2 = 2;

    public static int MaxCompressedLength(int length) => 32 + length + (length / 6);

    /// <summary>Compresses a block. The destination has at least <see cref="MaxCompressedLength"/> bytes. Returns the bytes written.</summary>
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        Debug.Assert(destination.Length >= MaxCompressedLength(source.Length), "The worst case fits.");
        var written = WriteVarint((uint)source.Length, destination);
        var anchor = 0;
        if (source.Length > MinMatch)
        {
            var table = new MatchTable(source.Length);
            var misses = 1 << SkipTrigger;
            for (var position = 0; position <= source.Length - MinMatch;)
            {
                var four = MatchTable.Four(source, position);
                var match = table.Exchange(four, position);
                if (match < 0 || position - match > MaxOffset || MatchTable.Four(source, match) != four)
                {
                    position += misses++ >> SkipTrigger;
                    continue;
                }

                misses = 1 << SkipTrigger;
                var length = MinMatch + MatchTable.LengthOfMatch(source, match + MinMatch, position + MinMatch, source.Length);
                written += WriteLiteral(source[anchor..position], destination[written..]);
                written += WriteCopies(position - match, length, destination[written..]);
                position += length;
                anchor = position;
            }
        }

        return written + WriteLiteral(source[anchor..], destination[written..]);
    }

    /// <summary>The length that a block states for itself.</summary>
    public static uint DecompressedLength(ReadOnlySpan<byte> source)
    {
        var read = 0;
        return ReadVarint(source, ref read);
    }

    /// <summary>Decompresses a block that states and yields exactly the length of the destination.</summary>
    /// <exception cref="CqlProtocolException">The block is malformed, or yields another length.</exception>
    public static void Decompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var read = 0;
        var stated = ReadVarint(source, ref read);
        var written = 0;
        while (read < source.Length)
        {
            int tag = source[read++];
            if ((tag & 3) == Literal)
            {
                var length = ReadLiteralLength(source, ref read, tag >> 2, written);
                if (length > source.Length - read || length > destination.Length - written)
                {
                    Throw($"has {length} literals where they do not fit", read, written);
                }

                BlockCopy.Literals(source, read, destination, written, (int)length);
                read += (int)length;
                written += (int)length;
            }
            else
            {
                var (length, offset) = ReadCopy(source, ref read, tag, written);
                if (offset == 0 || offset > written || length > destination.Length - written)
                {
                    Throw($"has a copy of {length} from {offset} bytes back", read, written);
                }

                BlockCopy.Repeat(destination, written, (int)offset, length);
                written += length;
            }
        }

        if (written != destination.Length || written != stated)
        {
            throw new CqlProtocolException($"A Snappy block of {source.Length} bytes states {stated} bytes and yields {written}; {destination.Length} were expected.");
        }
    }

    private static uint ReadVarint(ReadOnlySpan<byte> source, ref int read)
    {
        ulong value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            if (read >= source.Length)
            {
                Throw("ends within its length", read, 0);
            }

            var next = source[read++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                if (value > int.MaxValue)
                {
                    Throw($"states {value} bytes", read, 0);
                }

                return (uint)value;
            }
        }

        Throw("has a length of more than 5 bytes", read, 0);
        return 0;
    }

    private static long ReadLiteralLength(ReadOnlySpan<byte> source, ref int read, int code, int written)
    {
        if (code < 60)
        {
            return code + 1;
        }

        return LittleEndian(source, ref read, code - 59, written) + 1L;
    }

    private static (int Length, uint Offset) ReadCopy(ReadOnlySpan<byte> source, ref int read, int tag, int written) => (tag & 3) switch
    {
        CopyWith1 => (((tag >> 2) & 7) + MinMatch, ((uint)(tag >> 5) << 8) | LittleEndian(source, ref read, 1, written)),
        CopyWith2 => ((tag >> 2) + 1, LittleEndian(source, ref read, 2, written)),
        _ => ((tag >> 2) + 1, LittleEndian(source, ref read, 4, written)),
    };

    private static uint LittleEndian(ReadOnlySpan<byte> source, ref int read, int count, int written)
    {
        if (count > source.Length - read)
        {
            Throw("ends within an element", read, written);
        }

        var value = 0u;
        for (var i = 0; i < count; i++)
        {
            value |= (uint)source[read++] << (8 * i);
        }

        return value;
    }

    private static int WriteVarint(uint value, Span<byte> destination)
    {
        var written = 0;
        for (; value >= 0x80; value >>= 7)
        {
            destination[written++] = (byte)(value | 0x80);
        }

        destination[written++] = (byte)value;
        return written;
    }

    private static int WriteLiteral(ReadOnlySpan<byte> literals, Span<byte> destination)
    {
        if (literals.IsEmpty)
        {
            return 0;
        }

        var last = (uint)literals.Length - 1;
        var written = 1;
        if (last < 60)
        {
            destination[0] = (byte)(last << 2);
        }
        else
        {
            for (var rest = last; rest > 0; rest >>= 8)
            {
                destination[written++] = (byte)rest;
            }

            destination[0] = (byte)((58 + written) << 2);
        }

        literals.CopyTo(destination[written..]);
        return written + literals.Length;
    }

    private static int WriteCopies(int offset, int length, Span<byte> destination)
    {
        var written = 0;
        while (length > 0)
        {
            // A rest below four bytes has no short form; the copy before it is cut so that the rest has at least four.
            var part = length <= LongestCopy ? length : length < LongestCopy + MinMatch ? LongestCopy - MinMatch : LongestCopy;
            destination[written++] = (byte)(((part - 1) << 2) | CopyWith2);
            destination[written++] = (byte)offset;
            destination[written++] = (byte)(offset >> 8);
            length -= part;
        }

        return written;
    }

    [DoesNotReturn]
    private static void Throw(string what, int read, int written) =>
        throw new CqlProtocolException($"A Snappy block {what} (at byte {read}, {written} bytes decompressed).");
}
