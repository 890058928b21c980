namespace CqlDriver;

/// <summary>The node asked for credentials and none are configured, or it refused those it was given.</summary>
public sealed class CqlAuthenticationException : CqlConnectionException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What the node said and what to do.</param>
    /// <param name="endpoint">Where the connection goes.</param>
    /// <param name="hostId">The node, when it is known.</param>
    /// <param name="innerException">The cause.</param>
    public CqlAuthenticationException(string message, NodeEndpoint? endpoint, HostId? hostId = null, Exception? innerException = null)
        : base(message, endpoint, hostId, innerException)
    {
    }
}
