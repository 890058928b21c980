using System.Numerics;

namespace CqlDriver.Testing.Values;

/// <summary>The variable-length integers of durations and vectors: as many leading ones as bytes follow (native protocol v5, section 3, [vint]).</summary>
internal static class VariableInteger
{
    public static void WriteUnsigned(List<byte> destination, ulong value)
    {
        var significantBits = 64 - BitOperations.LeadingZeroCount(value | 1);
        var extra = Math.Min((significantBits - 1) / 7, 8);
        if (extra == 8)
        {
            destination.Add(0xFF);
        }

        for (var i = extra == 8 ? 7 : extra; i >= 0; i--)
        {
            var part = (byte)(value >> (8 * i));
            destination.Add(i == extra && extra < 8 ? (byte)(part | ~(0xFF >> extra)) : part);
        }
    }

    public static void WriteSigned(List<byte> destination, long value) => WriteUnsigned(destination, (ulong)((value << 1) ^ (value >> 63)));

    public static bool TryReadUnsigned(ref ReadOnlySpan<byte> source, out ulong value)
    {
        value = 0;
        if (source.IsEmpty)
        {
            return false;
        }

        var first = source[0];
        var extra = BitOperations.LeadingZeroCount((uint)(byte)~first) - 24;
        if (source.Length <= extra)
        {
            return false;
        }

        value = extra >= 8 ? 0UL : (ulong)(first & (0xFF >> extra));
        for (var i = 1; i <= extra; i++)
        {
            value = (value << 8) | source[i];
        }

        source = source[(extra + 1)..];
        return true;
    }

    public static bool TryReadSigned(ref ReadOnlySpan<byte> source, out long value)
    {
        var isRead = TryReadUnsigned(ref source, out var zigzag);
        value = (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
        return isRead;
    }
}
