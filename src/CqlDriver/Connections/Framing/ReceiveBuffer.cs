using System.Buffers;
using System.Diagnostics;

namespace CqlDriver.Connections;

/// <summary>
/// What was received and not consumed yet: one contiguous array, so that a message in it is one span. Grows only when it is
/// full of bytes that have come. Owned by the read loop.
/// </summary>
internal sealed class ReceiveBuffer : IDisposable
{
    // Idle connections are many; busy ones grow at once: a read that fills all there is doubles it.
    private const int InitialBytes = 8 * 1024;
    private const int BusyBytes = 64 * 1024;

    private byte[] _array = ArrayPool<byte>.Shared.Rent(InitialBytes);
    private int _start;
    private int _end;

    public ReadOnlySpan<byte> Unread => _array.AsSpan(_start, _end - _start);

    /// <summary>Where the next bytes go; never empty.</summary>
    public Memory<byte> FreeSpace()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_array.Length - _end < _array.Length / 4 && _start > 0)
        {
            Unread.CopyTo(_array);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _array.Length)
        {
            Grow();
        }

        return _array.AsMemory(_end);
    }

    public void Received(int count)
    {
        Debug.Assert(count > 0 && _end + count <= _array.Length, "Bytes were received into the free space.");
        _end += count;
        if (_end == _array.Length && _array.Length < BusyBytes)
        {
            Grow();
        }
    }

    public void Consume(int count)
    {
        Debug.Assert(count <= _end - _start, "Only what was received is consumed.");
        _start += count;
    }

    public void Dispose()
    {
        var array = _array;
        _array = [];
        _start = _end = 0;
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_array.Length * 2);
        Unread.CopyTo(larger);
        (_start, _end) = (0, _end - _start);
        ArrayPool<byte>.Shared.Return(_array);
        _array = larger;
    }
}
