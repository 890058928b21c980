using System.Collections.Immutable;
using CqlDriver.Partitioning;

namespace CqlDriver.Topology;

/// <summary>A change of where rows are. One that names a table, a group or a range that is not known does nothing.</summary>
public abstract record RoutingChange : TopologyChange
{
    private protected RoutingChange(RoutingScope scope) => Scope = scope;

    /// <summary>The table, or the whole keyspace.</summary>
    public RoutingScope Scope { get; }
}

/// <summary>
/// A range of tokens is served by other replicas. With a number it goes to that group, and exactly the range does; the group
/// is made when replicas are named and there is none of that number. Without, the range is a tablet: it has a group of its own,
/// and whatever tablets it overlaps are gone.
/// </summary>
public sealed record RangeReassigned : RoutingChange
{
    internal RangeReassigned(RoutingScope scope, TokenRange range) : base(scope) => Range = range;

    /// <summary>The range.</summary>
    public TokenRange Range { get; }

    /// <summary>The group that serves it; null: one of its own.</summary>
    public int? Group { get; internal init; }

    /// <summary>The replicas; empty: those that the group has.</summary>
    public ImmutableArray<Replica> Replicas { get; internal init; } = [];

    /// <summary>Nodes that only follow.</summary>
    public ImmutableArray<HostId> Learners { get; internal init; } = [];

    /// <summary>The leader; null: not known, or as before where a group is named.</summary>
    public HostId? Leader { get; internal init; }

    /// <summary>The cluster's own version of the range; null when it tells none.</summary>
    public ulong? Version { get; internal init; }

    /// <summary>Whether the table's requests are served by leaders.</summary>
    public bool IsStronglyConsistent { get; internal init; }

    /// <summary>The replicas that the same tablet had before; empty: not known.</summary>
    public ImmutableArray<Replica> Former { get; internal init; } = [];

    /// <summary>How many answers to requests told of it, before it was taken in; 0: it was learnt otherwise.</summary>
    public int Astray { get; internal init; }
}

/// <summary>A group has another leader, for all its ranges.</summary>
public sealed record LeaderChanged : RoutingChange
{
    internal LeaderChanged(RoutingScope scope, int group, HostId? leader) : base(scope) => (Group, Leader) = (group, leader);

    /// <summary>The group.</summary>
    public int Group { get; }

    /// <summary>The leader; null: not known.</summary>
    public HostId? Leader { get; }
}

/// <summary>A node does not hold a group's rows any more, nor follow; if it led, the leader is not known.</summary>
public sealed record ReplicaRemoved : RoutingChange
{
    internal ReplicaRemoved(RoutingScope scope, int group, HostId hostId) : base(scope) => (Group, HostId) = (group, hostId);

    /// <summary>The group.</summary>
    public int Group { get; }

    /// <summary>The node.</summary>
    public HostId HostId { get; }
}

/// <summary>
/// What was told of a table or keyspace does not count any more: of one range, because it turned out to be wrong; of all of it,
/// because the table is gone or another one, or the keyspace is replicated differently.
/// </summary>
public sealed record RangesDropped : RoutingChange
{
    internal RangesDropped(RoutingScope scope, TokenRange? range = null) : base(scope) => Range = range;

    /// <summary>The range: the tablets that overlap it are gone. Null: everything; for a keyspace, that of its tables too.</summary>
    public TokenRange? Range { get; }

    /// <summary>Whether the keyspace itself is gone.</summary>
    public bool IsGone { get; internal init; }
}

/// <summary>The token rings were worked out anew, because nodes, tokens or keyspaces changed.</summary>
public sealed record RingsReplaced : TopologyChange
{
    internal RingsReplaced(ImmutableSortedDictionary<string, RoutingTable> rings) => Rings = rings;

    /// <summary>The rings by keyspace.</summary>
    public ImmutableSortedDictionary<string, RoutingTable> Rings { get; }
}
