using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Diagnostics;
using CqlDriver.Topology;

namespace CqlDriver.Pools;

/// <summary>
/// The keyspace is the session's, with a version. A connection joins its pool at the current version only; those that are
/// there are switched, and who changed it waits until none is behind. One that cannot be switched is closed and replaced;
/// that is no fault of its node. Pure.
/// </summary>
internal static class KeyspaceRules
{
    public static SessionState OnChanged(SessionState state, StepDraft step, SessionKeyspaceChanged input)
    {
        state = state with
        {
            Keyspace = input.Keyspace,
            KeyspaceVersion = state.KeyspaceVersion + 1,
            Switches = state.Switches.Add(new KeyspaceSwitch(input.Waiter, state.KeyspaceVersion + 1, [])),
        };
        foreach (var pool in state.Pools.Values.Concat(state.Staged.Values))
        {
            state = SwitchAll(state, step, pool.Fence);
        }

        return state;
    }

    /// <summary>Switches every connection of a pool that is behind and not being switched.</summary>
    public static SessionState SwitchAll(SessionState state, StepDraft step, PoolFence fence)
    {
        for (var slot = 0; state.PoolOf(fence) is { } pool && slot < pool.Slots.Length; slot++)
        {
            state = Switch(state, step, pool, slot);
        }

        return state;
    }

    public static SessionState Switch(SessionState state, StepDraft step, PoolState pool, int slot)
    {
        if (pool.Slots[slot] is not { Connection: { } connection, SwitchingTo: null } behind || behind.KeyspaceVersion == state.KeyspaceVersion)
        {
            return state;
        }

        var key = new EffectKey(EffectKind.SetKeyspace) { ConnectionId = connection.Id };
        state = state.Issue(step, key, pool.Fence, out var ticket, pool.Handover);
        step.Start(new SetKeyspace(ticket!, connection, state.Keyspace!));
        return state.With(pool.WithSlot(slot, behind with { SwitchingTo = state.KeyspaceVersion }));
    }

    public static SessionState OnSet(SessionState state, StepDraft step, EffectTicket ticket, Exception? error)
    {
        var pool = state.PoolOf(ticket.Fence!.Value);
        state = state with { Tickets = FenceGate.Pass(state.Tickets, step, ticket, pool?.Fence, out var isAdmitted) };
        var slot = pool?.IndexOf(ticket.Key.ConnectionId) ?? -1;
        if (!isAdmitted || slot < 0)
        {
            return state;
        }

        var switched = pool!.Slots[slot];
        if (error is not null)
        {
            return Refuse(state, step, pool, slot, switched.Connection!, error);
        }

        var version = switched.SwitchingTo ?? switched.KeyspaceVersion;
        switched = switched with { KeyspaceVersion = version, SwitchingTo = null, IsPublished = switched.IsPublished || version == state.KeyspaceVersion };
        return Switch(state.With(pool.WithSlot(slot, switched)), step, pool.WithSlot(slot, switched), slot);
    }

    /// <summary>Tells who waits for a version that no connection is behind of any more.</summary>
    public static SessionState Settle(SessionState state, StepDraft step)
    {
        if (state.Switches.IsEmpty)
        {
            return state;
        }

        var oldest = state.Pools.Values
            .SelectMany(static pool => pool.Slots)
            .Where(static slot => slot.Connection is not null)
            .Select(static slot => slot.KeyspaceVersion)
            .DefaultIfEmpty(long.MaxValue)
            .Min();
        foreach (var done in state.Switches.Where(waiting => waiting.Version <= oldest))
        {
            step.Start(new AnswerWaiters([done.Waiter], Failure(done.Errors)));
        }

        return state with { Switches = state.Switches.RemoveAll(waiting => waiting.Version <= oldest) };
    }

    private static SessionState Refuse(SessionState state, StepDraft step, PoolState pool, int slot, IPooledConnection connection, Exception error)
    {
        step.Report(Log.KeyspaceNotSet, $"{connection.Id} to {connection.Endpoint}", error.Message);
        state = state.Close(step, connection, state.Settings.DrainLimit, "its keyspace could not be set") with
        {
            Switches = [.. state.Switches.Select(waiting => waiting with { Errors = waiting.Errors.Add(error) })],
        };
        return PoolRules.Failed(state, step, pool.WithSlot(slot, PoolSlot.Free), null, error, isNodeAtFault: false);
    }

    private static CqlException? Failure(ImmutableArray<Exception> errors) => errors.IsEmpty
        ? null
        : new CqlException(
            $"The keyspace could not be set on {errors.Length} connections, which are being replaced: {string.Join("; ", errors.Select(error => error.Message).Distinct())}",
            errors[0]);
}
