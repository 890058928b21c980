using System.Collections.Immutable;

namespace CqlDriver.Partitioning;

/// <summary>Builds the table of a token ring. Pure; a third of a second for 1,000 nodes of 256 tokens, so it is not done within a step when it is big.</summary>
internal static class RoutingTableOfRing
{
    /// <summary>Beyond so many tokens it is built outside of the step that asks for it.</summary>
    public const int Big = 4_096;

    /// <summary>The ring of these nodes.</summary>
    /// <param name="nodes">The nodes that own tokens, by ascending host id.</param>
    /// <param name="strategy">How replicas are chosen.</param>
    public static RoutingTable Build(ImmutableArray<RingNode> nodes, ReplicationStrategy strategy)
    {
        var (tokens, owners) = Ring(nodes);
        var choice = strategy.Begin(nodes);
        var ids = new int[tokens.Length];
        var groups = new List<ReplicaGroup>();
        var known = new Dictionary<int[], int>(ListComparer.Instance);
        var replicas = new List<int>();
        for (var i = 0; i < tokens.Length; i++)
        {
            choice.Clear();
            replicas.Clear();
            var isEnough = false;
            for (var step = 0; step < tokens.Length && !isEnough; step++)
            {
                var at = i + step;
                var node = owners[at < tokens.Length ? at : at - tokens.Length];
                isEnough = choice.Offer(node, out var isTaken);
                if (isTaken)
                {
                    replicas.Add(node);
                }
            }

            int[] key = [.. replicas];
            if (!known.TryGetValue(key, out ids[i]))
            {
                known.Add(key, ids[i] = groups.Count);
                groups.Add(new ReplicaGroup(groups.Count, [.. replicas.Select(node => new Replica(nodes[node].HostId))]));
            }
        }

        return RoutingTable.OfRing(tokens, ids, groups);
    }

    /// <summary>All tokens, ascending, with their owners; of two nodes that claim one, the first keeps it.</summary>
    private static (long[] Tokens, int[] Owners) Ring(ImmutableArray<RingNode> nodes)
    {
        var ring = new SortedDictionary<long, int>();
        for (var node = 0; node < nodes.Length; node++)
        {
            foreach (var token in nodes[node].Tokens)
            {
                ring.TryAdd(token.Value, node);
            }
        }

        return ([.. ring.Keys], [.. ring.Values]);
    }

    private sealed class ListComparer : IEqualityComparer<int[]>
    {
        public static ListComparer Instance { get; } = new();

        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] list)
        {
            var hash = default(HashCode);
            foreach (var number in list)
            {
                hash.Add(number);
            }

            return hash.ToHashCode();
        }
    }
}
