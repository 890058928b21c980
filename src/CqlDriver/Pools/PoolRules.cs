using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Diagnostics;
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
        return Fill(state, step, NewPool(state, fence, node.Endpoint!, node.Sharding));
    }

    public static PoolState NewPool(SessionState state, PoolFence fence, NodeEndpoint endpoint, NodeSharding? sharding) =>
        new(fence, endpoint, new NodePool(fence, endpoint)) { Sharding = sharding, Slots = FreeSlots(sharding?.ShardCount ?? state.Settings.ConnectionsPerNode) };

    /// <summary>The pool is not wanted any more: its work is revoked, its connections finish what was written on them.</summary>
    public static SessionState Retire(SessionState state, StepDraft step, PoolState pool, TimeSpan drainLimit, string reason, long handover = 0)
    {
        state = state with { Tickets = state.Tickets.RevokePool(step, pool.Fence.PoolId), Pools = state.Pools.Remove(pool.Fence.HostId) };
        foreach (var slot in pool.Slots)
        {
            if (slot.Connection is { } connection)
            {
                state = state.Close(step, connection, drainLimit, reason, handover);
            }
        }

        return state;
    }

    /// <summary>Dials for free places. Nothing while the timer runs, nor while another endpoint is to take over: this one may be another node's by now.</summary>
    public static SessionState Fill(SessionState state, StepDraft step, PoolState pool)
    {
        var count = pool.ConnectionCount;
        if ((!pool.IsStaged && state.Staged.ContainsKey(pool.Fence.HostId)) || (pool.IsDraining && count > 0))
        {
            return state.With(pool);
        }

        // Never more than there are free places: a node that chooses the shard itself may fill a place that another dial is for.
        var mayDial = count == 0 ? 1 : Math.Min(state.Settings.MaxDialsPerNode, pool.Slots.Count(static slot => slot.IsOpenToNew));
        if (pool.MayMiss && state.Tickets.Find(pool.TimerKey) is null && RouteRenewalRules.MayDial(step, ref pool))
        {
            var isSingleFlight = step.Defends(Race.DoubleCreation);
            for (var slot = 0; slot < pool.Slots.Length && (pool.Dials.Count < mayDial || !isSingleFlight); slot++)
            {
                if (pool.Slots[slot].IsOpenToNew && (pool.Dials.Values.All(dial => dial.Slot != slot) || !isSingleFlight))
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
        ClientRouteRules.OnSucceeded(step, pool.Fence.HostId, dial.Route);
        if (state.Tickets.Find(pool.TimerKey) is { } timer)
        {
            state = state with { Tickets = state.Tickets.Revoke(step, timer) };
        }

        var slot = SlotFor(pool, dial, connection);
        slot = slot < 0 ? RouteRenewalRules.StaleSlot(step, pool, dial, connection) : slot;
        if (slot < 0)
        {
            // The node chose a shard that has a connection already.
            pool = pool with { Misses = pool.Misses + 1, ShardAwarePort = dial.HasWish ? null : pool.ShardAwarePort };
            state = ExcessConnections.Keep(state, step, ref pool, connection);
            return pool.MayMiss ? Fill(state, step, pool) : Pause(state, step, pool, state.Settings.MissPause);
        }

        if (pool.Slots[slot].Connection is { } worn)
        {
            state = state.Close(step, worn, state.Settings.DrainLimit, pool.Slots[slot].IsWorn ? "too many of its requests were given up; it is replaced" : "its node is reached by another route now");
        }

        var isCurrent = dial.KeyspaceVersion == state.KeyspaceVersion || !step.Defends(Race.KeyspaceSwitch);
        pool = pool.WithSlot(slot, new PoolSlot(connection, dial.KeyspaceVersion, null, isCurrent) { Route = new RouteMark(dial.Route) });
        state = Fill(state, step, pool);
        state = isCurrent ? state : KeyspaceRules.Switch(state, step, state.PoolOf(pool.Fence)!, slot);
        return StagingRules.Warm(state, step, state.PoolOf(pool.Fence)!);
    }

    /// <summary>A dial failed. A refused keyspace says nothing against the node.</summary>
    public static SessionState Failed(SessionState state, StepDraft step, PoolState pool, DialInFlight? dial, Exception error, bool isNodeAtFault)
    {
        ClientRouteRules.OnFailed(step, pool.Fence.HostId, isNodeAtFault ? dial?.Route : null, error);
        if (pool.Attempt == 0)
        {
            step.Report(Log.NodeUnreachable, $"{pool.Fence.HostId}@{pool.Endpoint}", error.Message);
        }

        pool = pool with
        {
            Attempt = pool.Attempt + 1,
            LastError = error,
            HasFailed = pool.HasFailed || (isNodeAtFault && pool.ConnectionCount == 0),

            // Perhaps only that port is closed to us: the next dial goes to the ordinary one.
            ShardAwarePort = dial is { HasWish: true } ? null : pool.ShardAwarePort,
        };
        return Pause(state, step, pool, step.ReconnectionDelay(pool.Attempt));
    }

    /// <summary>One of its connections ended.</summary>
    public static SessionState Lost(SessionState state, StepDraft step, PoolState pool, int slot, Exception error)
    {
        pool = pool.WithSlot(slot, PoolSlot.Free) with { LastError = error, Misses = 0 };
        pool = pool.ConnectionCount == 0 ? pool with { HasFailed = true, StatementsLeft = null, Warmings = 0 } : pool;
        return pool.Attempt == 0 ? Wake(state, step, pool) : Fill(state, step, pool);
    }

    /// <summary>The pool's timer has fired. What did not lead to every shard is given another chance.</summary>
    public static SessionState Resume(SessionState state, StepDraft step, PoolState pool) =>
        Fill(state, step, pool.MayMiss ? pool : pool with { Misses = 0, ShardAwarePort = ToldPort(pool) });

    /// <summary>Somebody says that the node is there again: the pause ends now.</summary>
    public static SessionState Wake(SessionState state, StepDraft step, PoolState pool)
    {
        if (state.Tickets.Find(pool.TimerKey) is { } timer)
        {
            state = state with { Tickets = state.Tickets.Revoke(step, timer) };
        }

        return Fill(state, step, pool with { Attempt = 0 });
    }

    public static void Probe(StepDraft step, PoolState pool)
    {
        foreach (var slot in pool.Slots)
        {
            if (slot.Connection is { } connection)
            {
                step.Start(new ProbeConnection(connection));
            }
        }
    }

    /// <summary>
    /// The node shards differently: the places are laid out anew in this step, connections that fit stay and are stamped anew,
    /// the others finish what was written on them. Dials under way were for places that are gone.
    /// </summary>
    public static SessionState Reshape(SessionState state, StepDraft step, PoolState pool, long generation, NodeSharding? sharding)
    {
        state = LayOut(state, step, pool, generation, sharding);
        return KeyspaceRules.SwitchAll(Fill(state, step, state.PoolOf(pool.Fence)!), step, pool.Fence);
    }

    /// <summary>The same without dials: for a connection that has just told it, and is to have its place before others are dialled for.</summary>
    public static SessionState LayOut(SessionState state, StepDraft step, PoolState pool, long generation, NodeSharding? sharding)
    {
        state = state with { Tickets = state.Tickets.RevokePool(step, pool.Fence.PoolId) };
        var kept = pool.Slots.Where(static slot => slot.Connection is not null).ToImmutableArray();
        pool = pool with
        {
            Fence = pool.Fence with { Generation = generation },
            Sharding = sharding,
            Slots = FreeSlots(sharding?.ShardCount ?? state.Settings.ConnectionsPerNode),
            Dials = pool.Dials.Clear(),
            Misses = 0,
            ShardAwarePort = ToldPort(pool),
        };
        foreach (var slot in kept)
        {
            var place = SlotFor(pool, new DialInFlight(FirstFree(pool), 0, HasWish: false), slot.Connection!);
            if (place < 0 || !Fits(slot.Connection!, sharding))
            {
                state = state.Close(step, slot.Connection!, state.Settings.DrainLimit, "the node shards differently now");
                continue;
            }

            pool = pool.WithSlot(place, slot with { SwitchingTo = null });
        }

        return state.With(pool);
    }

    /// <summary>The node has another host id now: the pool and what is open in it go on under that. Dials under way expected the old one.</summary>
    public static SessionState Rename(SessionState state, StepDraft step, PoolState pool, Node node)
    {
        state = state with { Tickets = state.Tickets.RevokePool(step, pool.Fence.PoolId), Pools = state.Pools.Remove(pool.Fence.HostId) };
        pool = pool with
        {
            Fence = pool.Fence with { HostId = node.HostId, Generation = node.Generation },
            Dials = pool.Dials.Clear(),
            Slots = [.. pool.Slots.Select(static slot => slot with { SwitchingTo = null })],
        };
        return KeyspaceRules.SwitchAll(Fill(state, step, pool), step, pool.Fence);
    }

    /// <summary>Whether a connection was opened to the node as it is.</summary>
    public static bool Fits(IPooledConnection connection, NodeSharding? sharding) =>
        connection.Facts.Sharding is { } facts ? sharding == new NodeSharding(facts.ShardCount, facts.IgnoreMsb) : sharding is null;

    /// <summary>Where a shard can be chosen, by what the node tells now.</summary>
    private static int? ToldPort(PoolState pool) => pool.Slots.Select(static slot => slot.Connection?.Facts.Sharding?.ShardAwarePort).LastOrDefault(static port => port is not null);

    private static SessionState Pause(SessionState state, StepDraft step, PoolState pool, TimeSpan delay)
    {
        state = state.Issue(step, pool.TimerKey, pool.Fence, out var timer, pool.Handover);
        if (timer is not null)
        {
            step.Start(new StartTimer(timer, delay));
        }

        return state.With(pool);
    }

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
        state = state.Issue(step, key, pool.Fence, out var ticket, pool.Handover);
        if (ticket is null)
        {
            return (state, pool);
        }

        var (endpoint, wish, route) = DialTarget.Of(step, pool, slot);
        step.Start(new DialNode(ticket with { Route = route }, step.NextConnectionId(), endpoint, state.Keyspace, wish));
        return (state, pool with { Dials = pool.Dials.Add(ticket.Id, new DialInFlight(slot, state.KeyspaceVersion, wish is not null, route)) });
    }

    /// <summary>Its shard's place where there are shards, else the one that it was dialled for; −1 when that is taken.</summary>
    private static int SlotFor(PoolState pool, DialInFlight dial, IPooledConnection connection)
    {
        var slot = pool.Sharding is not null && connection.Facts.Sharding is { } facts ? facts.Shard : dial.Slot;
        return (uint)slot < (uint)pool.Slots.Length && pool.Slots[slot].IsOpenToNew ? slot : -1;
    }

    private static int FirstFree(PoolState pool) =>
        pool.Slots.Select(static (slot, i) => slot.Connection is null ? i : -1).FirstOrDefault(static i => i >= 0, -1);

    private static ImmutableArray<PoolSlot> FreeSlots(int count) => [.. Enumerable.Repeat(PoolSlot.Free, count)];
}
