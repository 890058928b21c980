namespace CqlDriver;

/// <summary>The session has as many requests in flight and waiting as its options allow. Nothing was sent.</summary>
public sealed class TooManyRequestsException : RequestException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="waiting">How many requests wait.</param>
    public TooManyRequestsException(int waiting)
        : base(
            $"Every connection carries as many requests as it may and {waiting} wait: the session's limits are reached and nothing was sent. " +
            $"Run fewer requests at once, or raise {nameof(CqlClusterOptions.MaxInFlightPerConnection)}, {nameof(CqlClusterOptions.ConnectionsPerNode)} or {nameof(CqlClusterOptions.MaxWaitingRequests)}.",
            null,
            null,
            mayHaveBeenExecuted: false)
    {
        Waiting = waiting;
    }

    /// <summary>Requests waiting when this one was refused.</summary>
    public int Waiting { get; }
}
