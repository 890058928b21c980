using System.Collections.Immutable;
using CqlDriver.Partitioning;

namespace CqlDriver.Topology;

/// <summary>
/// Makes the changes that a committed log of one's own may contain, to be put into entries with <see cref="TopologyLogEntry.Of"/>. Generations
/// are the driver's own affair: entries say nothing of them.
/// </summary>
public static class CommittedChange
{
    /// <summary>The cluster's name and partitioner.</summary>
    /// <param name="clusterName">The name.</param>
    /// <param name="partitioner">The partitioner's class name.</param>
    public static TopologyChange Cluster(string? clusterName, string? partitioner) => new ClusterIdentified(clusterName, partitioner, null);

    /// <summary>The version that the cluster as a whole has reached.</summary>
    /// <param name="from">The one before; null: not told.</param>
    /// <param name="to">The one now.</param>
    public static TopologyChange Version(string? from, string to) => new ClusterVersionChanged(from, to);

    /// <summary>A node became known. Of one that is known already only a new endpoint counts, and is followed by a handover.</summary>
    /// <param name="node">The node.</param>
    public static TopologyChange Joined(CommittedNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return new NodeJoined(node.ToNode());
    }

    /// <summary>A joining node became a full member.</summary>
    /// <param name="hostId">The node.</param>
    public static TopologyChange Promoted(HostId hostId) => new NodePromoted(hostId);

    /// <summary>A node began to leave: it still serves, last.</summary>
    /// <param name="hostId">The node.</param>
    public static TopologyChange Draining(HostId hostId) => new NodeDraining(hostId);

    /// <summary>A node has left and is still listed.</summary>
    /// <param name="hostId">The node.</param>
    public static TopologyChange Decommissioned(HostId hostId) => new NodeDecommissioned(hostId);

    /// <summary>A node is no member any more.</summary>
    /// <param name="hostId">The node.</param>
    public static TopologyChange Left(HostId hostId) => new NodeLeft(hostId);

    /// <summary>A node is at another endpoint.</summary>
    /// <param name="hostId">The node.</param>
    /// <param name="to">The endpoint; null: not known.</param>
    public static TopologyChange Moved(HostId hostId, NodeEndpoint? to) => new NodeMoved(hostId, null, to, 0);

    /// <summary>Another node stands at a node's endpoint.</summary>
    /// <param name="replaced">The node that left.</param>
    /// <param name="node">The node that joined.</param>
    public static TopologyChange Replaced(HostId replaced, CommittedNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return new NodeReplaced(replaced, node.ToNode());
    }

    /// <summary>A node owns other tokens.</summary>
    /// <param name="hostId">The node.</param>
    /// <param name="tokens">The tokens, in any order.</param>
    public static TopologyChange Tokens(HostId hostId, IEnumerable<Token> tokens) => new TokensChanged(hostId, [.. tokens.Order()], ownsTokens: true);

    /// <summary>A range of tokens is served by other replicas.</summary>
    /// <param name="scope">The table, or the whole keyspace.</param>
    /// <param name="range">The range.</param>
    /// <param name="replicas">The replicas; none: those that the group has.</param>
    /// <param name="group">The group that serves it, 0 to 16,777,215; null: the range is a tablet, with a group of its own.</param>
    /// <param name="leader">The replica that leads; null: not known, or as before.</param>
    /// <param name="isStronglyConsistent">Whether requests of every kind are served by leaders.</param>
    public static TopologyChange Range(
        RoutingScope scope, TokenRange range, ImmutableArray<Replica> replicas, int? group = null, HostId? leader = null, bool isStronglyConsistent = false) =>
        new RangeReassigned(scope, range) { Replicas = replicas.IsDefault ? [] : replicas, Group = group, Leader = leader, IsStronglyConsistent = isStronglyConsistent };

    /// <summary>A group has another leader, for all its ranges.</summary>
    /// <param name="scope">The table, or the whole keyspace.</param>
    /// <param name="group">The group.</param>
    /// <param name="leader">The leader; null: not known.</param>
    public static TopologyChange Leader(RoutingScope scope, int group, HostId? leader) => new LeaderChanged(scope, group, leader);

    /// <summary>A node does not hold a group's rows any more, nor follow.</summary>
    /// <param name="scope">The table, or the whole keyspace.</param>
    /// <param name="group">The group.</param>
    /// <param name="hostId">The node.</param>
    public static TopologyChange ReplicaGone(RoutingScope scope, int group, HostId hostId) => new ReplicaRemoved(scope, group, hostId);

    /// <summary>A part of the schema was created, altered or dropped.</summary>
    /// <param name="change"><c>CREATED</c>, <c>UPDATED</c> or <c>DROPPED</c>.</param>
    /// <param name="target"><c>KEYSPACE</c>, <c>TABLE</c>, <c>TYPE</c>, <c>FUNCTION</c> or <c>AGGREGATE</c>.</param>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="name">The table, type, function or aggregate; null for a keyspace.</param>
    public static TopologyChange Schema(string change, string target, string keyspace, string? name) => new SchemaChanged(change, target, keyspace, name);

    /// <summary>Several changes that become true together.</summary>
    /// <param name="changes">The changes, in order; batches may be nested 32 deep.</param>
    public static TopologyChange Batch(params IEnumerable<TopologyChange> changes) => new ChangeBatch([.. changes]);

    /// <summary>Everything before is replaced by these nodes: what an epoch begins with, and what ends a fault.</summary>
    /// <param name="nodes">The nodes.</param>
    public static TopologyChange Snapshot(IEnumerable<CommittedNode> nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        return new SnapshotInstalled(Metadata.Empty.WithNodes([.. nodes.Select(static node => node.ToNode()).OrderBy(static node => node.HostId)]));
    }
}

/// <summary>A node as a committed log tells it. Immutable.</summary>
public sealed record CommittedNode
{
    /// <summary>Who it is.</summary>
    public required HostId HostId { get; init; }

    /// <summary>Where clients reach it; null: not known yet, and it is not dialled.</summary>
    public NodeEndpoint? Endpoint { get; init; }

    /// <summary>Its datacenter.</summary>
    public string? Datacenter { get; init; }

    /// <summary>Its rack.</summary>
    public string? Rack { get; init; }

    /// <summary>Its version.</summary>
    public string? ReleaseVersion { get; init; }

    /// <summary>Its tokens.</summary>
    public ImmutableArray<Token> Tokens { get; init; } = [];

    /// <summary>Where it stands; <see cref="TopologyState.Joining"/> until it is promoted, unless told otherwise.</summary>
    public TopologyState State { get; init; } = TopologyState.Joining;

    internal Node ToNode() => new(HostId)
    {
        Endpoint = Endpoint,
        Datacenter = Datacenter,
        Rack = Rack,
        ReleaseVersion = ReleaseVersion,
        Tokens = [.. Tokens.Order()],
        State = State,
    };
}
