namespace CqlDriver;

/// <summary>A connection could not be opened, or ended: refused, reset, timed out, refused by the handshake.</summary>
public class CqlConnectionException : CqlException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="endpoint">Where the connection goes.</param>
    /// <param name="hostId">The node, when it is known.</param>
    /// <param name="innerException">The cause.</param>
    public CqlConnectionException(string message, NodeEndpoint? endpoint, HostId? hostId = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Endpoint = endpoint;
        HostId = hostId;
    }

    /// <summary>Where the connection goes.</summary>
    public NodeEndpoint? Endpoint { get; }

    /// <summary>The node, when it is known.</summary>
    public HostId? HostId { get; }
}
