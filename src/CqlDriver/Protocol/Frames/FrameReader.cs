using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace CqlDriver.Protocol;

/// <summary>
/// Takes the header of the next frame, and refuses what no frame can be: a wrong direction, a body length below zero or
/// beyond the limit, and the 8-byte headers of protocol versions 1 and 2. Other versions pass, since a refusal of our
/// version comes in another one; see <see cref="ProtocolVersions"/>.
/// </summary>
internal static class FrameReader
{
    /// <summary>The largest body servers accept or send by default (v5, section 2.5).</summary>
    public const int DefaultMaxBodyBytes = 256 * 1024 * 1024;

    /// <summary>The first version whose frames have nine bytes of header.</summary>
    private const int FirstVersionOfThisLayout = 3;

    /// <summary>Reads a header. False: more bytes are needed.</summary>
    /// <param name="bytes">Starts with a header, may hold more.</param>
    /// <param name="expectResponse">True on the client's side, false on the server's.</param>
    /// <param name="maxBodyBytes">The longest body that is accepted.</param>
    /// <param name="header">The header.</param>
    public static bool TryReadHeader(ReadOnlySpan<byte> bytes, bool expectResponse, int maxBodyBytes, out FrameHeader header)
    {
        header = default;
        if (bytes.IsEmpty)
        {
            return false;
        }

        // The first byte tells a stranger (a TLS record, an HTTP answer) long before nine bytes are there.
        var isResponse = (bytes[0] & 0x80) != 0;
        var version = bytes[0] & 0x7F;
        if (isResponse != expectResponse || version < FirstVersionOfThisLayout)
        {
            ThrowNotAFrame(bytes[0], expectResponse);
        }

        if (bytes.Length < FrameHeader.Size)
        {
            return false;
        }

        header = FrameHeader.Read(bytes);
        if ((uint)header.BodyLength > (uint)maxBodyBytes)
        {
            ThrowBodyLength(header, maxBodyBytes);
        }

        return true;
    }

    /// <summary>Reads a header from memory in pieces. False: more bytes are needed.</summary>
    public static bool TryReadHeader(in ReadOnlySequence<byte> bytes, bool expectResponse, int maxBodyBytes, out FrameHeader header)
    {
        var first = bytes.FirstSpan;
        if (first.Length >= FrameHeader.Size || bytes.IsSingleSegment)
        {
            return TryReadHeader(first, expectResponse, maxBodyBytes, out header);
        }

        Span<byte> gathered = stackalloc byte[FrameHeader.Size];
        var length = (int)Math.Min(bytes.Length, FrameHeader.Size);
        bytes.Slice(0, length).CopyTo(gathered);
        return TryReadHeader(gathered[..length], expectResponse, maxBodyBytes, out header);
    }

    [DoesNotReturn]
    private static void ThrowNotAFrame(byte first, bool expectResponse)
    {
        var version = first & 0x7F;
        var isResponse = (first & 0x80) != 0;
        throw new CqlProtocolException((isResponse == expectResponse, version) switch
        {
            (true, 1 or 2) => $"The peer speaks native protocol v{version}; v4 and v5 are supported.",
            _ when expectResponse => $"The peer's bytes start with 0x{first:x2}, which no response frame does: is this the port of a CQL server, and is TLS on or off on both sides?",
            _ => $"The peer's bytes start with 0x{first:x2}, which no request frame does.",
        });
    }

    [DoesNotReturn]
    private static void ThrowBodyLength(in FrameHeader header, int maxBodyBytes) => throw new CqlProtocolException(
        $"A frame (stream {header.Stream}, opcode {header.Opcode}) claims a body of {header.BodyLength} bytes; the limit is {maxBodyBytes}.");
}
