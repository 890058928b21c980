using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using CqlDriver.Types;

namespace CqlDriver.Protocol;

/// <summary>
/// Wraps frames in v5 segments, in the buffer they were written to: <see cref="Open"/> leaves a gap for the header, the
/// caller appends whole frames, <see cref="Close"/> fills the gap and appends the checksum. Nothing is copied as long as
/// the frames fit one segment and are not compressed; beyond that they are regrouped, and a frame longer than a segment
/// is spread over several that are not self-contained. A caller that closes every some tens of kilobytes never pays for that.
/// </summary>
internal readonly struct SegmentWriter(bool lz4)
{
    /// <summary>Below this, compressing costs more than the bytes it saves.</summary>
    private const int MinBytesToCompress = 64;

    /// <summary>Starts a segment at the end of the buffer. Returns the position that <see cref="Close"/> wants.</summary>
    public int Open(GrowableBuffer buffer)
    {
        var start = buffer.Length;
        buffer.Append(SegmentFormat.HeaderSize(lz4));
        return start;
    }

    /// <summary>Ends the segment, or makes several of it. Without any frame in it, the gap is taken back.</summary>
    public void Close(GrowableBuffer buffer, int start)
    {
        var payload = start + SegmentFormat.HeaderSize(lz4);
        var length = buffer.Length - payload;
        if (length == 0)
        {
            buffer.Truncate(start);
        }
        else if (length <= SegmentFormat.MaxPayloadBytes)
        {
            Finish(buffer, start, isSelfContained: true);
        }
        else
        {
            Regroup(buffer, start, payload, length);
        }
    }

    private void Regroup(GrowableBuffer buffer, int start, int payload, int length)
    {
        var copy = ArrayPool<byte>.Shared.Rent(length);
        var frames = copy.AsSpan(0, length);
        buffer.WrittenSpan.Slice(payload, length).CopyTo(frames);
        buffer.Truncate(start);
        while (!frames.IsEmpty)
        {
            var group = LengthOfWholeFrames(frames);
            var isSelfContained = group <= SegmentFormat.MaxPayloadBytes;
            for (var left = frames[..group]; !left.IsEmpty;)
            {
                var part = left[..Math.Min(left.Length, SegmentFormat.MaxPayloadBytes)];
                var segment = Open(buffer);
                buffer.Write(part);
                Finish(buffer, segment, isSelfContained);
                left = left[part.Length..];
            }

            frames = frames[group..];
        }

        ArrayPool<byte>.Shared.Return(copy);
    }

    /// <summary>As many whole frames as one segment holds, or the one frame that no segment holds.</summary>
    private static int LengthOfWholeFrames(ReadOnlySpan<byte> frames)
    {
        var length = 0;
        while (length < frames.Length)
        {
            var frame = FrameHeader.Size + FrameHeader.Read(frames[length..]).BodyLength;
            Debug.Assert(length + frame <= frames.Length, "Only whole frames are appended to a segment.");
            if (length + frame > SegmentFormat.MaxPayloadBytes)
            {
                return length == 0 ? frame : length;
            }

            length += frame;
        }

        return length;
    }

    private void Finish(GrowableBuffer buffer, int start, bool isSelfContained)
    {
        var payload = start + SegmentFormat.HeaderSize(lz4);
        var uncompressed = lz4 ? Compress(buffer, payload) : 0;
        SegmentFormat.WriteHeader(buffer.MutableSpan[start..], lz4, buffer.Length - payload, uncompressed, isSelfContained);
        var crc = Crc32.OfPayload(buffer.WrittenSpan[payload..]);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer.Append(SegmentFormat.TrailerSize), crc);
    }

    /// <summary>Compresses the payload in place when that makes it shorter. Returns its old length, or 0 when it stayed as it was.</summary>
    private static int Compress(GrowableBuffer buffer, int payload)
    {
        var length = buffer.Length - payload;
        if (length < MinBytesToCompress)
        {
            return 0;
        }

        var end = buffer.Length;
        buffer.Append(Lz4Block.MaxCompressedLength(length));
        var bytes = buffer.MutableSpan;
        var written = Lz4Block.Compress(bytes[payload..end], bytes[end..]);
        if (written >= length)
        {
            buffer.Truncate(end);
            return 0;
        }

        bytes.Slice(end, written).CopyTo(bytes[payload..]);
        buffer.Truncate(payload + written);
        return length;
    }
}
