using System.Diagnostics;
using CqlDriver.Topology;

namespace CqlDriver.Routing;

/// <summary>
/// A plan table as it is walked: ordinals in one array, group after group, for the states and flags of one snapshot. Nodes
/// that are up first, group by group; then those that drain; then those that are down, since "down" may be out of date.
/// Beside it, by host id, the nodes that may come first because they are replicas. Built in O(nodes) when a snapshot changes,
/// read by every request.
/// </summary>
internal sealed class PlanOrder
{
    private readonly Entry[] _preferred;

    private PlanOrder(int[] ordinals, int[] groupEnds, Entry[] preferred)
    {
        Ordinals = ordinals;
        GroupEnds = groupEnds;
        _preferred = preferred;
    }

    public static PlanOrder Empty { get; } = new([], [], [default]);

    /// <summary>Ordinals, group after group.</summary>
    public int[] Ordinals { get; }

    /// <summary>Where each group ends.</summary>
    public int[] GroupEnds { get; }

    /// <summary>Builds the order; nodes that the snapshot does not know any more are left out.</summary>
    /// <param name="table">What the policy wants.</param>
    /// <param name="snapshot">The nodes as they are.</param>
    /// <param name="distanceOf">How near nodes are; replicas that are not local do not come first. Null: all are.</param>
    public static PlanOrder Build(PlanTable table, Metadata snapshot, Func<Node, NodeDistance>? distanceOf = null)
    {
        var ordinals = new List<int>(snapshot.Nodes.Length);
        var ends = new List<int>();
        var preferred = new List<Entry>();
        Append(static node => node is { IsRoutable: true, State: TopologyState.Normal, IsUp: true }, mayPrefer: table.PrefersReplicas);
        Append(static node => node is { IsRoutable: true, State: TopologyState.Draining, IsUp: true }, mayPrefer: false);
        Append(static node => node is { IsRoutable: true, IsUp: false }, mayPrefer: false);
        return new PlanOrder([.. ordinals], [.. ends], Hashed(preferred));

        void Append(Func<Node, bool> belongs, bool mayPrefer)
        {
            foreach (var group in table.Groups)
            {
                var start = ordinals.Count;
                foreach (var listed in group)
                {
                    if (!snapshot.TryGetNode(listed.HostId, out var node) || !belongs(node))
                    {
                        continue;
                    }

                    ordinals.Add(node.Ordinal);
                    if (mayPrefer && (distanceOf is null || distanceOf(node) == NodeDistance.Local))
                    {
                        preferred.Add(new Entry(node.HostId, node.Ordinal, ends.Count + 1));
                    }
                }

                if (ordinals.Count > start)
                {
                    ends.Add(ordinals.Count);
                }
            }
        }
    }

    /// <summary>Whether a node may come first as a replica now.</summary>
    /// <param name="hostId">The node.</param>
    /// <param name="ordinal">Its ordinal.</param>
    /// <param name="rank">Its group: those of lower rank come before it.</param>
    public bool TryPrefer(HostId hostId, out int ordinal, out int rank)
    {
        var entries = _preferred;
        for (var at = hostId.GetHashCode(); ; at++)
        {
            ref readonly var entry = ref entries[at & (entries.Length - 1)];
            if (entry.Rank == 0)
            {
                (ordinal, rank) = (-1, 0);
                return false;
            }

            if (entry.HostId == hostId)
            {
                (ordinal, rank) = (entry.Ordinal, entry.Rank);
                return true;
            }
        }
    }

    /// <summary>An open table, at most half full: a search ends at the first free place.</summary>
    private static Entry[] Hashed(List<Entry> entries)
    {
        var table = new Entry[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(entries.Count * 2) + 1)];
        foreach (var entry in entries)
        {
            Debug.Assert(entry.Rank > 0, "Rank 0 is a free place.");
            var at = entry.HostId.GetHashCode();
            while (table[at & (table.Length - 1)].Rank != 0)
            {
                at++;
            }

            table[at & (table.Length - 1)] = entry;
        }

        return table;
    }

    private readonly record struct Entry(HostId HostId, int Ordinal, int Rank);
}
