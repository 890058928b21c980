using System.Diagnostics;
using CqlDriver.Protocol;

namespace CqlDriver.Connections;

/// <summary>
/// A message too large for the receive buffer, gathered in a rented array that grows with the bytes that come; the length
/// in the header is only where it ends. Owned by the read loop until the array is handed on.
/// </summary>
internal sealed class LargeBody : IDisposable
{
    /// <summary>Bodies up to this size are handled within the receive buffer.</summary>
    public const int Threshold = 64 * 1024;

    private byte[]? _array;
    private int _length;

    public bool IsActive { get; private set; }

    public FrameHeader Header { get; private set; }

    public bool IsComplete => _length == Header.BodyLength;

    public ReadOnlySpan<byte> Body => _array.AsSpan(0, _length);

    public void Start(in FrameHeader header)
    {
        Debug.Assert(!IsActive, "One message at a time.");
        (Header, IsActive, _length) = (header, true, 0);
        _array = ResponseMemory.Rent(Math.Min(header.BodyLength, 2 * Threshold));
    }

    /// <summary>Takes as many of the bytes as belong to the message, and says how many.</summary>
    public int Take(ReadOnlySpan<byte> bytes)
    {
        var count = Math.Min(bytes.Length, Header.BodyLength - _length);
        if (_array!.Length - _length < count)
        {
            Grow(_length + count);
        }

        bytes[..count].CopyTo(_array.AsSpan(_length));
        _length += count;
        return count;
    }

    /// <summary>Ends the message. The array belongs to the caller now.</summary>
    public byte[] TakeArray()
    {
        Debug.Assert(IsActive && IsComplete, "Only a whole message is handed on.");
        var array = _array!;
        (_array, IsActive) = (null, false);
        return array;
    }

    public void Dispose()
    {
        if (_array is { } array)
        {
            (_array, IsActive) = (null, false);
            ResponseMemory.Return(array);
        }
    }

    private void Grow(int needed)
    {
        var wanted = (int)Math.Min(Math.Max(needed, _array!.Length * 2L), Header.BodyLength);
        var larger = ResponseMemory.Rent(wanted);
        Body.CopyTo(larger);
        ResponseMemory.Return(_array);
        _array = larger;
    }
}
