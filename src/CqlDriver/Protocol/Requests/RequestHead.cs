namespace CqlDriver.Protocol;

/// <summary>What every request frame starts with, and what was negotiated on its connection.</summary>
/// <param name="Version">The protocol version of the connection.</param>
/// <param name="Stream">The stream id.</param>
/// <param name="Extensions">The negotiated extensions.</param>
internal readonly record struct RequestHead(ProtocolVersion Version, short Stream, ProtocolExtensions Extensions = default)
{
    /// <summary>Whether the server is to trace the request.</summary>
    public bool IsTraced { get; init; }

    /// <summary>Opaque entries for a custom query handler of the server; on the wire only when there is one.</summary>
    public IReadOnlyDictionary<string, byte[]?>? CustomPayload { get; init; }
}
