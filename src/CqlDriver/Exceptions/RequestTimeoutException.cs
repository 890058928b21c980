namespace CqlDriver;

/// <summary>Where a request was when its time ran out; it decides the remedy.</summary>
public enum RequestStage
{
    /// <summary>Waiting in the client, nothing sent: too much in flight, no connection, or a back-off.</summary>
    Waiting,

    /// <summary>Handed to a connection and not yet written: the network or the node does not take what is sent.</summary>
    Queued,

    /// <summary>Sent and not answered: the node is slow or unreachable.</summary>
    InFlight,
}

/// <summary>No answer came within the request's timeout. Also a <see cref="TimeoutException"/> by meaning, not by type.</summary>
public sealed class RequestTimeoutException : RequestException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="timeout">The limit.</param>
    /// <param name="stage">Where the request was.</param>
    /// <param name="endpoint">The node it was with, if any.</param>
    /// <param name="hostId">The node it was with, if any.</param>
    public RequestTimeoutException(TimeSpan timeout, RequestStage stage, NodeEndpoint? endpoint, HostId? hostId)
        : base(Describe(timeout, stage, endpoint), endpoint, hostId, stage == RequestStage.InFlight)
    {
        Timeout = timeout;
        Stage = stage;
    }

    /// <summary>The limit that was exceeded.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>Where the request was when its time ran out.</summary>
    public RequestStage Stage { get; }

    private static string Describe(TimeSpan timeout, RequestStage stage, NodeEndpoint? endpoint)
    {
        var limit = $"The request did not end within its timeout of {timeout.TotalMilliseconds:0} ms";
        return stage switch
        {
            RequestStage.Waiting => $"{limit}: it was still waiting in the client and nothing was sent. Fewer requests at once or a longer timeout help.",
            RequestStage.Queued => $"{limit}: it was still queued for {endpoint} and nothing was sent. The node or the network does not take what is sent to it.",
            _ => $"{limit}: it was sent to {endpoint} and not answered. The node is overloaded or unreachable, or the timeout is shorter than the server's own.",
        };
    }
}
