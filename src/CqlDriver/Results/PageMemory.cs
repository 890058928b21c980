using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CqlDriver.Protocol;

namespace CqlDriver;

/// <summary>
/// The body of a ROWS answer, and the cells in it: a length of four bytes and so many bytes, row after row. Nothing but lengths
/// leads from one cell to the next, so finding one is skipping those before it.
/// </summary>
/// <remarks>
/// <para>Skipping as lengths tell is a chain of loads, 2 ns a cell. A cell of the length that its column's type says is skipped
/// without waiting for the load: the processor predicts the comparison and goes on, and a row of numbers costs next to nothing.
/// In wide rows a mark remembers how far the last reader had come, so that reading them in order takes linear time. It is one
/// word, replaced as a whole, which names its row: any number of threads may read and none be led astray.</para>
/// <para>Bounds are checked here, once for each cell, and not again by the runtime: lengths are compared with the bytes that are
/// there, in an order in which no sum can overflow, since an array ends 56 bytes before the largest number.</para>
/// <para>The array goes back to <see cref="ResponseMemory"/> on one thread while another may be reading. Whoever reads takes the
/// array first, decodes into a copy, and asks with <see cref="IsHeld"/> whether it still is the page's: an array that has
/// another answer in it was taken from here before that answer was written. So a value is right or not given out.</para>
/// </remarks>
internal struct PageMemory
{
    /// <summary>So few cells are skipped; beyond them there may be a mark.</summary>
    public const int Near = 4;

    private const int LengthSize = sizeof(int);
    private readonly int _length;
    private byte[]? _body;
    private long _mark;                             // row:32 | ordinal:12 | bytes from the row to that cell:20

    public PageMemory(byte[] body, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)body.Length, nameof(length));
        _body = body;
        _length = length;
    }

    /// <summary>The array, for the other methods; null when it was given back. Ask <see cref="IsHeld"/> once the bytes were used.</summary>
    public readonly byte[]? Body => _body;

    /// <summary>As <see cref="Body"/>, for those who cannot go on without.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly byte[] Take()
    {
        var body = _body;
        if (body is null)
        {
            ThrowGone();
        }

        return body;
    }

    /// <summary>Whether the array that was read is still the page's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool IsHeld(byte[] taken)
    {
        Volatile.ReadBarrier();                     // the bytes first, then this; partner: the exchange in Release
        return ReferenceEquals(_body, taken);
    }

    /// <summary>Throws when the array that was read is not the page's any more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void CheckHeld(byte[] taken)
    {
        if (!IsHeld(taken))
        {
            ThrowGone();
        }
    }

    /// <summary>Gives the array back, once.</summary>
    public void Release()
    {
        if (_body is not null && Interlocked.Exchange(ref _body, null) is { } body)
        {
            ResponseMemory.Return(body);
        }
    }

    /// <summary>The content of a cell.</summary>
    /// <param name="body">From <see cref="Take"/>.</param>
    /// <param name="shapes">The columns.</param>
    /// <param name="row">Where the row starts.</param>
    /// <param name="ordinal">A column that is.</param>
    /// <param name="isNull">Whether there is none.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Cell(byte[] body, CellShape[] shapes, int row, int ordinal, out bool isNull)
    {
        var offset = Find(body, shapes, row, ordinal);
        var end = _length - LengthSize;
        if (offset > end)
        {
            ThrowTruncated(offset);
        }

        ref var cell = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(body), offset);
        var length = ToNative(Unsafe.ReadUnaligned<int>(ref cell));
        if (length > end - offset)
        {
            ThrowTruncated(offset);
        }

        isNull = length < 0;
        return isNull ? default : MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref cell, LengthSize), length);
    }

    /// <summary>The content of the cell at an offset, if that is there and of a certain size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool TryCell(byte[] body, int offset, int size, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (offset > _length - LengthSize - size)
        {
            return false;
        }

        ref var cell = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(body), offset);
        if (Unsafe.ReadUnaligned<int>(ref cell) != ToNative(size))
        {
            return false;
        }

        content = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref cell, LengthSize), size);
        return true;
    }

    /// <summary>Where a cell of a row starts; the row's end for the ordinal behind the last. It may be beyond the page's end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(byte[] body, CellShape[] shapes, int row, int ordinal) =>
        ordinal <= Near ? Skip(body, shapes, row, 0, ordinal) : FindFar(body, shapes, row, ordinal);

    private int FindFar(byte[] body, CellShape[] shapes, int row, int ordinal)
    {
        var (from, start) = (0, row);
        var mark = Volatile.Read(ref _mark);
        if ((int)(mark >> 32) == row && (int)((mark >> 20) & 0xFFF) is var marked && marked <= ordinal)
        {
            (from, start) = (marked, row + (int)(mark & 0xF_FFFF));
        }

        var offset = Skip(body, shapes, start, from, ordinal);
        if (ordinal - from >= Near && ordinal <= 0xFFF && offset - row <= 0xF_FFFF)
        {
            Volatile.Write(ref _mark, ((long)row << 32) | ((long)ordinal << 20) | (uint)(offset - row));
        }

        return offset;
    }

    /// <summary>From one cell to another of the same row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Skip(byte[] body, CellShape[] shapes, int offset, int from, int to)
    {
        Debug.Assert(offset >= 0 && to <= shapes.Length, "Rows start within the page and have these columns.");
        var end = _length - LengthSize;
        ref var start = ref MemoryMarshal.GetArrayDataReference(body);
        ref var shape = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(shapes), from);
        for (; from < to; from++)
        {
            if (offset > end)
            {
                ThrowTruncated(offset);
            }

            var length = Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref start, offset));
            offset = length == shape.UsualLength ? offset + shape.UsualStep : SkipUnusual(offset, ToNative(length), end);
            shape = ref Unsafe.Add(ref shape, 1);
        }

        return offset;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int SkipUnusual(int offset, int length, int end)
    {
        if (length > end - offset)
        {
            ThrowTruncated(offset);
        }

        return offset + LengthSize + Math.Max(length, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ToNative(int length) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(length) : length;

    [DoesNotReturn]
    private readonly void ThrowTruncated(int offset)
    {
        if (_body is null)
        {
            ThrowGone();
        }

        throw new CqlProtocolException($"The page of rows is truncated: the cell at byte {offset} of the answer reaches beyond its end.");
    }

    [DoesNotReturn]
    public static void ThrowGone() =>
        throw new ObjectDisposedException(nameof(RowSet), "The page of this row was disposed: read what you need before.");
}
