namespace CqlDriver.Protocol;

/// <summary>
/// Which protocol versions there are, and what to make of an answer in another one. A server that does not speak the
/// version of a request answers ERROR 0x000A in a version of its choice: the newest it knows, or the one that was asked
/// for with a complaint about a missing beta flag. It does not close the connection, but nothing more can be said on it.
/// </summary>
internal static class ProtocolVersions
{
    public const ProtocolVersion Newest = ProtocolVersion.V5;

    public const ProtocolVersion Oldest = ProtocolVersion.V4;

    public static bool IsSupported(int version) => version is >= (int)Oldest and <= (int)Newest;

    /// <summary>Refuses a response that is not in the version of its connection.</summary>
    public static void Check(in FrameHeader header, ProtocolVersion expected)
    {
        if (header.Version != (int)expected)
        {
            throw new CqlProtocolException(
                $"A response came in native protocol v{header.Version} on a connection that speaks v{(int)expected} (stream {header.Stream}, opcode {header.Opcode}).");
        }
    }

    /// <summary>The version to dial with next after a version was refused; null when there is none left that both sides speak.</summary>
    /// <param name="tried">What OPTIONS or STARTUP was sent in.</param>
    /// <param name="answered">The version of the frame that brought the protocol error.</param>
    public static ProtocolVersion? NextAfterRefusal(ProtocolVersion tried, int answered)
    {
        if (answered < (int)Oldest)
        {
            return null;
        }

        if (answered < (int)tried)
        {
            return (ProtocolVersion)answered;
        }

        return tried > Oldest ? tried - 1 : null;
    }
}
