namespace CqlDriver;

/// <summary>How a handover stood at one moment. Immutable.</summary>
public sealed record HandoverSnapshot
{
    internal HandoverSnapshot() { }

    /// <summary>Its number, unique for the cluster object.</summary>
    public long Id { get; internal init; }

    /// <summary>The node.</summary>
    public HostId HostId { get; internal init; }

    /// <summary>The endpoint that is given up; null when there was none.</summary>
    public NodeEndpoint? From { get; internal init; }

    /// <summary>The endpoint that takes over.</summary>
    public required NodeEndpoint To { get; init; }

    /// <summary>The phase.</summary>
    public HandoverPhase Phase { get; internal init; }

    /// <summary>1, and one more each time it had to begin anew.</summary>
    public int Attempt { get; internal init; }

    /// <summary>Connections to the new endpoint that are ready, over all sessions.</summary>
    public int Ready { get; internal init; }

    /// <summary>Connections to the new endpoint that are wanted, over all sessions.</summary>
    public int Wanted { get; internal init; }

    /// <summary>Since it began; until its end when it has ended.</summary>
    public TimeSpan Elapsed { get; internal init; }

    /// <summary>Whether it is under way.</summary>
    public bool IsActive { get; internal init; }

    /// <summary>Requests that had been meant for the old endpoint, were not written there, and were passed on.</summary>
    public long Forwarded { get; internal init; }

    /// <summary>The longest that one of those had to wait; null: none had to.</summary>
    public TimeSpan? Pause { get; internal init; }

    /// <summary>Why it was given up.</summary>
    public string? Reason { get; internal init; }
}
