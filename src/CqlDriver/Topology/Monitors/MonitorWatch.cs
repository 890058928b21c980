using System.Collections.Immutable;

namespace CqlDriver.Topology;

/// <summary>What is known of a cluster's monitor before it is asked for the first time.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="RequiresControlConnection">Whether nothing can be read without a control connection.</param>
internal sealed record MonitorSettings(string Name, bool RequiresControlConnection)
{
    /// <summary>Whether it tells the entries of a committed log, and no list of nodes is ever read.</summary>
    public bool IsCommittedLog { get; init; }
}

/// <summary>
/// Where the watching of a monitor stands. Each stream is a life of its own, an epoch, named by its ticket: what a former
/// stream says is dropped. Immutable.
/// </summary>
internal sealed record MonitorWatch
{
    /// <summary>The stream that is read; null while the pause before the next one runs.</summary>
    public EffectTicket? Stream { get; init; }

    /// <summary>How many refreshes of this epoch were applied.</summary>
    public int Refreshes { get; init; }

    /// <summary>Streams that ended since one told something.</summary>
    public int Restarts { get; init; }

    /// <summary>Readings that failed since one was good.</summary>
    public int Failures { get; init; }

    /// <summary>Why the last one failed; null: none has.</summary>
    public Exception? Error { get; init; }

    /// <summary>Nodes that were forced before they are known.</summary>
    public ImmutableSortedDictionary<HostId, NodeStatus> Forced { get; init; } = ImmutableSortedDictionary<HostId, NodeStatus>.Empty;
}
