using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Topology;

namespace CqlDriver.Pools;

/// <summary>
/// What client routes are to a session's pools: each dial draws one, a node without any is not dialled, and connections that
/// were opened by another route than the present one are renewed, one at a time for each node, paced over all sessions. A
/// connection is closed when its successor has its place and not before, since a route may be wrong and what is open works.
/// Pure.
/// </summary>
internal static class RouteRenewalRules
{
    /// <summary>False: the pool waits for a route, without trying and without a timer.</summary>
    public static bool MayDial(StepDraft step, ref PoolState pool)
    {
        if (step.Routes is not { } routes)
        {
            return true;
        }

        var mayDial = routes.LeadsTo(pool.Fence.HostId);
        pool = pool with { RouteRevision = routes.Of(pool.Fence.HostId).Revision };
        pool = mayDial ? pool : pool with { LastError = new CqlConnectionException($"No client route leads to node {pool.Fence.HostId}; it is dialled when one is posted.", pool.Endpoint, pool.Fence.HostId) };
        return mayDial;
    }

    /// <summary>A dial has ended: who was to be renewed by it waits for his turn again, if he still has to.</summary>
    public static PoolState Answered(PoolState pool, DialInFlight dial) =>
        (uint)dial.Slot < (uint)pool.Slots.Length && pool.Slots[dial.Slot] is { Route.IsDue: true } due
            ? pool.WithSlot(dial.Slot, due with { Route = due.Route with { IsDue = false } })
            : pool;

    /// <summary>The place of a connection that this one may take, since it was opened by the present route and the other was not; −1: none.</summary>
    public static int StaleSlot(StepDraft step, PoolState pool, DialInFlight dial, IPooledConnection connection)
    {
        if (step.Routes is not { } routes || !routes.Of(pool.Fence.HostId).IsFresh(dial.Route))
        {
            return -1;
        }

        var slot = pool.Sharding is not null && connection.Facts.Sharding is { } facts ? facts.Shard : dial.Slot;
        return (uint)slot < (uint)pool.Slots.Length && pool.Slots[slot].Route.IsStale ? slot : -1;
    }

    /// <summary>After everything else: pools whose routes or connections have changed.</summary>
    public static SessionState Follow(SessionState before, SessionState state, TopologyStep step)
    {
        if (step.Draft.Routes is null || state.Phase != SessionPhase.Active)
        {
            return state;
        }

        var concernsAll = step.Input is RoutesDue || step.Changes.Any(static change => change is RoutesChanged);
        foreach (var pool in state.Pools.Values.Concat(state.Staged.Values))
        {
            var earlier = (pool.IsStaged ? before.Staged : before.Pools).GetValueOrDefault(pool.Fence.HostId);
            if (concernsAll || !ReferenceEquals(earlier, pool))
            {
                state = Follow(state, step.Draft, pool);
            }
        }

        return state;
    }

    /// <summary>The pause is over: one connection's successor is dialled.</summary>
    public static SessionState OnDue(SessionState state, StepDraft step, PoolState pool)
    {
        for (var slot = 0; slot < pool.Slots.Length; slot++)
        {
            if (pool.Slots[slot] is { Connection: not null, Route: { IsStale: true } mark } stale)
            {
                return PoolRules.Fill(state, step, pool.WithSlot(slot, stale with { Route = mark with { IsDue = true } }));
            }
        }

        return state;
    }

    /// <summary>By how much the session's connections changed, by node and route.</summary>
    public static ImmutableArray<RouteUse> Uses(SessionState before, SessionState after)
    {
        if (ReferenceEquals(before.Pools, after.Pools) && ReferenceEquals(before.Staged, after.Staged))
        {
            return [];
        }

        var uses = ImmutableArray.CreateBuilder<RouteUse>();
        Count(before, after, -1);
        Count(after, before, 1);
        return uses.ToImmutable();

        void Count(SessionState one, SessionState other, int sign)
        {
            foreach (var pool in one.Pools.Values.Concat(one.Staged.Values))
            {
                if (!ReferenceEquals((pool.IsStaged ? other.Staged : other.Pools).GetValueOrDefault(pool.Fence.HostId), pool))
                {
                    uses.AddRange(pool.Slots.Where(static slot => slot is { Connection: not null, Route.Used: not null }).Select(slot => new RouteUse(pool.Fence.HostId, slot.Route.Used!, sign)));
                }
            }
        }
    }

    private static SessionState Follow(SessionState state, StepDraft step, PoolState pool)
    {
        var host = step.Routes!.Of(pool.Fence.HostId);
        if (pool.RouteRevision != host.Revision)
        {
            (state, pool) = Redial(state, step, pool with { RouteRevision = host.Revision, Misses = 0 });
        }

        pool = Mark(pool, host);
        if (!step.Defends(Race.BadRoute))
        {
            return CloseStale(state, step, pool);
        }

        state = state.With(pool);
        var isWaiting = pool.Slots.Any(static slot => slot.Route.IsDue) || host.IsRenewalStopped || pool.IsStaged || pool.IsDraining;
        if (isWaiting || pool.Slots.All(static slot => !slot.Route.IsStale) || state.Tickets.Find(TimerKey(pool)) is not null)
        {
            return state;
        }

        state = state.Issue(step, TimerKey(pool), pool.Fence, out var timer);
        step.Start(new StartTimer(timer!, ClientRouteRules.ReserveRenewal(step, pool.Fence.HostId)));
        return state;
    }

    /// <summary>The node is to be reached in another way: at once, whatever pause was due; what is being dialled in the old way is only waited for where something works.</summary>
    private static (SessionState State, PoolState Pool) Redial(SessionState state, StepDraft step, PoolState pool)
    {
        if (pool.ConnectionCount == 0 && !pool.Dials.IsEmpty)
        {
            state = state with { Tickets = state.Tickets.RevokeDials(step, pool.Fence.PoolId) };
            pool = pool with { Dials = pool.Dials.Clear() };
        }

        state = PoolRules.Wake(state, step, pool);
        return (state, state.PoolOf(pool.Fence)!);
    }

    private static PoolState Mark(PoolState pool, HostRoute host)
    {
        for (var slot = 0; slot < pool.Slots.Length; slot++)
        {
            var (connection, mark) = (pool.Slots[slot].Connection, pool.Slots[slot].Route);
            var isStale = connection is not null && !host.IsFresh(mark.Used);
            pool = isStale == mark.IsStale ? pool : pool.WithSlot(slot, pool.Slots[slot] with { Route = mark with { IsStale = isStale } });
        }

        return pool;
    }

    private static SessionState CloseStale(SessionState state, StepDraft step, PoolState pool)
    {
        for (var slot = 0; slot < pool.Slots.Length; slot++)
        {
            if (pool.Slots[slot] is { Connection: { } connection, Route.IsStale: true })
            {
                state = state.Close(step, connection, TimeSpan.Zero, "its node is reached by another route now");
                pool = pool.WithSlot(slot, PoolSlot.Free);
            }
        }

        return PoolRules.Fill(state, step, pool);
    }

    private static EffectKey TimerKey(PoolState pool) => new(EffectKind.Timer) { Timer = TimerPurpose.RouteRenewal, HostId = pool.Fence.HostId, PoolId = pool.Fence.PoolId };
}
