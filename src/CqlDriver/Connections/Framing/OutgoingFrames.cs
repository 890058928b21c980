using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.Connections;

/// <summary>
/// The send buffer of a connection, and what lies around a message in it: nothing on v4 (but for compressed bodies),
/// segments on v5. Used by the holder of the write duty alone.
/// </summary>
internal abstract class OutgoingFrames : IDisposable
{
    private const int InitialBytes = 4 * 1024;
    private const int KeptBytes = 256 * 1024;

    protected OutgoingFrames() => Buffer = new GrowableBuffer(InitialBytes);

    /// <summary>Where requests encode themselves.</summary>
    public GrowableBuffer Buffer { get; private set; }

    /// <summary>Bytes waiting to be sent.</summary>
    public int Pending => Buffer.Length;

    /// <summary>Prepares for one more message. Returns where it starts.</summary>
    public abstract int Begin();

    /// <summary>A whole message lies from <paramref name="start"/> to the end of the buffer.</summary>
    public abstract void End(int start);

    /// <summary>Takes back a message that could not be encoded.</summary>
    public void Undo(int start) => Buffer.Truncate(start);

    /// <summary>Finishes what is open; then the buffer may be written to the socket.</summary>
    public abstract ReadOnlyMemory<byte> Seal();

    /// <summary>The bytes were sent. A buffer that one large message has blown up is not kept.</summary>
    public virtual void Clear()
    {
        if (Buffer.Capacity > KeptBytes)
        {
            Buffer.Dispose();
            Buffer = new GrowableBuffer(InitialBytes);
        }
        else
        {
            Buffer.Clear();
        }
    }

    public virtual void Dispose() => Buffer.Dispose();
}

/// <summary>Protocol v4: frames one after the other, each body compressed when that makes it shorter.</summary>
internal sealed class PlainOutgoingFrames(FrameCompression compression) : OutgoingFrames
{
    public override int Begin() => Buffer.Length;

    public override void End(int start)
    {
        if (compression != FrameCompression.None)
        {
            BodyCompression.CompressLastFrame(Buffer, start, compression);
        }
    }

    public override ReadOnlyMemory<byte> Seal() => Buffer.WrittenMemory;
}

/// <summary>Protocol v5: all frames of one flush share a segment, finished where they lie; what does not fit one is regrouped.</summary>
internal sealed class SegmentedOutgoingFrames(bool lz4) : OutgoingFrames
{
    private const int NotOpen = -1;

    private readonly SegmentWriter _segments = new(lz4);
    private int _open = NotOpen;

    public override int Begin()
    {
        if (_open == NotOpen)
        {
            _open = _segments.Open(Buffer);
        }

        return Buffer.Length;
    }

    public override void End(int start)
    {
    }

    public override ReadOnlyMemory<byte> Seal()
    {
        if (_open != NotOpen)
        {
            _segments.Close(Buffer, _open);
            _open = NotOpen;
        }

        return Buffer.WrittenMemory;
    }
}
