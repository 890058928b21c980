namespace CqlDriver.Protocol;

/// <summary>The copy that both block formats are made of.</summary>
internal static class BlockCopy
{
    /// <summary>
    /// Appends <paramref name="length"/> bytes found <paramref name="offset"/> bytes back. When they overlap themselves the
    /// last <paramref name="offset"/> bytes repeat; what was copied doubles with each step. The caller has checked the bounds.
    /// </summary>
    public static void Repeat(Span<byte> bytes, int position, int offset, int length)
    {
        var from = position - offset;
        while (length > offset)
        {
            bytes.Slice(from, offset).CopyTo(bytes[position..]);
            position += offset;
            length -= offset;
            offset = position - from;
        }

        bytes.Slice(from, length).CopyTo(bytes[position..]);
    }
}
