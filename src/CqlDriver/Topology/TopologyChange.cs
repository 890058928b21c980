using System.Collections.Immutable;
using CqlDriver.Schema;

namespace CqlDriver.Topology;

/// <summary>
/// A decision about the cluster, true from the snapshot with its <see cref="Index"/> on. A closed family: what servers and
/// networks merely suggest never appears here. Immutable.
/// </summary>
public abstract record TopologyChange
{
    private protected TopologyChange() { }

    /// <summary>Its position among all changes: 1, 2, 3, … The parts of a batch have that of the batch.</summary>
    public long Index { get; internal init; }

    /// <summary>Where it stands in a committed log kept elsewhere; null when it was decided here.</summary>
    public LogPosition? Source { get; internal init; }
}

/// <summary>The cluster told who it is, for the first time or anew.</summary>
public sealed record ClusterIdentified : TopologyChange
{
    internal ClusterIdentified(string? clusterName, string? partitioner, string? initialDatacenter) =>
        (ClusterName, Partitioner, InitialDatacenter) = (clusterName, partitioner, initialDatacenter);

    /// <summary>The cluster's name.</summary>
    public string? ClusterName { get; }

    /// <summary>The partitioner's class name.</summary>
    public string? Partitioner { get; }

    /// <summary>The datacenter of the node that was reached first.</summary>
    public string? InitialDatacenter { get; }
}

/// <summary>A change of one node.</summary>
public abstract record NodeChange : TopologyChange
{
    private protected NodeChange(HostId hostId) => HostId = hostId;

    /// <summary>The node.</summary>
    public HostId HostId { get; }
}

/// <summary>A node became known. Its <see cref="Topology.Node.State"/> tells whether it is a full member already.</summary>
public sealed record NodeJoined : NodeChange
{
    internal NodeJoined(Node node)
        : base(node.HostId) => Node = node;

    /// <summary>The node as it joined.</summary>
    public Node Node { get; }
}

/// <summary>A joining node became a full member.</summary>
public sealed record NodePromoted : NodeChange
{
    internal NodePromoted(HostId hostId) : base(hostId) { }
}

/// <summary>A full member is shown as joining again: it has no tokens any more, or its address is held by another node.</summary>
public sealed record NodeDemoted : NodeChange
{
    internal NodeDemoted(HostId hostId) : base(hostId) { }
}

/// <summary>A node is leaving: it still serves, and comes last in query plans.</summary>
public sealed record NodeDraining : NodeChange
{
    internal NodeDraining(HostId hostId) : base(hostId) { }
}

/// <summary>A node has left, though the server still lists it: nothing is sent to it any more.</summary>
public sealed record NodeDecommissioned : NodeChange
{
    internal NodeDecommissioned(HostId hostId) : base(hostId) { }
}

/// <summary>A node is no member any more.</summary>
public sealed record NodeLeft : NodeChange
{
    internal NodeLeft(HostId hostId) : base(hostId) { }
}

/// <summary>A node is taken for reachable.</summary>
public sealed record NodeUp : NodeChange
{
    internal NodeUp(HostId hostId, NodeStatus status, string reason)
        : base(hostId) => (Status, Reason) = (status, reason);

    /// <summary><see cref="NodeStatus.Up"/> or <see cref="NodeStatus.ForcedUp"/>.</summary>
    public NodeStatus Status { get; }

    /// <summary>Why, in words.</summary>
    public string Reason { get; }
}

/// <summary>A node is taken for unreachable.</summary>
public sealed record NodeDown : NodeChange
{
    internal NodeDown(HostId hostId, NodeStatus status, string reason)
        : base(hostId) => (Status, Reason) = (status, reason);

    /// <summary><see cref="NodeStatus.Down"/>, <see cref="NodeStatus.NoRoute"/> or <see cref="NodeStatus.ForcedDown"/>.</summary>
    public NodeStatus Status { get; }

    /// <summary>Why, in words.</summary>
    public string Reason { get; }
}

/// <summary>A node is reached at another endpoint. It is the same node: its data, tokens and place stay.</summary>
public sealed record NodeMoved : NodeChange
{
    internal NodeMoved(HostId hostId, NodeEndpoint? from, NodeEndpoint? to, long generation)
        : base(hostId) => (From, To, Generation) = (from, to, generation);

    /// <summary>The endpoint before; null when it was not known.</summary>
    public NodeEndpoint? From { get; }

    /// <summary>The endpoint now; null when it is not known, or held by another node.</summary>
    public NodeEndpoint? To { get; }

    /// <summary>The generation from now on.</summary>
    public long Generation { get; }
}

/// <summary>Another node stands at a node's endpoint: the old one left, the new one joined, nothing is inherited.</summary>
public sealed record NodeReplaced : NodeChange
{
    internal NodeReplaced(HostId replaced, Node node)
        : base(node.HostId) => (Replaced, Node) = (replaced, node);

    /// <summary>The node that left.</summary>
    public HostId Replaced { get; }

    /// <summary>The node that joined.</summary>
    public Node Node { get; }
}

/// <summary>
/// A node has another host id, and is the same process all the same: a connection that was open before now tells the new one.
/// Its connections and its state go on under the new host id.
/// </summary>
public sealed record NodeReidentified : NodeChange
{
    internal NodeReidentified(HostId former, Node node)
        : base(node.HostId) => (Former, Node) = (former, node);

    /// <summary>The host id it had.</summary>
    public HostId Former { get; }

    /// <summary>The node under its new host id.</summary>
    public Node Node { get; }
}

/// <summary>A node's traffic is being handed over to another endpoint, and reached a phase of that.</summary>
public sealed record HandoverCheckpoint : NodeChange
{
    internal HandoverCheckpoint(HostId hostId) : base(hostId) { }

    /// <summary>The number of the handover, unique for the cluster object.</summary>
    public long Handover { get; internal init; }

    /// <summary>The phase that begins.</summary>
    public HandoverPhase Phase { get; internal init; }

    /// <summary>1, and one more each time it has to begin anew because its first connection was lost.</summary>
    public int Attempt { get; internal init; } = 1;

    /// <summary>The endpoint that is given up; null when there was none.</summary>
    public NodeEndpoint? From { get; internal init; }

    /// <summary>The endpoint that takes over.</summary>
    public required NodeEndpoint To { get; init; }

    /// <summary>The generation that is reserved, and published when the endpoint is.</summary>
    public long Generation { get; internal init; }

    /// <summary>The generation that stands until then.</summary>
    internal long FormerGeneration { get; init; }

    /// <summary>When the phase began, since the cluster object was created.</summary>
    internal TimeSpan At { get; init; }
}

/// <summary>A handover was given up: everything is as if it had not begun.</summary>
public sealed record HandoverAborted : NodeChange
{
    internal HandoverAborted(HostId hostId, long handover, string reason)
        : base(hostId) => (Handover, Reason) = (handover, reason);

    /// <summary>Which one.</summary>
    public long Handover { get; }

    /// <summary>Why, in words.</summary>
    public string Reason { get; }

    /// <summary>What undoes it, in order.</summary>
    public ImmutableArray<HandoverCompensation> Compensations { get; internal init; } = [];
}

/// <summary>Datacenter, rack or versions of a node changed.</summary>
public sealed record NodeAttributesChanged : NodeChange
{
    internal NodeAttributesChanged(HostId hostId, NodeAttributes attributes)
        : base(hostId) => Attributes = attributes;

    internal NodeAttributes Attributes { get; }
}

/// <summary>A node owns other tokens.</summary>
public sealed record TokensChanged : NodeChange
{
    internal TokensChanged(HostId hostId, ImmutableArray<Token> tokens, bool ownsTokens)
        : base(hostId) => (Tokens, OwnsTokens) = (tokens, ownsTokens);

    /// <summary>The tokens now, ascending.</summary>
    public ImmutableArray<Token> Tokens { get; }

    internal bool OwnsTokens { get; }
}

/// <summary>A node told, or changed, how it divides its work among cores.</summary>
public sealed record ShardingChanged : NodeChange
{
    internal ShardingChanged(HostId hostId, NodeSharding? sharding, long generation)
        : base(hostId) => (Sharding, Generation) = (sharding, generation);

    /// <summary>The sharding now; null: none.</summary>
    public NodeSharding? Sharding { get; }

    /// <summary>The generation from now on; the old one when the sharding was merely learnt.</summary>
    public long Generation { get; }
}

/// <summary>A node told that a part of the schema was created, altered or dropped.</summary>
public sealed record SchemaChanged : TopologyChange
{
    internal SchemaChanged(string change, string target, string keyspace, string? name) =>
        (Change, Target, Keyspace, Name) = (change, target, keyspace, name);

    /// <summary>What happened: <c>CREATED</c>, <c>UPDATED</c> or <c>DROPPED</c>.</summary>
    public string Change { get; }

    /// <summary>To what: <c>KEYSPACE</c>, <c>TABLE</c>, <c>TYPE</c>, <c>FUNCTION</c> or <c>AGGREGATE</c>.</summary>
    public string Target { get; }

    /// <summary>The keyspace.</summary>
    public string Keyspace { get; }

    /// <summary>The table, type, function or aggregate; null for a keyspace.</summary>
    public string? Name { get; }
}

/// <summary>The schema was read, and is another one.</summary>
public sealed record SchemaReplaced : TopologyChange
{
    internal SchemaReplaced(SchemaMetadata schema) => Schema = schema;

    /// <summary>The schema now; what did not change in it is the same object as before.</summary>
    public SchemaMetadata Schema { get; }
}

/// <summary>Several changes that became true together: no snapshot shows one without the others.</summary>
public sealed record ChangeBatch : TopologyChange
{
    internal ChangeBatch(ImmutableArray<TopologyChange> changes) => Changes = changes;

    /// <summary>The changes, in order.</summary>
    public ImmutableArray<TopologyChange> Changes { get; internal init; }
}

/// <summary>
/// Start from this snapshot: what a listener gets in place of changes that it was too slow to take.
/// </summary>
public sealed record SnapshotInstalled : TopologyChange
{
    internal SnapshotInstalled(Metadata snapshot)
    {
        Snapshot = snapshot;
        Index = snapshot.AppliedIndex;
    }

    /// <summary>The cluster after the changes that were missed.</summary>
    public Metadata Snapshot { get; }
}

/// <summary>What a row tells of a node besides its identity, endpoint and tokens.</summary>
internal sealed record NodeAttributes(string? Datacenter, string? Rack, string? ReleaseVersion, Guid? SchemaVersion);
