namespace CqlDriver;

/// <summary>The connection that carried the request ended before its answer came.</summary>
public sealed class ConnectionLostException : RequestException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="endpoint">Where the node is.</param>
    /// <param name="hostId">The node.</param>
    /// <param name="mayHaveBeenExecuted">Whether the request had been written.</param>
    /// <param name="reason">Why the connection ended.</param>
    public ConnectionLostException(NodeEndpoint? endpoint, HostId? hostId, bool mayHaveBeenExecuted, Exception reason)
        : base(
            $"The connection to {endpoint} ended before the answer came ({reason?.Message}). " +
            (mayHaveBeenExecuted ? "The statement may have been executed; it is retried only when it is marked idempotent." : "The statement was not sent."),
            endpoint,
            hostId,
            mayHaveBeenExecuted,
            reason)
    {
    }
}
