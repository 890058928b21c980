using CqlDriver.Protocol;

namespace CqlDriver.Connections;

/// <summary>Protocol v5: frames in segments, several in one that is self-contained, or one spread over several that are not.</summary>
internal sealed class SegmentedIncomingFrames(ProtocolVersion version, bool lz4, int maxFrameBytes) : IncomingFrames(version, maxFrameBytes)
{
    private readonly SegmentReader _segments = new(lz4);
    private readonly byte[] _firstBytes = new byte[FrameHeader.Size];
    private int _firstCount;

    public override int Consume(ReadOnlySpan<byte> unread, IFrameSink sink)
    {
        var used = 0;
        while (_segments.TryRead(unread[used..], out var segment))
        {
            used += segment.Consumed;
            if (segment.IsSelfContained)
            {
                DeliverWhole(segment.Payload, sink);
            }
            else
            {
                Gather(segment.Payload, sink);
            }
        }

        return used;
    }

    public override void Dispose()
    {
        _segments.Dispose();
        base.Dispose();
    }

    private void DeliverWhole(ReadOnlySpan<byte> payload, IFrameSink sink)
    {
        if (Large.IsActive || _firstCount > 0)
        {
            throw new CqlProtocolException("A self-contained segment came in the middle of a message that is spread over several.");
        }

        while (!payload.IsEmpty)
        {
            if (!TryReadHeader(payload, out var header) || payload.Length - FrameHeader.Size < header.BodyLength)
            {
                throw new CqlProtocolException($"A self-contained segment ends within a frame: {payload.Length} bytes are left of it.");
            }

            byte[]? owned = null;
            sink.OnFrame(header, payload.Slice(FrameHeader.Size, header.BodyLength), ref owned);
            payload = payload[(FrameHeader.Size + header.BodyLength)..];
        }
    }

    private void Gather(ReadOnlySpan<byte> part, IFrameSink sink)
    {
        if (!Large.IsActive && !TryStart(ref part))
        {
            return;
        }

        if (Large.Take(part) < part.Length)
        {
            throw new CqlProtocolException(
                $"A segment holds more than the rest of the message that it belongs to (stream {Large.Header.Stream}, {Large.Header.BodyLength:N0} bytes).");
        }

        if (!Large.IsComplete)
        {
            return;
        }

        byte[]? owned = Large.TakeArray();
        try
        {
            sink.OnFrame(Large.Header, owned.AsSpan(0, Large.Header.BodyLength), ref owned);
        }
        finally
        {
            if (owned is not null)
            {
                ResponseMemory.Return(owned);
            }
        }
    }

    // The header of a spread message, which a contrary peer may spread too.
    private bool TryStart(ref ReadOnlySpan<byte> part)
    {
        var count = Math.Min(part.Length, FrameHeader.Size - _firstCount);
        part[..count].CopyTo(_firstBytes.AsSpan(_firstCount));
        _firstCount += count;
        part = part[count..];
        if (!TryReadHeader(_firstBytes.AsSpan(0, _firstCount), out var header))
        {
            return false;
        }

        _firstCount = 0;
        Large.Start(header);
        return true;
    }
}
