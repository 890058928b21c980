using System.Collections.Immutable;

namespace CqlDriver.Topology;

/// <summary>
/// A node of the cluster as one <see cref="Metadata"/> snapshot shows it. Immutable: a change gives a new object in a new
/// snapshot. Two nodes are equal when their <see cref="HostId"/> is the same, whatever else differs.
/// </summary>
public sealed record Node
{
    internal Node(HostId hostId) => HostId = hostId;

    /// <summary>Who the node is: the only thing about it that stays when everything else changes.</summary>
    public HostId HostId { get; }

    /// <summary>Where it says it can be reached; null while that is not known, or while another node holds the address.</summary>
    public NodeEndpoint? Endpoint { get; internal init; }

    /// <summary>
    /// Counts the lives of this host id at an endpoint. It grows when the node moves, is added again or shards differently,
    /// and never repeats for a host id.
    /// </summary>
    public long Generation { get; internal init; }

    /// <summary>The datacenter; null when the cluster does not tell.</summary>
    public string? Datacenter { get; internal init; }

    /// <summary>The rack; null when the cluster does not tell.</summary>
    public string? Rack { get; internal init; }

    /// <summary>The tokens it owns, ascending; empty for a node without any, and with tablets.</summary>
    public ImmutableArray<Token> Tokens { get; internal init; } = [];

    /// <summary>The server version, as the node tells it.</summary>
    public string? ReleaseVersion { get; internal init; }

    /// <summary>The schema version that was read with the node.</summary>
    public Guid? SchemaVersion { get; internal init; }

    /// <summary>How the node divides its work among cores; null when it does not, or when no connection told yet.</summary>
    public NodeSharding? Sharding { get; internal init; }

    /// <summary>Where the node stands in the cluster, by what the server says.</summary>
    public TopologyState State { get; internal init; } = TopologyState.Normal;

    /// <summary>Whether the driver takes it for reachable.</summary>
    public NodeStatus Status { get; internal init; } = NodeStatus.Up;

    /// <summary>Whether <see cref="Status"/> is one of the two up states.</summary>
    public bool IsUp => Status is NodeStatus.Up or NodeStatus.ForcedUp;

    /// <summary>Its place in tables; stable as long as it is a member, and never another node's.</summary>
    internal int Ordinal { get; init; } = -1;

    /// <summary>False for ScyllaDB's nodes that own no data on purpose: known, never a replica, not used.</summary>
    internal bool OwnsTokens { get; init; } = true;

    /// <summary>May requests of users go there?</summary>
    internal bool IsRoutable => OwnsTokens && Endpoint is not null && State is (TopologyState.Normal or TopologyState.Draining);

    /// <summary>Whether the other one has the same host id.</summary>
    /// <param name="other">The other node, of this snapshot or another.</param>
    public bool Equals(Node? other) => other is not null && HostId == other.HostId;

    /// <inheritdoc/>
    public override int GetHashCode() => HostId.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => $"{HostId}@{Endpoint?.ToString() ?? "?"}";
}

/// <summary>How a ScyllaDB node divides its work among cores.</summary>
/// <param name="ShardCount">The number of shards, at least 1.</param>
/// <param name="IgnoreMsb">How many high bits of a token it ignores.</param>
public sealed record NodeSharding(int ShardCount, int IgnoreMsb);
