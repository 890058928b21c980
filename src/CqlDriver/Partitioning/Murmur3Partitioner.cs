using System.Buffers.Binary;
using System.Numerics;

namespace CqlDriver.Partitioning;

/// <summary>
/// The partitioner of every current cluster: the first half of MurmurHash3 x64 128 with seed 0, in Cassandra's variant.
/// </summary>
/// <remarks>
/// Two things differ from the published hash: the bytes of the tail (the last one to fifteen) are sign-extended before they
/// are shifted into place, and <see cref="long.MinValue"/>, which is the start of the ring and nobody's token, becomes
/// <see cref="long.MaxValue"/>. Data is placed by this variant, so a driver has no choice. Pure; no allocation.
/// </remarks>
internal static class Murmur3Partitioner
{
    private const ulong C1 = 0x87C3_7B91_1142_53D5;
    private const ulong C2 = 0x4CF5_AD43_2745_937F;
    private const int BlockBytes = 16;

    /// <summary>The token of a partition by its routing key: the only component's bytes, or the composite form of several.</summary>
    public static Token Hash(ReadOnlySpan<byte> key)
    {
        if (key.IsEmpty)
        {
            return Token.Minimum;
        }

        var (h1, h2) = HashBlocks(key, out var tail);
        (h1, h2) = HashTail(h1, h2, tail);
        h1 ^= (ulong)key.Length;
        h2 ^= (ulong)key.Length;
        h1 += h2;
        h2 += h1;
        var hash = (long)(Finish(h1) + Finish(h2));
        return new Token(hash == long.MinValue ? long.MaxValue : hash);
    }

    private static (ulong H1, ulong H2) HashBlocks(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> tail)
    {
        ulong h1 = 0;
        ulong h2 = 0;
        while (key.Length >= BlockBytes)
        {
            h1 ^= MixFirst(BinaryPrimitives.ReadUInt64LittleEndian(key));
            h1 = (BitOperations.RotateLeft(h1, 27) + h2) * 5 + 0x52DC_E729;
            h2 ^= MixSecond(BinaryPrimitives.ReadUInt64LittleEndian(key[8..]));
            h2 = (BitOperations.RotateLeft(h2, 31) + h1) * 5 + 0x3849_5AB5;
            key = key[BlockBytes..];
        }

        tail = key;
        return (h1, h2);
    }

    private static (ulong H1, ulong H2) HashTail(ulong h1, ulong h2, ReadOnlySpan<byte> tail)
    {
        if (tail.Length > 8)
        {
            h2 ^= MixSecond(Gather(tail[8..]));
            tail = tail[..8];
        }

        return tail.IsEmpty ? (h1, h2) : (h1 ^ MixFirst(Gather(tail)), h2);
    }

    private static ulong Gather(ReadOnlySpan<byte> bytes)
    {
        ulong gathered = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            gathered ^= (ulong)(sbyte)bytes[i] << (8 * i);
        }

        return gathered;
    }

    private static ulong MixFirst(ulong k) => BitOperations.RotateLeft(k * C1, 31) * C2;

    private static ulong MixSecond(ulong k) => BitOperations.RotateLeft(k * C2, 33) * C1;

    private static ulong Finish(ulong h)
    {
        h ^= h >> 33;
        h *= 0xFF51_AFD7_ED55_8CCD;
        h ^= h >> 33;
        h *= 0xC4CE_B9FE_1A85_EC53;
        return h ^ (h >> 33);
    }
}
