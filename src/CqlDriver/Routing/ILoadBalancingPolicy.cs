using CqlDriver.Topology;

namespace CqlDriver.Routing;

/// <summary>
/// Decides which nodes are used, and in which order requests try them. The work is done when the topology changes, not per
/// request: a policy is asked for a table, and each request walks the table. Both methods are pure, quick, and called from
/// one thread; one that throws is replaced by the default policy until the next change, with one warning.
/// </summary>
public interface ILoadBalancingPolicy
{
    /// <summary>How near a node is.</summary>
    /// <param name="node">A node of the snapshot.</param>
    /// <param name="snapshot">The cluster.</param>
    NodeDistance DistanceOf(Node node, Metadata snapshot);

    /// <summary>
    /// The order of nodes. Not asked again when nodes merely go up or down: nodes that are up come first by themselves, and
    /// those on their way in or out are left out or come last.
    /// </summary>
    /// <param name="snapshot">The cluster.</param>
    PlanTable Build(Metadata snapshot);
}
