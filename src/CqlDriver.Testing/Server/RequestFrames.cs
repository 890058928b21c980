using System.Buffers;
using CqlDriver.Protocol;

namespace CqlDriver.Testing.Server;

/// <summary>Cuts what a socket brings into request frames: plain or, after STARTUP on v5, out of segments. Used by one read loop.</summary>
internal sealed class RequestFrames(int maxFrameBytes) : IDisposable
{
    private FrameCompression _compression;
    private SegmentReader? _segments;
    private FrameAssembler? _assembler;

    /// <summary>Takes a frame.</summary>
    public delegate void FrameHandler(in FrameHeader header, ReadOnlySpan<byte> body);

    public void Switch(FrameCompression compression, bool toSegments)
    {
        _compression = compression;
        if (toSegments)
        {
            _segments = new SegmentReader(compression == FrameCompression.Lz4);
            _assembler = new FrameAssembler(expectResponse: false, maxFrameBytes);
        }
    }

    /// <summary>Takes the next frame, or segment of frames, off the buffer. False: more bytes are needed.</summary>
    public bool TryTake(ref ReadOnlySequence<byte> buffer, FrameHandler handler) =>
        _segments is null ? TryTakeFrame(ref buffer, handler) : TryTakeSegment(ref buffer, handler);

    public void Dispose()
    {
        _segments?.Dispose();
        _assembler?.Dispose();
    }

    private bool TryTakeFrame(ref ReadOnlySequence<byte> buffer, FrameHandler handler)
    {
        if (!FrameReader.TryReadHeader(buffer, expectResponse: false, maxFrameBytes, out var header))
        {
            return false;
        }

        var length = FrameHeader.Size + (long)header.BodyLength;
        if (buffer.Length < length)
        {
            return false;
        }

        var body = buffer.Slice(FrameHeader.Size, header.BodyLength);
        buffer = buffer.Slice(length);
        if (body.IsSingleSegment)
        {
            Deliver(header, body.FirstSpan, handler);
            return true;
        }

        var gathered = ArrayPool<byte>.Shared.Rent(header.BodyLength);
        body.CopyTo(gathered);
        Deliver(header, gathered.AsSpan(0, header.BodyLength), handler);
        ArrayPool<byte>.Shared.Return(gathered);
        return true;
    }

    private void Deliver(in FrameHeader header, ReadOnlySpan<byte> body, FrameHandler handler)
    {
        if (!BodyCompression.IsCompressed(header))
        {
            handler(header, body);
            return;
        }

        var length = BodyCompression.DecompressedLength(_compression, body, maxFrameBytes);
        var plain = ArrayPool<byte>.Shared.Rent(Math.Max(length, 1));
        BodyCompression.Decompress(_compression, body, plain.AsSpan(0, length));
        handler(header, plain.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(plain);
    }

    private bool TryTakeSegment(ref ReadOnlySequence<byte> buffer, FrameHandler handler)
    {
        if (!_segments!.TryRead(buffer, out var segment))
        {
            return false;
        }

        buffer = buffer.Slice(segment.Consumed);
        if (!segment.IsSelfContained)
        {
            if (_assembler!.Append(segment.Payload, out var whole))
            {
                var frame = _assembler.TakeFrame(out var length);
                handler(whole, frame.AsSpan(FrameHeader.Size, length - FrameHeader.Size));
                ArrayPool<byte>.Shared.Return(frame);
            }

            return true;
        }

        var rest = segment.Payload;
        while (!rest.IsEmpty)
        {
            if (!FrameReader.TryReadHeader(rest, expectResponse: false, maxFrameBytes, out var header) || rest.Length - FrameHeader.Size < header.BodyLength)
            {
                throw new CqlProtocolException("A self-contained segment ends in the middle of a frame.");
            }

            handler(header, rest.Slice(FrameHeader.Size, header.BodyLength));
            rest = rest[(FrameHeader.Size + header.BodyLength)..];
        }

        return true;
    }
}
