using CqlDriver.Protocol;

namespace CqlDriver.Connections;

/// <summary>Protocol v4: frames one after the other, each body compressed or not.</summary>
internal sealed class PlainIncomingFrames(ProtocolVersion version, FrameCompression compression, int maxFrameBytes) : IncomingFrames(version, maxFrameBytes)
{
    public override int Consume(ReadOnlySpan<byte> unread, IFrameSink sink)
    {
        var used = 0;
        while (true)
        {
            if (Large.IsActive)
            {
                used += Large.Take(unread[used..]);
                if (!Large.IsComplete)
                {
                    return used;
                }

                byte[]? owned = Large.TakeArray();
                Deliver(Large.Header, owned.AsSpan(0, Large.Header.BodyLength), ref owned, sink);
            }

            if (!TryReadHeader(unread[used..], out var header))
            {
                return used;
            }

            var rest = unread[(used + FrameHeader.Size)..];
            if (rest.Length < header.BodyLength)
            {
                if (header.BodyLength <= LargeBody.Threshold)
                {
                    return used;
                }

                used += FrameHeader.Size;
                Large.Start(header);
            }
            else
            {
                byte[]? owned = null;
                Deliver(header, rest[..header.BodyLength], ref owned, sink);
                used += FrameHeader.Size + header.BodyLength;
            }
        }
    }

    private void Deliver(in FrameHeader header, ReadOnlySpan<byte> body, ref byte[]? owned, IFrameSink sink)
    {
        try
        {
            if ((header.Flags & FrameFlags.Compressed) == 0)
            {
                sink.OnFrame(header, body, ref owned);
            }
            else
            {
                DeliverCompressed(header, body, sink);
            }
        }
        finally
        {
            Return(owned);
        }
    }

    private void DeliverCompressed(in FrameHeader header, ReadOnlySpan<byte> body, IFrameSink sink)
    {
        var length = BodyCompression.DecompressedLength(compression, body, MaxFrameBytes);
        byte[]? plain = ResponseMemory.Rent(length);
        try
        {
            var whole = plain.AsSpan(0, length);
            BodyCompression.Decompress(compression, body, whole);
            sink.OnFrame(header with { Flags = header.Flags & ~FrameFlags.Compressed, BodyLength = length }, whole, ref plain);
        }
        finally
        {
            Return(plain);
        }
    }

    private static void Return(byte[]? array)
    {
        if (array is { Length: > 0 })
        {
            ResponseMemory.Return(array);
        }
    }
}
