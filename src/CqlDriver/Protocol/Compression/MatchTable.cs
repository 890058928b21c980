using System.Buffers.Binary;
using System.Numerics;

namespace CqlDriver.Protocol;

/// <summary>Where four bytes were last seen in a block that is being compressed. One table per thread; only the part in use is cleared.</summary>
internal readonly ref struct MatchTable
{
    private const int MinLog = 6;
    private const int MaxLog = 13;

    [ThreadStatic]
    private static int[]? _threadTable;

    private readonly Span<int> _positions;
    private readonly int _shift;

    public MatchTable(int blockLength)
    {
        var log = Math.Clamp(BitOperations.Log2((uint)blockLength | 1) + 1, MinLog, MaxLog);
        _positions = (_threadTable ??= new int[1 << MaxLog]).AsSpan(0, 1 << log);
        _positions.Clear();
        _shift = 32 - log;
    }

    /// <summary>Notes that <paramref name="four"/> stand at <paramref name="position"/>; returns where they may have stood before, or -1.</summary>
    public int Exchange(uint four, int position)
    {
        ref var slot = ref _positions[(int)((four * 2654435761U) >> _shift)];
        var earlier = slot - 1;
        slot = position + 1;
        return earlier;
    }

    public static uint Four(ReadOnlySpan<byte> bytes, int position) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[position..]);
}
