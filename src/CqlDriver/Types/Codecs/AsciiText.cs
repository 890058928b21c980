using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace CqlDriver.Types;

/// <summary>
/// Bytes to text when they are US-ASCII, as most are: then no characters need counting before the string is made. Short text,
/// keys and names, is loaded as one pair of overlapping words or vectors, tested and widened in registers.
/// </summary>
internal static class AsciiText
{
    private const int LongestShort = 2 * 16;
    private const ulong HighBits = 0x8080_8080_8080_8080;

    /// <summary>Makes a string. False: some byte is not US-ASCII.</summary>
    public static bool TryRead(ReadOnlySpan<byte> content, [NotNullWhen(true)] out string? text)
    {
        if (content.Length > LongestShort || !BitConverter.IsLittleEndian || !Vector128.IsHardwareAccelerated)
        {
            text = Ascii.IsValid(content) ? string.Create(content.Length, content, static (characters, bytes) => Ascii.ToUtf16(bytes, characters, out _)) : null;
            return text is not null;
        }

        return TryReadShort(content, out text);
    }

    [SkipLocalsInit]
    private static bool TryReadShort(ReadOnlySpan<byte> content, [NotNullWhen(true)] out string? text)
    {
        Unsafe.SkipInit(out Characters characters);
        ref var target = ref Unsafe.As<Characters, ushort>(ref characters);
        ref var source = ref MemoryMarshal.GetReference(content);
        var length = content.Length;
        bool isAscii;
        if (length >= 16)
        {
            var first = Vector128.LoadUnsafe(ref source);
            var last = Vector128.LoadUnsafe(ref source, (nuint)(length - 16));
            isAscii = (first | last).ExtractMostSignificantBits() == 0;
            Widen(first, ref target);
            Widen(last, ref Unsafe.Add(ref target, length - 16));
        }
        else if (length >= 8)
        {
            var first = Unsafe.ReadUnaligned<ulong>(ref source);
            var last = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source, length - 8));
            isAscii = ((first | last) & HighBits) == 0;
            Vector128.WidenLower(Vector128.CreateScalarUnsafe(first).AsByte()).StoreUnsafe(ref target);
            Vector128.WidenLower(Vector128.CreateScalarUnsafe(last).AsByte()).StoreUnsafe(ref Unsafe.Add(ref target, length - 8));
        }
        else if (length >= 4)
        {
            var first = Unsafe.ReadUnaligned<uint>(ref source);
            var last = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref source, length - 4));
            isAscii = ((first | last) & HighBits) == 0;
            Vector128.WidenLower(Vector128.CreateScalarUnsafe(first).AsByte()).StoreUnsafe(ref target);
            Vector128.WidenLower(Vector128.CreateScalarUnsafe(last).AsByte()).StoreUnsafe(ref Unsafe.Add(ref target, length - 4));
        }
        else
        {
            var all = 0;
            for (var i = 0; i < length; i++)
            {
                int each = Unsafe.Add(ref source, i);
                all |= each;
                Unsafe.Add(ref target, i) = (ushort)each;
            }

            isAscii = all < 0x80;
        }

        text = isAscii ? new string(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<ushort, char>(ref target), length)) : null;
        return isAscii;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Widen(Vector128<byte> bytes, ref ushort target)
    {
        var (lower, upper) = Vector128.Widen(bytes);
        lower.StoreUnsafe(ref target);
        upper.StoreUnsafe(ref target, 8);
    }

    [InlineArray(LongestShort)]
    private struct Characters
    {
        private char _first;
    }
}
