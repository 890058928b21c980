using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Topology;

namespace CqlDriver.Pools;

/// <summary>
/// How one pool comes to its connections and keeps them. First one dial; when that has told how the node shards, the others,
/// a few at once. What fails waits for a timer that grows, one per pool; what is lost is dialled again at once. Pure.
/// </summary>
internal static class PoolRules
{
    /// <summary>A pool for this life of a node, with its first dial.</summary>
    public static SessionState Create(SessionState state, StepDraft step, Node node)
    {
        var fence = new PoolFence(node.HostId, node.Generation, step.NextPoolId());
        var pool = new PoolState(fence, node.Endpoint!, new NodePool(fence, node.Endpoint!))
        {
            Sharding = node.Sharding,
            Slots = FreeSlots(node.Sharding?.ShardCount ?? state.Settings.ConnectionsPerNode),
        };
        return Fill(state, step, pool);
    }

    /// <summary>The pool is not wanted any more: its work is revoked, its connections finish what was written on them.</summary>
    public static SessionState Retire(SessionState state, StepDraft step, PoolState pool, TimeSpan drainLimit, string reason)
    {
        state = state with { Tickets = state.Tickets.RevokePool(step, pool.Fence.PoolId), Pools = state.Pools.Remove(pool.Fence.HostId) };
        foreach (var slot in pool.Slots)
        {
            if (slot.Connection is { } connection)
            {
                state = state.Close(step, connection, drainLimit, reason);
            }
        }

        return state;
    }

    /// <summary>Dials for free places. Nothing while the timer runs.</summary>
    public static SessionState Fill(SessionState state, StepDraft step, PoolState pool)
    {
        var count = pool.ConnectionCount;

        // Never more than there are free places: a node that chooses the shard itself may fill a place that another dial is for.
        var mayDial = count == 0 ? 1 : Math.Min(state.Settings.MaxDialsPerNode, pool.Slots.Length - count);
        var mayMiss = count == 0 || pool.Misses <= 2 * pool.Slots.Length;
        if (mayMiss && state.Tickets.Find(pool.TimerKey) is null)
        {
            for (var slot = 0; slot < pool.Slots.Length && pool.Dials.Count < mayDial; slot++)
            {
                if (pool.Slots[slot].Connection is null && pool.Dials.Values.All(dial => dial.Slot != slot))
                {
                    (state, pool) = Dial(state, step, pool, slot);
                }
            }
        }

        return state.With(pool);
    }

    /// <summary>A connection came home for this pool, and may stay.</summary>
    public static SessionState Admit(SessionState state, StepDraft step, PoolState pool, DialInFlight dial, IPooledConnection connection)
    {
        pool = Succeeded(pool, connection);
        if (state.Tickets.Find(pool.TimerKey) is { } timer)
        {
            state = state with { Tickets = state.Tickets.Revoke(step, timer) };
        }

        var slot = SlotFor(pool, dial, connection);
        if (slot < 0)
        {
            // The node chose a shard that has a connection already.
            pool = pool with { Misses = pool.Misses + 1, ShardAwarePort = dial.HasWish ? null : pool.ShardAwarePort };
            return Fill(state.Close(step, connection, TimeSpan.Zero, "its shard has a connection already"), step, pool);
        }

        var isCurrent = dial.KeyspaceVersion == state.KeyspaceVersion;
        pool = pool.WithSlot(slot, new PoolSlot(connection, dial.KeyspaceVersion, null, isCurrent));
        state = Fill(state, step, pool);
        return isCurrent ? state : KeyspaceRules.Switch(state, step, state.Pools[pool.Fence.HostId], slot);
    }

    /// <summary>A dial failed. A refused keyspace says nothing against the node.</summary>
    public static SessionState Failed(SessionState state, StepDraft step, PoolState pool, DialInFlight? dial, Exception error, bool isNodeAtFault)
    {
        if (pool.Attempt == 0)
        {
            step.Report(TopologyNoticeKind.NodeUnreachable, $"{pool.Fence.HostId}@{pool.Endpoint}", error.Message);
        }

        pool = pool with
        {
            Attempt = pool.Attempt + 1,
            LastError = error,
            HasFailed = pool.HasFailed || (isNodeAtFault && pool.ConnectionCount == 0),

            // Perhaps only that port is closed to us: the next dial goes to the ordinary one.
            ShardAwarePort = dial is { HasWish: true } ? null : pool.ShardAwarePort,
        };
        state = state.Issue(step, pool.TimerKey, pool.Fence, out var timer);
        if (timer is not null)
        {
            step.Start(new StartTimer(timer, step.ReconnectionDelay(pool.Attempt)));
        }

        return state.With(pool);
    }

    /// <summary>One of its connections ended.</summary>
    public static SessionState Lost(SessionState state, StepDraft step, PoolState pool, int slot, Exception error)
    {
        pool = pool.WithSlot(slot, PoolSlot.Free) with { LastError = error, Misses = 0 };
        return Fill(state, step, pool with { HasFailed = pool.ConnectionCount == 0 });
    }

    /// <summary>Somebody says that the node is there again: the pause ends now.</summary>
    public static SessionState Wake(SessionState state, StepDraft step, PoolState pool)
    {
        if (state.Tickets.Find(pool.TimerKey) is not { } timer)
        {
            return state;
        }

        state = state with { Tickets = state.Tickets.Revoke(step, timer) };
        return Fill(state, step, pool with { Attempt = 0 });
    }

    /// <summary>
    /// The node shards differently: the places are laid out anew in this step, connections that fit stay and are stamped anew,
    /// the others finish what was written on them. Dials under way were for places that are gone.
    /// </summary>
    public static SessionState Reshape(SessionState state, StepDraft step, PoolState pool, Node node)
    {
        state = LayOut(state, step, pool, node);
        return KeyspaceRules.SwitchAll(Fill(state, step, state.Pools[node.HostId]), step, node.HostId);
    }

    /// <summary>The same without dials: for a connection that has just told it, and is to have its place before others are dialled for.</summary>
    public static SessionState LayOut(SessionState state, StepDraft step, PoolState pool, Node node)
    {
        state = state with { Tickets = state.Tickets.RevokePool(step, pool.Fence.PoolId) };
        var kept = pool.Slots.Where(static slot => slot.Connection is not null).ToImmutableArray();
        pool = pool with
        {
            Fence = pool.Fence with { Generation = node.Generation },
            Sharding = node.Sharding,
            Slots = FreeSlots(node.Sharding?.ShardCount ?? state.Settings.ConnectionsPerNode),
            Dials = pool.Dials.Clear(),
            Misses = 0,
        };
        foreach (var slot in kept)
        {
            var place = SlotFor(pool, new DialInFlight(FirstFree(pool), 0, HasWish: false), slot.Connection!);
            if (place < 0 || !Fits(slot.Connection!, node.Sharding))
            {
                state = state.Close(step, slot.Connection!, state.Settings.DrainLimit, "the node shards differently now");
                continue;
            }

            pool = pool.WithSlot(place, slot with { SwitchingTo = null });
        }

        return state.With(pool);
    }

    /// <summary>Whether a connection was opened to the node as it is.</summary>
    public static bool Fits(IPooledConnection connection, NodeSharding? sharding) =>
        connection.Facts.Sharding is { } facts ? sharding == new NodeSharding(facts.ShardCount, facts.IgnoreMsb) : sharding is null;

    private static PoolState Succeeded(PoolState pool, IPooledConnection connection) => pool with
    {
        Attempt = 0,
        HasFailed = false,
        LastError = null,
        ShardAwarePort = pool.ConnectionCount == 0 ? connection.Facts.Sharding?.ShardAwarePort : pool.ShardAwarePort,
    };

    private static (SessionState State, PoolState Pool) Dial(SessionState state, StepDraft step, PoolState pool, int slot)
    {
        var key = new EffectKey(EffectKind.DialNode) { HostId = pool.Fence.HostId, PoolId = pool.Fence.PoolId, Slot = slot };
        state = state.Issue(step, key, pool.Fence, out var ticket);
        if (ticket is null)
        {
            return (state, pool);
        }

        var hasWish = pool is { Sharding: not null, ShardAwarePort: not null };
        var endpoint = hasWish ? new NodeEndpoint(pool.Endpoint.Host, pool.ShardAwarePort!.Value) : pool.Endpoint;
        ShardWish? wish = hasWish ? new ShardWish(slot, pool.Sharding!.ShardCount) : null;
        step.Start(new DialNode(ticket, step.NextConnectionId(), endpoint, state.Keyspace, wish));
        return (state, pool with { Dials = pool.Dials.Add(ticket.Id, new DialInFlight(slot, state.KeyspaceVersion, hasWish)) });
    }

    /// <summary>Its shard's place where there are shards, else the one that it was dialled for; −1 when that is taken.</summary>
    private static int SlotFor(PoolState pool, DialInFlight dial, IPooledConnection connection)
    {
        var slot = pool.Sharding is not null && connection.Facts.Sharding is { } facts ? facts.Shard : dial.Slot;
        return (uint)slot < (uint)pool.Slots.Length && pool.Slots[slot].Connection is null ? slot : -1;
    }

    private static int FirstFree(PoolState pool)
    {
        for (var i = 0; i < pool.Slots.Length; i++)
        {
            if (pool.Slots[i].Connection is null)
            {
                return i;
            }
        }

        return -1;
    }

    private static ImmutableArray<PoolSlot> FreeSlots(int count) => [.. Enumerable.Repeat(PoolSlot.Free, count)];
}
