using CqlDriver.Topology;

namespace CqlDriver.Routing;

/// <summary>
/// A plan table as it is walked: ordinals in one array, group after group, for the states and flags of one snapshot. Nodes
/// that are up first, group by group; then those that drain; then those that are down, since "down" may be out of date.
/// Built in O(nodes) when a snapshot changes, read by every request.
/// </summary>
internal sealed class PlanOrder
{
    private PlanOrder(int[] ordinals, int[] groupEnds)
    {
        Ordinals = ordinals;
        GroupEnds = groupEnds;
    }

    public static PlanOrder Empty { get; } = new([], []);

    /// <summary>Ordinals, group after group.</summary>
    public int[] Ordinals { get; }

    /// <summary>Where each group ends.</summary>
    public int[] GroupEnds { get; }

    /// <summary>Builds the order; nodes that the snapshot does not know any more are left out.</summary>
    public static PlanOrder Build(PlanTable table, Metadata snapshot)
    {
        var ordinals = new List<int>(snapshot.Nodes.Length);
        var ends = new List<int>();
        Append(static node => node is { IsRoutable: true, State: TopologyState.Normal, IsUp: true });
        Append(static node => node is { IsRoutable: true, State: TopologyState.Draining, IsUp: true });
        Append(static node => node is { IsRoutable: true, IsUp: false });
        return new PlanOrder([.. ordinals], [.. ends]);

        void Append(Func<Node, bool> belongs)
        {
            foreach (var group in table.Groups)
            {
                var start = ordinals.Count;
                foreach (var listed in group)
                {
                    if (snapshot.TryGetNode(listed.HostId, out var node) && belongs(node))
                    {
                        ordinals.Add(node.Ordinal);
                    }
                }

                if (ordinals.Count > start)
                {
                    ends.Add(ordinals.Count);
                }
            }
        }
    }
}
