using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Topology;

namespace CqlDriver.Pools;

/// <summary>One place in a pool. Its connection is shown to requests when it is at the session's keyspace.</summary>
/// <param name="Connection">Null: the place is free.</param>
/// <param name="KeyspaceVersion">Which of the session's keyspaces the connection is at.</param>
/// <param name="SwitchingTo">Which one it is being switched to; null: none.</param>
/// <param name="IsPublished">Whether requests see it. Once seen it stays so while it is switched.</param>
internal sealed record PoolSlot(IPooledConnection? Connection, long KeyspaceVersion, long? SwitchingTo, bool IsPublished)
{
    public static PoolSlot Free { get; } = new(null, 0, null, false);

    /// <summary>Too many of its requests were given up: it serves until its replacement is there.</summary>
    public bool IsWorn { get; init; }

    public RouteMark Route { get; init; } = RouteMark.None;

    /// <summary>Whether a connection that comes home may take it.</summary>
    public bool IsOpenToNew => Connection is null || IsWorn || Route.IsDue;
}

/// <param name="Slot">For which place.</param>
/// <param name="KeyspaceVersion">With which of the session's keyspaces.</param>
/// <param name="HasWish">Whether it was dialled to the port where the shard can be chosen.</param>
/// <param name="Route">By which route.</param>
internal sealed record DialInFlight(int Slot, long KeyspaceVersion, bool HasWish, ClientRoute? Route = null);

/// <summary>What the loop remembers of one pool. Immutable; <see cref="Handle"/> is what requests hold.</summary>
/// <param name="Fence">For which life of which node it is. Stamped anew when merely the sharding changed.</param>
/// <param name="Endpoint">Where it dials, captured with the fence.</param>
/// <param name="Handle">What requests hold.</param>
internal sealed record PoolState(PoolFence Fence, NodeEndpoint Endpoint, NodePool Handle)
{
    private const int MaxTries = 3;

    /// <summary>The handover for which it is made ready, while requests do not see it; 0: it is its node's pool.</summary>
    public long Handover { get; init; }

    public bool IsStaged => Handover != 0;

    public NodeSharding? Sharding { get; init; }

    /// <summary>Statements that are not prepared at a staged pool's node yet; null: unknown.</summary>
    public int? StatementsLeft { get; init; }

    /// <summary>How long preparing one took there.</summary>
    public TimeSpan? RoundTrip { get; init; }

    /// <summary>How often preparing was begun.</summary>
    public int Warmings { get; init; }

    /// <summary>The port where a connection chooses its shard; null: unknown, or of no use.</summary>
    public int? ShardAwarePort { get; init; }

    public ImmutableArray<PoolSlot> Slots { get; init; } = [];

    /// <summary>By ticket.</summary>
    public ImmutableSortedDictionary<long, DialInFlight> Dials { get; init; } = ImmutableSortedDictionary<long, DialInFlight>.Empty;

    /// <summary>Open, and of no use but to send the next one to another shard.</summary>
    public ImmutableArray<IPooledConnection> Excess { get; init; } = [];

    /// <summary>Up to which of its node's route revisions it has dialled.</summary>
    public long RouteRevision { get; init; }

    /// <summary>Its node is on its way out: what is open serves, no more is opened.</summary>
    public bool IsDraining { get; init; }

    /// <summary>Failed dials since the last success.</summary>
    public int Attempt { get; init; }

    /// <summary>Whether it had no connection and could not get one at once, or lost its last one.</summary>
    public bool HasFailed { get; init; }

    /// <summary>Connections to shards that were taken already, since the last loss: on a port where the node chooses, one must not ask for ever.</summary>
    public int Misses { get; init; }

    public Exception? LastError { get; init; }

    public int ConnectionCount => Slots.Count(static slot => slot.Connection is not null);

    /// <summary>No place is left that it would still try to fill.</summary>
    public bool IsFull => ConnectionCount == Slots.Length || (ConnectionCount > 0 && (Attempt >= MaxTries || !MayMiss));

    /// <summary>Whether another connection is worth asking a node for, that chooses the shard itself.</summary>
    public bool MayMiss => ConnectionCount == 0 || Misses <= 2 * Slots.Length;

    /// <summary>Whether a connection was begun after all that are open here.</summary>
    public bool IsNewest(ConnectionId connection) => Slots.All(slot => slot.Connection is null || slot.Connection.Id.CompareTo(connection) < 0);

    public bool IsUsable => Slots.Any(static slot => slot.IsPublished);

    public EffectKey TimerKey => new(EffectKind.Timer) { Timer = TimerPurpose.PoolReconnection, HostId = Fence.HostId, PoolId = Fence.PoolId };

    public PoolState WithSlot(int index, PoolSlot slot) => this with { Slots = Slots.SetItem(index, slot) };

    public int IndexOf(ConnectionId connectionId) =>
        Slots.Select((slot, i) => slot.Connection?.Id == connectionId ? i : -1).FirstOrDefault(static i => i >= 0, -1);

    /// <summary>What requests are to see.</summary>
    public ShardSlots ToShardSlots()
    {
        var published = Slots.Select(static slot => slot.IsPublished ? slot.Connection : null);
        return Sharding is { } sharding ? ShardSlots.Sharded(sharding, [.. published]) : ShardSlots.Unsharded([.. published.OfType<IPooledConnection>()]);
    }
}
