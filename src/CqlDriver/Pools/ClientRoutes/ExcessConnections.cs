using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Topology;

namespace CqlDriver.Pools;

/// <summary>
/// Behind a balancer a node chooses the shard of a connection itself: the one that has the fewest. A connection to a shard that
/// has one already is of no use, but if it were closed at once, the next would come to the same shard, for ever. So it is kept,
/// unused, until the pool has what it wants; no more of them than there are shards. Pure.
/// </summary>
internal static class ExcessConnections
{
    /// <summary>Keeps what came to a shard that has a connection; without routes there is a port where the shard is chosen, and it is closed.</summary>
    public static SessionState Keep(SessionState state, StepDraft step, ref PoolState pool, IPooledConnection connection)
    {
        if (step.Routes is null || pool.Excess.Length >= pool.Slots.Length)
        {
            return state.Close(step, connection, TimeSpan.Zero, "its shard has a connection already");
        }

        pool = pool with { Excess = pool.Excess.Add(connection) };
        return state;
    }

    /// <summary>After everything else: of pools that have what they want, or cannot get it, and of those that are gone.</summary>
    public static SessionState Trim(SessionState before, SessionState state, StepDraft step)
    {
        if (step.Routes is null)
        {
            return state;
        }

        foreach (var pool in state.Pools.Values.Concat(state.Staged.Values))
        {
            if (!pool.Excess.IsEmpty && (!IsWanting(step, pool) || !pool.MayMiss))
            {
                state = Close(state.With(pool with { Excess = [] }), step, pool.Excess);
            }
        }

        foreach (var pool in before.Pools.Values.Concat(before.Staged.Values))
        {
            if (!pool.Excess.IsEmpty && state.PoolOf(pool.Fence) is null)
            {
                state = Close(state, step, pool.Excess);
            }
        }

        return state;
    }

    private static bool IsWanting(StepDraft step, PoolState pool) =>
        !pool.IsDraining && pool.Slots.Any(slot => slot.IsOpenToNew || (slot.Route.IsStale && !step.Routes!.Of(pool.Fence.HostId).IsRenewalStopped));

    private static SessionState Close(SessionState state, StepDraft step, ImmutableArray<IPooledConnection> excess) =>
        excess.Aggregate(state, (next, connection) => next.Close(step, connection, TimeSpan.Zero, "its shard has a connection already"));
}
