using System.Collections.Immutable;
using CqlDriver.Topology;

namespace CqlDriver.Routing;

/// <summary>
/// The order in which requests try nodes, made by a policy for one snapshot: groups of equals, the preferred group first.
/// Within a group requests take turns. Immutable.
/// </summary>
public sealed class PlanTable
{
    /// <summary>Creates a table.</summary>
    /// <param name="groups">Groups of nodes of one snapshot; a node named twice counts where it is named first.</param>
    public PlanTable(IEnumerable<IEnumerable<Node>> groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        var seen = new HashSet<HostId>();
        Groups = [.. groups.Select(group => group.Where(node => seen.Add(node.HostId)).ToImmutableArray()).Where(group => group.Length > 0)];
    }

    /// <summary>
    /// Whether, of a request whose partition is known, those replicas come first that are up and of distance
    /// <see cref="NodeDistance.Local"/>, in the order of the groups. True.
    /// </summary>
    public bool PrefersReplicas { get; init; } = true;

    /// <summary>The groups, without empty ones.</summary>
    public ImmutableArray<ImmutableArray<Node>> Groups { get; }
}
