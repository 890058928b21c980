using System.Numerics;

namespace CqlDriver.Types;

/// <summary>
/// Integers of variable length (native protocol v5, sections 5.6 and 5.22): the ones that lead the first byte count the bytes after it.
/// Signed numbers are folded first so that small negative ones stay short.
/// </summary>
internal static class VInt
{
    public const int MaxSize = 9;

    public static int SizeOf(ulong value)
    {
        var bits = 64 - BitOperations.LeadingZeroCount(value | 1);
        return bits > 56 ? MaxSize : (bits + 6) / 7;
    }

    /// <summary>Writes a number into as many bytes as <see cref="SizeOf"/> said.</summary>
    public static void Write(Span<byte> destination, ulong value)
    {
        var size = destination.Length;
        for (var index = size - 1; index >= 0; index--)
        {
            destination[index] = (byte)value;
            value >>= 8;
        }

        destination[0] |= (byte)~(0xFF >> (size - 1));
    }

    public static void WriteSigned(GrowableBuffer buffer, long value)
    {
        var folded = (ulong)((value << 1) ^ (value >> 63));
        Write(buffer.Append(SizeOf(folded)), folded);
    }

    /// <summary>Takes a number off the front; false when the bytes end before it does.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        if (bytes.IsEmpty)
        {
            return false;
        }

        var extra = BitOperations.LeadingZeroCount((uint)(byte)~bytes[0] << 24);
        extra = Math.Min(extra, MaxSize - 1);
        if (bytes.Length <= extra)
        {
            return false;
        }

        value = (ulong)(bytes[0] & (0xFF >> extra));
        for (var index = 1; index <= extra; index++)
        {
            value = (value << 8) | bytes[index];
        }

        bytes = bytes[(extra + 1)..];
        return true;
    }

    public static bool TryReadSigned(ref ReadOnlySpan<byte> bytes, out long value)
    {
        var isRead = TryRead(ref bytes, out var folded);
        value = (long)(folded >> 1) ^ -(long)(folded & 1);
        return isRead;
    }
}
