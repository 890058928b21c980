using CqlDriver.Topology;

namespace CqlDriver.Routing;

/// <summary>
/// Replicas of the local datacenter in turn, as far as a request's partition is known, then its other nodes in turn. Nodes of
/// other datacenters are ignored unless failing over is allowed; then they come after all local ones. Immutable; the default.
/// </summary>
public sealed class LocalDatacenterPolicy : ILoadBalancingPolicy
{
    private readonly string? _localDatacenter;
    private readonly bool _mayFailOver;
    private readonly bool _prefersReplicas;

    /// <summary>Creates the policy.</summary>
    /// <param name="localDatacenter">The local datacenter; null: that of the node that was reached first.</param>
    /// <param name="mayFailOver">Whether nodes of other datacenters are used when no local one answers.</param>
    /// <param name="prefersReplicas">Whether the replicas of a request's partition come first.</param>
    public LocalDatacenterPolicy(string? localDatacenter = null, bool mayFailOver = false, bool prefersReplicas = true)
    {
        _localDatacenter = localDatacenter;
        _mayFailOver = mayFailOver;
        _prefersReplicas = prefersReplicas;
    }

    /// <inheritdoc/>
    public NodeDistance DistanceOf(Node node, Metadata snapshot)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(snapshot);
        var local = _localDatacenter ?? snapshot.InitialDatacenter;
        if (local is null || string.Equals(node.Datacenter, local, StringComparison.Ordinal))
        {
            return NodeDistance.Local;
        }

        return _mayFailOver ? NodeDistance.Remote : NodeDistance.Ignored;
    }

    /// <inheritdoc/>
    public PlanTable Build(Metadata snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return new PlanTable(
        [
            snapshot.Nodes.Where(node => DistanceOf(node, snapshot) == NodeDistance.Local),
            snapshot.Nodes.Where(node => DistanceOf(node, snapshot) == NodeDistance.Remote),
        ])
        {
            PrefersReplicas = _prefersReplicas,
        };
    }
}
