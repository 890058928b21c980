using System.Buffers.Binary;
using CqlDriver.Topology;

namespace CqlDriver.Recording;

/// <summary>What a frame of a recording holds. The numbers are those in the file.</summary>
internal enum RecordingFrameKind : byte
{
    /// <summary>The first frame: who recorded, with which settings, from which snapshot on.</summary>
    Began = 1,

    /// <summary>An entry of a log: its position and its bytes.</summary>
    Entry = 2,

    /// <summary>A change that the driver decided, with its index and time.</summary>
    Change = 3,

    /// <summary>What happened, and what rules asked of the outside while they decided about it.</summary>
    Input = 4,
}

/// <summary>A frame as it was read.</summary>
/// <param name="Kind">What it holds.</param>
/// <param name="Body">Its content.</param>
/// <param name="Offset">Where it begins in the file.</param>
internal readonly record struct RecordingFrame(RecordingFrameKind Kind, ReadOnlyMemory<byte> Body, long Offset);

/// <summary>
/// The file of a recording. It begins with the 11 bytes <c>CQLTOPOLOGY</c> and one byte for the version of the form, 1. Then frames follow: the
/// length of what is behind the checksum (4 bytes, little-endian), a CRC-32C of that (4 bytes), the kind (1 byte), the content.
/// A file that was cut off ends with a torn frame, which is left out; a damaged frame before the end is a fault.
/// </summary>
internal static class RecordingFrames
{
    public const byte FormatVersion = 1;

    private const int HeaderBytes = 8;
    private const int MaxFrameBytes = 256 << 20;

    private static ReadOnlySpan<byte> Magic => "CQLTOPOLOGY"u8;

    public static void Begin(Stream stream)
    {
        stream.Write(Magic);
        stream.WriteByte(FormatVersion);
    }

    public static void Write(Stream stream, RecordingFrameKind kind, ReadOnlySpan<byte> body) => stream.Write(ToBytes(kind, body));

    public static byte[] ToBytes(RecordingFrameKind kind, ReadOnlySpan<byte> body)
    {
        var frame = new byte[HeaderBytes + 1 + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, 1 + body.Length);
        frame[HeaderBytes] = (byte)kind;
        body.CopyTo(frame.AsSpan(HeaderBytes + 1));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(sizeof(int)), LogChecksum.Of(frame.AsSpan(HeaderBytes)));
        return frame;
    }

    /// <summary>The frames of a file, in order.</summary>
    /// <param name="stream">The file, from its beginning.</param>
    /// <param name="skipsDamaged">Whether damaged frames are left out instead of being a fault.</param>
    /// <param name="notice">Told what was left out.</param>
    /// <exception cref="TopologyFaultException">It is no recording, one of a later version, or damaged before its end.</exception>
    public static IEnumerable<RecordingFrame> Read(Stream stream, bool skipsDamaged, Action<string> notice)
    {
        CheckBeginning(stream);
        var header = new byte[HeaderBytes];
        for (long offset = Magic.Length + 1; ;)
        {
            var got = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
            if (got == 0)
            {
                yield break;
            }

            var length = got == header.Length ? BinaryPrimitives.ReadInt32LittleEndian(header) : 0;
            if (got == header.Length && length is < 1 or > MaxFrameBytes)
            {
                throw new TopologyFaultException("The recording", $"the frame at byte {offset} says that it is {length} bytes long");
            }

            var body = got == header.Length ? ReadBody(stream, length) : [];
            if (got < header.Length || body.Length < length)
            {
                notice($"The recording ends within the frame at byte {offset}; that frame is left out.");
                yield break;
            }

            var (told, counted) = (BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(sizeof(int))), LogChecksum.Of(body));
            if (told == counted)
            {
                yield return new RecordingFrame((RecordingFrameKind)body[0], body.AsMemory(1), offset);
            }
            else if (skipsDamaged)
            {
                notice($"The frame at byte {offset} has the checksum {counted:X8}, expected {told:X8}; it is left out.");
            }
            else
            {
                throw new TopologyFaultException("The recording", $"the frame at byte {offset} has the checksum {counted:X8}, expected {told:X8}");
            }

            offset += HeaderBytes + length;
        }
    }

    private static void CheckBeginning(Stream stream)
    {
        Span<byte> begin = stackalloc byte[Magic.Length + 1];
        if (stream.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false) < begin.Length || !begin[..^1].SequenceEqual(Magic))
        {
            throw new TopologyFaultException("The file", "it does not begin as a recording does");
        }

        if (begin[^1] is 0 or > FormatVersion)
        {
            throw new TopologyFaultException("The recording", $"its form has version {begin[^1]}, this driver knows 1 to {FormatVersion}");
        }
    }

    /// <summary>As many bytes as there are: nothing is allocated on the word of a length.</summary>
    private static byte[] ReadBody(Stream stream, int length)
    {
        var body = new byte[Math.Min(length, 64 << 10)];
        for (var got = 0; ;)
        {
            got += stream.ReadAtLeast(body.AsSpan(got), body.Length - got, throwOnEndOfStream: false);
            if (got < body.Length || got == length)
            {
                return body[..got];
            }

            Array.Resize(ref body, (int)Math.Min(length, body.Length * 2L));
        }
    }
}
