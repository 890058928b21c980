using System.Buffers;

namespace CqlDriver.Protocol;

/// <summary>
/// Puts a frame together that came in several segments which are not self-contained. The array grows with what has come,
/// never to the length the header claims. Used by one read loop alone.
/// </summary>
internal sealed class FrameAssembler(bool expectResponse, int maxBodyBytes) : IDisposable
{
    private byte[] _array = [];
    private int _length;

    /// <summary>Whether a part of a frame has come and its rest has not.</summary>
    public bool IsInTheMiddle => _length > 0;

    /// <summary>Adds the payload of a segment. True when the frame is whole: take it with <see cref="TakeFrame"/>.</summary>
    public bool Append(ReadOnlySpan<byte> part, out FrameHeader header)
    {
        Ensure(part.Length);
        part.CopyTo(_array.AsSpan(_length));
        _length += part.Length;
        if (!FrameReader.TryReadHeader(_array.AsSpan(0, _length), expectResponse, maxBodyBytes, out header))
        {
            return false;
        }

        var whole = FrameHeader.Size + (long)header.BodyLength;
        if (_length > whole)
        {
            throw new CqlProtocolException(
                $"Segments of one frame (stream {header.Stream}, opcode {header.Opcode}) hold {_length} bytes; the frame has {whole}.");
        }

        return _length == whole;
    }

    /// <summary>
    /// Hands over the whole frame, header first, in an array rented from the shared pool. The caller returns it.
    /// </summary>
    public byte[] TakeFrame(out int length)
    {
        var array = _array;
        length = _length;
        _array = [];
        _length = 0;
        return array;
    }

    public void Dispose()
    {
        var array = TakeFrame(out _);
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    private void Ensure(int more)
    {
        if (_array.Length - _length >= more)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + more, (int)Math.Min(_array.Length * 2L, Array.MaxLength)));
        _array.AsSpan(0, _length).CopyTo(larger);
        if (_array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_array);
        }

        _array = larger;
    }
}
