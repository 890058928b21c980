using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CqlDriver.Protocol;

/// <summary>
/// The 32-bit checksum of a segment's payload (v5, section 2.2): the CRC-32 of IEEE 802.3 over four fixed bytes and then the payload.
/// Eight bytes a step by tables; on x86 with carry-less multiplication sixty-four bytes a step, folded as in Intel's
/// "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ" (reflected form).
/// </summary>
internal static class Crc32
{
    private const uint Polynomial = 0xEDB88320;
    private const int FoldingThreshold = 48;
    private static readonly uint[] Tables = BuildTables();

    /// <summary>The state after the bytes FA 2D 55 CA, with which every payload's checksum begins.</summary>
    private static readonly uint SegmentSeed = UpdateByTables(0xFFFFFFFF, [0xFA, 0x2D, 0x55, 0xCA]);

    /// <summary>The checksum of a segment's payload, as the trailer holds it.</summary>
    public static uint OfPayload(ReadOnlySpan<byte> payload) => ~Update(SegmentSeed, payload);

    /// <summary>The plain CRC-32, without the protocol's initial bytes.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes) => ~Update(0xFFFFFFFF, bytes);

    internal static uint UpdateByTables(uint crc, ReadOnlySpan<byte> bytes)
    {
        ref var table = ref MemoryMarshal.GetArrayDataReference(Tables);
        ref var source = ref MemoryMarshal.GetReference(bytes);
        var position = 0;
        for (; position <= bytes.Length - 8; position += 8)
        {
            var eight = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source, position));
            var low = (uint)(BitConverter.IsLittleEndian ? eight : BinaryPrimitives.ReverseEndianness(eight)) ^ crc;
            var high = (uint)((BitConverter.IsLittleEndian ? eight : BinaryPrimitives.ReverseEndianness(eight)) >> 32);
            crc = Unsafe.Add(ref table, (7 * 256) + (low & 0xFF))
                ^ Unsafe.Add(ref table, (6 * 256) + ((low >> 8) & 0xFF))
                ^ Unsafe.Add(ref table, (5 * 256) + ((low >> 16) & 0xFF))
                ^ Unsafe.Add(ref table, (4 * 256) + (low >> 24))
                ^ Unsafe.Add(ref table, (3 * 256) + (high & 0xFF))
                ^ Unsafe.Add(ref table, (2 * 256) + ((high >> 8) & 0xFF))
                ^ Unsafe.Add(ref table, 256 + ((high >> 16) & 0xFF))
                ^ Unsafe.Add(ref table, high >> 24);
        }

        for (; position < bytes.Length; position++)
        {
            crc = Unsafe.Add(ref table, (crc ^ Unsafe.Add(ref source, position)) & 0xFF) ^ (crc >> 8);
        }

        return crc;
    }

    private static uint Update(uint crc, ReadOnlySpan<byte> bytes)
    {
        if (Pclmulqdq.IsSupported && bytes.Length >= FoldingThreshold)
        {
            var folded = bytes.Length & ~15;
            crc = UpdateByFolding(crc, bytes[..folded]);
            bytes = bytes[folded..];
        }

        return UpdateByTables(crc, bytes);
    }

    /// <summary>Takes a multiple of 16 bytes, at least 16.</summary>
    private static uint UpdateByFolding(uint crc, ReadOnlySpan<byte> bytes)
    {
        var by4 = Vector128.Create(0x0154442BD4UL, 0x01C6E41596UL);   // x^(4·128+32), x^(4·128−32) mod P
        var by1 = Vector128.Create(0x01751997D0UL, 0x00CCAA009EUL);   // x^(128+32), x^(128−32) mod P
        ref var source = ref MemoryMarshal.GetReference(bytes);
        var length = (nuint)bytes.Length;
        var x0 = Load(ref source, 0) ^ Vector128.CreateScalar((ulong)crc);
        nuint position = 16;
        if (length >= 128)
        {
            var x1 = Load(ref source, 16);
            var x2 = Load(ref source, 32);
            var x3 = Load(ref source, 48);
            for (position = 64; length - position >= 64; position += 64)
            {
                x0 = Fold(x0, by4) ^ Load(ref source, position);
                x1 = Fold(x1, by4) ^ Load(ref source, position + 16);
                x2 = Fold(x2, by4) ^ Load(ref source, position + 32);
                x3 = Fold(x3, by4) ^ Load(ref source, position + 48);
            }

            x0 = Fold(x0, by1) ^ x1;
            x0 = Fold(x0, by1) ^ x2;
            x0 = Fold(x0, by1) ^ x3;
        }

        for (; position < length; position += 16)
        {
            x0 = Fold(x0, by1) ^ Load(ref source, position);
        }

        // What is left are 16 bytes with the same remainder as all that was folded.
        return UpdateByTables(0, MemoryMarshal.AsBytes(new ReadOnlySpan<Vector128<ulong>>(in x0)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Load(ref byte source, nuint offset) => Vector128.LoadUnsafe(ref source, offset).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Fold(Vector128<ulong> value, Vector128<ulong> constants) =>
        Pclmulqdq.CarrylessMultiply(value, constants, 0x00) ^ Pclmulqdq.CarrylessMultiply(value, constants, 0x11);

    private static uint[] BuildTables()
    {
        var tables = new uint[8 * 256];
        for (var i = 0u; i < 256; i++)
        {
            var crc = i;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ Polynomial : crc >> 1;
            }

            tables[i] = crc;
        }

        for (var i = 256; i < tables.Length; i++)
        {
            tables[i] = (tables[i - 256] >> 8) ^ tables[tables[i - 256] & 0xFF];
        }

        return tables;
    }
}
