using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace CqlDriver.Types;

/// <summary>
/// A contiguous byte buffer that grows by renting a larger array. Contiguous, because CQL prefixes values, frames and
/// segments with lengths that are known only afterwards: a gap is left and patched. Not thread-safe; one owner at a time.
/// </summary>
internal sealed class GrowableBuffer : IBufferWriter<byte>, IDisposable
{
    private byte[] _array;
    private int _length;

    public GrowableBuffer(int initialCapacity = 256) => _array = ArrayPool<byte>.Shared.Rent(initialCapacity);

    /// <summary>Bytes written so far.</summary>
    public int Length => _length;

    public int Capacity => _array.Length;

    public ReadOnlySpan<byte> WrittenSpan => _array.AsSpan(0, _length);

    public ReadOnlyMemory<byte> WrittenMemory => _array.AsMemory(0, _length);

    /// <summary>The written bytes, open for patching in place.</summary>
    public Span<byte> MutableSpan => _array.AsSpan(0, _length);

    /// <summary>Forgets what was written and keeps the array.</summary>
    public void Clear() => _length = 0;

    /// <summary>Cuts back to an earlier <see cref="Length"/>, for undoing a half-written value.</summary>
    public void Truncate(int length)
    {
        Debug.Assert((uint)length <= (uint)_length, "Truncate never lengthens.");
        _length = length;
    }

    public void Advance(int count)
    {
        Debug.Assert(count >= 0 && _length + count <= _array.Length, "Advance stays within the span that was handed out.");
        _length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(Math.Max(sizeHint, 1));
        return _array.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(Math.Max(sizeHint, 1));
        return _array.AsSpan(_length);
    }

    /// <summary>Appends <paramref name="count"/> bytes and returns them for filling; their content is undefined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Append(int count)
    {
        Ensure(count);
        var span = _array.AsSpan(_length, count);
        _length += count;
        return span;
    }

    public void WriteByte(byte value) => Append(1)[0] = value;

    public void WriteInt16(short value) => BinaryPrimitives.WriteInt16BigEndian(Append(2), value);

    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32BigEndian(Append(4), value);

    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64BigEndian(Append(8), value);

    public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Append(bytes.Length));

    /// <summary>Writes a big-endian 32-bit integer over bytes written earlier.</summary>
    public void PatchInt32(int position, int value) => BinaryPrimitives.WriteInt32BigEndian(_array.AsSpan(position, 4), value);

    /// <summary>Gives the array back. The buffer must not be used afterwards.</summary>
    public void Dispose()
    {
        var array = _array;
        _array = [];
        _length = 0;
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Ensure(int count)
    {
        if (_array.Length - _length < count)
        {
            Grow(count);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int count)
    {
        var wanted = checked(_length + count);
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(wanted, (int)Math.Min(_array.Length * 2L, Array.MaxLength)));
        _array.AsSpan(0, _length).CopyTo(larger);
        if (_array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_array);
        }

        _array = larger;
    }
}
