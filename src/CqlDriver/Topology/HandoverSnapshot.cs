namespace CqlDriver.Topology;

/// <summary>Where a handover stands. The phases come in this order; it may go back from catching up to opening.</summary>
public enum HandoverPhase
{
    /// <summary>The new endpoint is dialled; ends with the first connection whose peer named the expected host id.</summary>
    Open,

    /// <summary>The sessions' pools at the new endpoint are made ready; requests do not see them.</summary>
    CatchUp,

    /// <summary>The new endpoint took over, in one step for all sessions.</summary>
    CutOver,

    /// <summary>Connections to the old endpoint answer what was written on them.</summary>
    Draining,

    /// <summary>Nothing of the old endpoint is left.</summary>
    Completed,

    /// <summary>It was given up; everything is as if it had not begun.</summary>
    Aborted,
}

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

/// <summary>Counts what retired pools pass on. Written by requests, on any thread.</summary>
internal sealed class HandoverTally
{
    private long _forwarded;
    private long _longest = -1;

    public long Forwarded => Volatile.Read(ref _forwarded);

    public TimeSpan? LongestPause => Volatile.Read(ref _longest) is >= 0 and var ticks ? TimeSpan.FromTicks(ticks) : null;

    public void Add(TimeSpan pause)
    {
        Interlocked.Increment(ref _forwarded);
        for (var seen = Volatile.Read(ref _longest); pause.Ticks > seen;)
        {
            var before = Interlocked.CompareExchange(ref _longest, pause.Ticks, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
