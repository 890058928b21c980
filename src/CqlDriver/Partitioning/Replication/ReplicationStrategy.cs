using System.Collections.Immutable;
using System.Globalization;

namespace CqlDriver.Partitioning;

/// <summary>
/// How a keyspace's replicas follow from the nodes' tokens: whoever owns a range, then others in the order of the ring, until
/// there are enough. Servers do it this way, so a driver has no choice. Pure.
/// </summary>
internal abstract class ReplicationStrategy
{
    private protected ReplicationStrategy()
    {
    }

    /// <summary>
    /// The strategy by the name of its class, without package, and its options. Null: replicas do not follow from tokens (every
    /// node has all rows, or rows of its own), or by rules that are not known here; then any node is as good as another.
    /// </summary>
    public static ReplicationStrategy? Of(string name, ImmutableSortedDictionary<string, string> options) => name switch
    {
        "SimpleStrategy" => FactorOf(options.GetValueOrDefault("replication_factor")) is { } factor ? new SimpleStrategy(factor) : null,
        "NetworkTopologyStrategy" => new NetworkTopologyStrategy(
            [.. options.Select(static option => (Datacenter: option.Key, Factor: FactorOf(option.Value))).Where(static entry => entry.Factor is not null).Select(static entry => (entry.Datacenter, entry.Factor!.Value))]),
        _ => null,
    };

    /// <summary>Begins to choose the replicas of ranges of a ring of these nodes.</summary>
    public abstract ReplicaChoice Begin(ImmutableArray<RingNode> nodes);

    /// <summary>The number of replicas; of transient replication (<c>3/1</c>) all of them. Null: no number.</summary>
    private static int? FactorOf(string? text)
    {
        var number = text?.Split('/')[0];
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var factor) ? factor : null;
    }
}

/// <summary>Chooses the replicas of one range after another. Not thread-safe: it keeps what it counts.</summary>
internal abstract class ReplicaChoice
{
    /// <summary>Begins with the next range.</summary>
    public abstract void Clear();

    /// <summary>Offers the next node on the ring; one may be offered again.</summary>
    /// <param name="node">Its index among the nodes.</param>
    /// <param name="isTaken">Whether it is a replica now, and was none before.</param>
    /// <returns>Whether there are enough.</returns>
    public abstract bool Offer(int node, out bool isTaken);
}
