using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CqlDriver.Protocol;

/// <summary>Where four bytes were last seen in a block that is being compressed. One table per thread; only the part in use is cleared.</summary>
internal readonly ref struct MatchTable
{
    private const int MinLog = 6;
    private const int MaxLog = 13;

    [ThreadStatic]
    private static int[]? _threadTable;

    private readonly ref int _positions;
    private readonly int _shift;

    public MatchTable(int blockLength)
    {
        var log = Math.Clamp(BitOperations.Log2((uint)blockLength | 1) + 1, MinLog, MaxLog);
        var positions = (_threadTable ??= new int[1 << MaxLog]).AsSpan(0, 1 << log);
        positions.Clear();
        _positions = ref MemoryMarshal.GetReference(positions);
        _shift = 32 - log;
    }

    /// <summary>Notes that <paramref name="four"/> stand at <paramref name="position"/>; returns where they may have stood before, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Exchange(uint four, int position)
    {
        // The shift leaves as many bits as the table has.
        ref var slot = ref Unsafe.Add(ref _positions, (nint)((four * 2654435761U) >> _shift));
        var earlier = slot - 1;
        slot = position + 1;
        return earlier;
    }

    /// <summary>The four bytes at a position that has four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Four(ReadOnlySpan<byte> bytes, int position)
    {
        Debug.Assert((uint)position <= (uint)(bytes.Length - 4), "Four bytes are there.");
        return Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref MemoryMarshal.GetReference(bytes), position));
    }

    /// <summary>How many bytes at <paramref name="position"/> equal those at the earlier <paramref name="match"/>, up to <paramref name="limit"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LengthOfMatch(ReadOnlySpan<byte> bytes, int match, int position, int limit)
    {
        Debug.Assert(match < position && limit <= bytes.Length, "Both sides stay within the block.");
        ref var start = ref MemoryMarshal.GetReference(bytes);
        var length = 0;
        for (; position + length <= limit - 8; length += 8)
        {
            var difference = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, match + length))
                ^ Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, position + length));
            if (difference != 0)
            {
                return length + (BitOperations.TrailingZeroCount(BitConverter.IsLittleEndian ? difference : BinaryPrimitives.ReverseEndianness(difference)) >> 3);
            }
        }

        while (position + length < limit && bytes[match + length] == bytes[position + length])
        {
            length++;
        }

        return length;
    }
}
