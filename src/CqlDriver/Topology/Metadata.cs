using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using CqlDriver.Schema;

namespace CqlDriver.Topology;

/// <summary>
/// What the driver knows of the cluster at one moment. Immutable and consistent in itself: a change gives a new snapshot,
/// which replaces the old one in one step. Nodes are found by host id; addresses only lead to host ids.
/// </summary>
public sealed record Metadata
{
    private Metadata() { }

    /// <summary>All nodes, by ascending host id.</summary>
    public ImmutableArray<Node> Nodes { get; private init; } = [];

    /// <summary>The position of the last change that is contained. It never falls.</summary>
    public long AppliedIndex { get; internal init; }

    /// <summary>The position of the last entry of a committed log kept elsewhere that is contained; the start where there is no such log.</summary>
    public LogPosition Source { get; internal init; }

    /// <summary>The cluster's name, as its nodes tell it; null until the first one was read.</summary>
    public string? ClusterName { get; internal init; }

    /// <summary>The class name of the partitioner; null until a node was read.</summary>
    public string? Partitioner { get; internal init; }

    /// <summary>The datacenter of the node that was reached first: what policies take when no local datacenter is configured.</summary>
    public string? InitialDatacenter { get; internal init; }

    /// <summary>The version that the cluster as a whole has reached, where its own log tells one.</summary>
    public string? ClusterVersion { get; internal init; }

    /// <summary>The keyspaces and what is in them. Not read yet when the first session connects: <see cref="SchemaMetadata.IsRead"/>.</summary>
    public SchemaMetadata Schema { get; internal init; } = SchemaMetadata.Unread;

    /// <summary>Where rows are: tablets and token rings.</summary>
    public RoutingMetadata Routing { get; internal init; } = RoutingMetadata.Empty;

    /// <summary>How many changes of the schema were told so far, read or not.</summary>
    public long SchemaChanges { get; internal init; }

    /// <summary>The newest checkpoint of each handover that is under way, in the order of their last checkpoints.</summary>
    public ImmutableArray<HandoverCheckpoint> Handovers { get; internal init; } = [];

    /// <summary>How nodes are reached behind private connections; empty when the options name none.</summary>
    public ClientRouteTable ClientRoutes { get; internal init; } = ClientRouteTable.Empty;

    internal static Metadata Empty { get; } = new();

    /// <summary>One more than the highest ordinal ever given out. Ordinals of nodes that left are not given out again.</summary>
    internal int OrdinalCount => FirstOrdinal + ByOrdinal.Length;

    private int FirstOrdinal { get; init; }

    private ImmutableArray<Node?> ByOrdinal { get; init; } = [];

    private EndpointIndex Index { get; init; } = EndpointIndex.Empty;

    /// <summary>Finds a node by its host id.</summary>
    /// <param name="hostId">Its host id.</param>
    /// <param name="node">The node, when it is known.</param>
    public bool TryGetNode(HostId hostId, [NotNullWhen(true)] out Node? node)
    {
        var at = IndexOf(hostId);
        node = at >= 0 ? Nodes[at] : null;
        return node is not null;
    }

    /// <summary>Finds out whose endpoint this is now. For translating events and for display: addresses change hands.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="hostId">The host id of the node there, when there is one.</param>
    public bool TryGetHostId(NodeEndpoint endpoint, out HostId hostId)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return Index.TryGetValue(endpoint, out hostId);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{ClusterName ?? "cluster"} #{AppliedIndex}: {string.Join(", ", Nodes)}";

    internal Node? NodeOf(HostId hostId) => TryGetNode(hostId, out var node) ? node : null;

    internal Node? NodeAt(int ordinal) => (uint)(ordinal - FirstOrdinal) < (uint)ByOrdinal.Length ? ByOrdinal[ordinal - FirstOrdinal] : null;

    /// <summary>A snapshot as it was written down: nodes with their ordinals, of which so many were given out.</summary>
    internal Metadata Restored(ImmutableArray<Node> nodes, int ordinals) => (this with { FirstOrdinal = ordinals }).WithNodes(nodes);

    /// <summary>The same snapshot with other nodes; the index is built from them, never patched.</summary>
    /// <param name="nodes">By ascending host id, each id once, each endpoint at most once. Those without an ordinal get one.</param>
    internal Metadata WithNodes(ImmutableArray<Node> nodes)
    {
        var next = OrdinalCount;
        var first = next;
        var numbered = ImmutableArray.CreateBuilder<Node>(nodes.Length);
        foreach (var node in nodes)
        {
            numbered.Add(node.Ordinal >= 0 ? node : node with { Ordinal = next++ });
            first = Math.Min(first, numbered[^1].Ordinal);
        }

        // Those before the first that is in use are gone for good: a cluster in which nodes come and go costs no more with time.
        var byOrdinal = new Node?[next - first];
        foreach (var node in numbered)
        {
            byOrdinal[node.Ordinal - first] = node;
        }

        return this with { Nodes = numbered.MoveToImmutable(), FirstOrdinal = first, ByOrdinal = ImmutableCollectionsMarshal.AsImmutableArray(byOrdinal), Index = EndpointIndex.Of(nodes, Index) };
    }

    /// <summary>Where the host id is in <see cref="Nodes"/>; the complement of where it belongs when it is not there.</summary>
    internal int IndexOf(HostId hostId)
    {
        var low = 0;
        var high = Nodes.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = Nodes[middle].HostId.CompareTo(hostId);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }
}
