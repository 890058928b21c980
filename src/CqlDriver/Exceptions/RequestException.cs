using System.Collections.Immutable;

namespace CqlDriver;

/// <summary>A request that did not end in an answer the caller asked for.</summary>
public abstract class RequestException : CqlException
{
    private protected RequestException(string message, NodeEndpoint? endpoint, HostId? hostId, bool mayHaveBeenExecuted, Exception? innerException = null)
        : base(message, innerException)
    {
        Endpoint = endpoint;
        HostId = hostId;
        MayHaveBeenExecuted = mayHaveBeenExecuted;
    }

    /// <summary>Where the node is that this is about; null when no single node is.</summary>
    public NodeEndpoint? Endpoint { get; }

    /// <summary>The node that this is about; null when no single node is.</summary>
    public HostId? HostId { get; }

    /// <summary>
    /// Whether the statement may have been executed all the same. False is a promise; true means that nobody knows: run it
    /// again only if that does no harm.
    /// </summary>
    public bool MayHaveBeenExecuted { get; private set; }

    /// <summary>What was tried before, oldest first; empty when this was the first attempt.</summary>
    public ImmutableArray<AttemptFailure> EarlierAttempts { get; private set; } = [];

    /// <summary>Adds what went before. Called once, before the exception is seen by anybody.</summary>
    internal void SetHistory(ImmutableArray<AttemptFailure> earlier)
    {
        EarlierAttempts = earlier;
        foreach (var attempt in earlier)
        {
            MayHaveBeenExecuted |= attempt.MayHaveBeenExecuted;
        }
    }
}

/// <summary>One attempt of a request that failed.</summary>
/// <param name="HostId">The node, when one was chosen and is known.</param>
/// <param name="Endpoint">Where the node is.</param>
/// <param name="Error">What went wrong.</param>
/// <param name="MayHaveBeenExecuted">Whether this attempt may have been executed.</param>
public sealed record AttemptFailure(HostId? HostId, NodeEndpoint? Endpoint, Exception Error, bool MayHaveBeenExecuted)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Endpoint?.ToString() ?? "no node"}: {Error.Message}";
}
