using System.Collections.Immutable;
using CqlDriver.Topology;

namespace CqlDriver.Pools;

/// <summary>
/// A session's part in handing a node's traffic over to another endpoint: a pool there that requests do not see, filled like
/// any other, with the statements prepared that the session uses most; and when the endpoint is published, its turn. Until
/// then the old pool serves as it is and dials nothing, because its address may be another node's by now. Pure.
/// </summary>
internal static class StagingRules
{
    private const int MaxWarmings = 3;

    /// <summary>Staged pools for the handovers that are under way, and no others.</summary>
    public static SessionState Reconcile(SessionState state, TopologyStep step)
    {
        foreach (var staged in state.Staged.Values)
        {
            var isAlive = step.Metadata.TryGetNode(staged.Fence.HostId, out var node) && SessionDecider.IsWanted(state, node)
                && (node.Generation == staged.Fence.Generation || FindHandover(step.Metadata, node.HostId)?.Handover == staged.Handover);
            if (!isAlive)
            {
                state = Discard(state, step.Draft, staged, "the handover that it was for was given up");
            }
        }

        foreach (var handover in step.Metadata.Handovers)
        {
            if (handover.Phase is (HandoverPhase.Open or HandoverPhase.CatchUp)
                && !state.Staged.ContainsKey(handover.HostId)
                && step.Metadata.TryGetNode(handover.HostId, out var node)
                && SessionDecider.IsWanted(state, node))
            {
                state = Stage(state, step.Draft, handover, node);
            }
        }

        return state;
    }

    /// <summary>The endpoint was published: the staged pool is the node's pool now, and the old one passes on what it has not written.</summary>
    public static bool TryPromote(ref SessionState state, StepDraft step, Node node)
    {
        if (!state.Staged.TryGetValue(node.HostId, out var staged) || staged.Fence.Generation != node.Generation)
        {
            return false;
        }

        if (state.Pools.TryGetValue(node.HostId, out var old))
        {
            state = PoolRules.Retire(state, step, old, step.Settings.Handover.DrainLimit, "the node is reached at another endpoint now", staged.Handover);
        }

        var promoted = staged with { Handover = 0 };
        state = (state with { Staged = state.Staged.Remove(node.HostId) }).With(promoted);
        state = promoted.Sharding == node.Sharding ? PoolRules.Fill(state, step, promoted) : PoolRules.Reshape(state, step, promoted, node.Generation, node.Sharding);
        return true;
    }

    public static SessionState Discard(SessionState state, StepDraft step, PoolState staged, string reason)
    {
        state = state with { Tickets = state.Tickets.RevokePool(step, staged.Fence.PoolId), Staged = state.Staged.Remove(staged.Fence.HostId) };
        foreach (var slot in staged.Slots)
        {
            if (slot.Connection is { } connection)
            {
                state = state.Close(step, connection, TimeSpan.Zero, reason);
            }
        }

        // The old pool is on its own again.
        return state.Pools.TryGetValue(staged.Fence.HostId, out var old) && state.Phase == SessionPhase.Active ? PoolRules.Fill(state, step, old) : state;
    }

    /// <summary>Prepares what the session uses most, once a staged pool has a connection.</summary>
    public static SessionState Warm(SessionState state, StepDraft step, PoolState pool)
    {
        if (!pool.IsStaged || pool.StatementsLeft == 0)
        {
            return state;
        }

        if (state.Settings.Warmer is not { } warmer || pool.Warmings >= MaxWarmings)
        {
            // What could not be prepared in so many tries is prepared when it is used.
            return state.With(pool with { StatementsLeft = 0 });
        }

        var connection = pool.Slots.Select(static slot => slot.Connection).FirstOrDefault(static open => open is not null);
        if (connection is null)
        {
            return state;
        }

        state = state.Issue(step, WarmKey(pool), pool.Fence, out var ticket, pool.Handover);
        if (ticket is not null)
        {
            step.Start(new WarmConnection(ticket, connection, warmer));
            state = state.With(pool with { Warmings = pool.Warmings + 1 });
        }

        return state;
    }

    public static SessionState OnWarmed(SessionState state, StepDraft step, ConnectionWarmed input)
    {
        var pool = state.PoolOf(input.Ticket.Fence!.Value);
        state = state with { Tickets = FenceGate.Pass(state.Tickets, step, input.Ticket, pool?.Fence, out var isAdmitted) };
        if (!isAdmitted)
        {
            return state;
        }

        pool = pool! with { StatementsLeft = input.Left, RoundTrip = input.RoundTrip ?? pool.RoundTrip };
        return Warm(state.With(pool), step, pool);
    }

    /// <summary>What the cluster is to know, of the handovers for which it changed.</summary>
    public static ImmutableArray<HandoverReport> Reports(SessionState before, SessionState after, Metadata metadata)
    {
        var reports = ImmutableArray.CreateBuilder<HandoverReport>();
        foreach (var handover in metadata.Handovers)
        {
            var progress = Progress(after, handover);
            if (progress != Progress(before, handover))
            {
                reports.Add(new HandoverReport(after.Id, handover.HostId, handover.Handover, progress));
            }
        }

        return reports.ToImmutable();
    }

    private static SessionState Stage(SessionState state, StepDraft step, HandoverCheckpoint handover, Node node)
    {
        if (state.Pools.TryGetValue(node.HostId, out var old))
        {
            state = state with { Tickets = state.Tickets.RevokeDials(step, old.Fence.PoolId) };
            state = state.With(old with { Dials = old.Dials.Clear() });
        }

        var fence = new PoolFence(node.HostId, handover.Generation, step.NextPoolId());
        var staged = PoolRules.NewPool(state, fence, handover.To, node.Sharding) with { Handover = handover.Handover };
        return PoolRules.Fill(state.With(staged), step, staged);
    }

    private static HandoverProgress? Progress(SessionState state, HandoverCheckpoint handover)
    {
        if (state.Phase != SessionPhase.Active)
        {
            return null;
        }

        var draining = handover.Phase is (HandoverPhase.Open or HandoverPhase.CatchUp) ? 0 : state.Tickets.Closing(handover.Handover);
        if (!state.Staged.TryGetValue(handover.HostId, out var staged) || staged.Handover != handover.Handover)
        {
            return draining == 0 ? null : new HandoverProgress { Draining = draining };
        }

        var connections = staged.Slots.Where(static slot => slot.Connection is not null).ToArray();
        return new HandoverProgress
        {
            Open = connections.Length,
            Wanted = staged.Slots.Length,
            IsFull = staged.IsFull,
            Oldest = connections.Length == 0 ? null : connections.Min(static slot => slot.Connection!.Id),
            Behind = connections.Count(slot => slot.KeyspaceVersion != state.KeyspaceVersion),
            StatementsLeft = staged.StatementsLeft,
            RoundTrip = staged.RoundTrip,
            Sharding = staged.Sharding,
            OldOpen = state.Pools.TryGetValue(handover.HostId, out var old) ? old.ConnectionCount : 0,
            Draining = draining,
        };
    }

    private static HandoverCheckpoint? FindHandover(Metadata metadata, HostId hostId) => metadata.Handovers.FirstOrDefault(handover => handover.HostId == hostId);

    private static EffectKey WarmKey(PoolState pool) => new(EffectKind.WarmConnection) { HostId = pool.Fence.HostId, PoolId = pool.Fence.PoolId };
}
