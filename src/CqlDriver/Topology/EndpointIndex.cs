using System.Collections.Immutable;

namespace CqlDriver.Topology;

/// <summary>
/// Endpoint → host id: a bijection onto the nodes that have an endpoint. Secondary in every sense: derived from the nodes,
/// used to translate events and to match contact points, never to decide anything about a node. The only collection of the
/// control plane that is keyed by an endpoint.
/// </summary>
internal sealed class EndpointIndex
{
    // Never enumerated: its order cannot be seen. Never written to once it is here.
    private readonly Dictionary<NodeEndpoint, HostId> _hostIds;

    private EndpointIndex(Dictionary<NodeEndpoint, HostId> hostIds) => _hostIds = hostIds;

    public static EndpointIndex Empty { get; } = new([]);

    /// <summary>The index of these nodes; <paramref name="previous"/> itself when it is that already.</summary>
    /// <exception cref="InvalidOperationException">Two nodes have one endpoint: a defect of whoever decided so.</exception>
    public static EndpointIndex Of(ImmutableArray<Node> nodes, EndpointIndex previous)
    {
        var isSame = true;
        var count = 0;
        foreach (var node in nodes)
        {
            if (node.Endpoint is { } endpoint)
            {
                count++;
                isSame &= previous._hostIds.TryGetValue(endpoint, out var owner) && owner == node.HostId;
            }
        }

        return isSame && count == previous._hostIds.Count ? previous : Build(nodes);
    }

    public bool TryGetValue(NodeEndpoint endpoint, out HostId hostId) => _hostIds.TryGetValue(endpoint, out hostId);

    private static EndpointIndex Build(ImmutableArray<Node> nodes)
    {
        var hostIds = new Dictionary<NodeEndpoint, HostId>(nodes.Length);
        foreach (var node in nodes)
        {
            if (node.Endpoint is { } endpoint && !hostIds.TryAdd(endpoint, node.HostId))
            {
                throw new InvalidOperationException($"{endpoint} belongs to {hostIds[endpoint]} and to {node.HostId}.");
            }
        }

        return new EndpointIndex(hostIds);
    }
}
