using CqlDriver.Protocol;

namespace CqlDriver.Connections;

/// <summary>Takes the messages that a connection received, one after the other.</summary>
internal interface IFrameSink
{
    /// <summary>
    /// A whole message, its body uncompressed. When <paramref name="owned"/> is not null the body lies at its start, and the
    /// sink may keep the array by setting it to null; otherwise the body is valid during the call.
    /// </summary>
    void OnFrame(in FrameHeader header, ReadOnlySpan<byte> body, ref byte[]? owned);
}

/// <summary>Cuts received bytes into messages. Used by the read loop alone.</summary>
internal abstract class IncomingFrames(ProtocolVersion version, int maxFrameBytes) : IDisposable
{
    protected int MaxFrameBytes { get; } = maxFrameBytes;

    /// <summary>The message that is too large for the receive buffer, while one is being gathered.</summary>
    protected LargeBody Large { get; } = new();

    /// <summary>Hands every whole message to the sink. Returns how many bytes were used; the rest comes again, with more behind it.</summary>
    public abstract int Consume(ReadOnlySpan<byte> unread, IFrameSink sink);

    public virtual void Dispose() => Large.Dispose();

    /// <summary>Reads a header and checks everything in it, before anything is done on its word. False: more bytes are needed.</summary>
    protected bool TryReadHeader(ReadOnlySpan<byte> bytes, out FrameHeader header)
    {
        if (!FrameReader.TryReadHeader(bytes, expectResponse: true, MaxFrameBytes, out header))
        {
            return false;
        }

        ProtocolVersions.Check(header, version);
        return true;
    }
}
