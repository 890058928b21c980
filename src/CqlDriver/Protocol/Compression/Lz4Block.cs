using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace CqlDriver.Protocol;

/// <summary>
/// The LZ4 block format: a token (literal length, match length - 4), literals, a 16-bit offset back, and so on; the last
/// sequence is literals only. Safe on hostile input: every length is checked against both sides before a byte is copied, and
/// an offset of 0, which the format calls invalid, is refused.
/// </summary>
internal static class Lz4Block
{
    private const int MinMatch = 4;
    private const int MaxOffset = ushort.MaxValue;

    /// <summary>The last match starts at least this far from the end, and the last five bytes are literals (format, "end of block").</summary>
    private const int LastMatchStart = 12;

    private const int LastLiterals = 5;
    private const int RunMask = 15;

    /// <summary>How fast the search gives up on bytes that do not repeat: one more step for each 64 failures.</summary>
    private const int SkipTrigger = 6;

    public static int MaxCompressedLength(int length) => length + (length / 255) + 16;

    /// <summary>Compresses a block. The destination has at least <see cref="MaxCompressedLength"/> bytes. Returns the bytes written.</summary>
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        Debug.Assert(destination.Length >= MaxCompressedLength(source.Length), "The worst case fits.");
        var written = 0;
        var anchor = 0;
        if (source.Length > LastMatchStart)
        {
            var table = new MatchTable(source.Length);
            var lastStart = source.Length - LastMatchStart;
            var misses = 1 << SkipTrigger;
            for (var position = 0; position <= lastStart;)
            {
                var four = MatchTable.Four(source, position);
                var match = table.Exchange(four, position);
                if (match < 0 || position - match > MaxOffset || MatchTable.Four(source, match) != four)
                {
                    position += misses++ >> SkipTrigger;
                    continue;
                }

                misses = 1 << SkipTrigger;
                var limit = source.Length - LastLiterals;
                var length = MinMatch + MatchTable.LengthOfMatch(source, match + MinMatch, position + MinMatch, limit);
                written = WriteLiterals(source, anchor, position - anchor, Math.Min(length - MinMatch, RunMask), destination, written);
                written = WriteMatch(length - MinMatch, position - match, destination, written);
                position += length;
                anchor = position;
            }
        }

        return WriteLiterals(source, anchor, source.Length - anchor, 0, destination, written);
    }

    /// <summary>Decompresses a block that yields exactly the length of the destination.</summary>
    /// <exception cref="CqlProtocolException">The block is malformed, or yields another length.</exception>
    public static void Decompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var read = 0;
        var written = 0;
        while (true)
        {
            if (read >= source.Length)
            {
                Throw("ends before its last literals", read, written);
            }

            int token = source[read++];
            var literals = ReadLength(source, ref read, token >> 4, written);
            if (literals > source.Length - read || literals > destination.Length - written)
            {
                Throw($"has {literals} literals where they do not fit", read, written);
            }

            BlockCopy.Literals(source, read, destination, written, literals);
            read += literals;
            written += literals;
            if (read == source.Length)
            {
                break;
            }

            if (source.Length - read < 2)
            {
                Throw("ends within an offset", read, written);
            }

            var offset = source[read] | (source[read + 1] << 8);
            read += 2;
            if (offset == 0 || offset > written)
            {
                Throw($"has a match {offset} bytes back", read, written);
            }

            var length = ReadLength(source, ref read, token & RunMask, written);
            if (length > destination.Length - written - MinMatch)
            {
                Throw($"has a match of {length + (long)MinMatch} bytes where it does not fit", read, written);
            }

            BlockCopy.Repeat(destination, written, offset, length + MinMatch);
            written += length + MinMatch;
        }

        if (written != destination.Length)
        {
            throw new CqlProtocolException($"An LZ4 block of {source.Length} bytes yields {written} bytes; {destination.Length} were announced.");
        }
    }

    private static int ReadLength(ReadOnlySpan<byte> source, ref int read, int length, int written)
    {
        if (length < RunMask)
        {
            return length;
        }

        byte more;
        do
        {
            if (read >= source.Length)
            {
                Throw("ends within a length", read, written);
            }

            more = source[read++];
            length += more;             // at most 255 for each byte of input: no overflow below 8 MiB of input
            if (length < 0)
            {
                Throw("has a length beyond 2 GiB", read, written);
            }
        }
        while (more == 255);

        return length;
    }

    private static int WriteLiterals(ReadOnlySpan<byte> source, int start, int count, int lowNibble, Span<byte> destination, int written)
    {
        destination[written++] = (byte)((Math.Min(count, RunMask) << 4) | lowNibble);
        written = WriteRest(count, destination, written);
        BlockCopy.Literals(source, start, destination, written, count);
        return written + count;
    }

    private static int WriteMatch(int extraLength, int offset, Span<byte> destination, int written)
    {
        destination[written] = (byte)offset;
        destination[written + 1] = (byte)(offset >> 8);
        return WriteRest(extraLength, destination, written + 2);
    }

    private static int WriteRest(int length, Span<byte> destination, int written)
    {
        if (length < RunMask)
        {
            return written;
        }

        for (length -= RunMask; length >= 255; length -= 255)
        {
            destination[written++] = 255;
        }

        destination[written++] = (byte)length;
        return written;
    }

    [DoesNotReturn]
    private static void Throw(string what, int read, int written) =>
        throw new CqlProtocolException($"An LZ4 block {what} (at byte {read}, {written} bytes decompressed).");
}
