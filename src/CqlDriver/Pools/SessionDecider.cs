using System.Collections.Immutable;
using CqlDriver.Diagnostics;
using CqlDriver.Routing;
using CqlDriver.Topology;

namespace CqlDriver.Pools;

/// <summary>
/// A session's half of the step: from an input and the changes that were decided on it to the pools as they are to be. Pure,
/// by the same pattern as the topology's rules. Answers pass the gate first; then the pools are compared with the nodes: a
/// node that is wanted has exactly one, of its present generation, and no other node has any. There is no "create" or "remove"
/// that two triggers could do twice.
/// </summary>
internal static class SessionDecider
{
    public static SessionState Decide(SessionState state, TopologyStep step)
    {
        var before = state;
        state = Take(state, step);
        if (state.Phase == SessionPhase.Active && (!step.Changes.IsEmpty || IsMine(state, step.Input)))
        {
            state = Reconcile(state, step);
        }

        state = KeyspaceRules.Settle(ExcessConnections.Trim(before, RouteRenewalRules.Follow(before, state, step), step.Draft), step.Draft);
        return state.Phase == SessionPhase.Closing && (state.Tickets.IsEmpty || !step.Draft.Defends(Race.Disposal)) ? state with { Phase = SessionPhase.Ended } : state;
    }

    /// <summary>By how much the session's connections to each life of a node changed.</summary>
    public static ImmutableArray<HealthDelta> Health(SessionState before, SessionState after)
    {
        if (ReferenceEquals(before.Pools, after.Pools))
        {
            return [];
        }

        var deltas = ImmutableArray.CreateBuilder<HealthDelta>();
        foreach (var pool in before.Pools.Values)
        {
            if (!after.Pools.TryGetValue(pool.Fence.HostId, out var other) || !ReferenceEquals(pool, other))
            {
                deltas.Add(Counts(pool, -1));
            }
        }

        foreach (var pool in after.Pools.Values)
        {
            if (!before.Pools.TryGetValue(pool.Fence.HostId, out var other) || !ReferenceEquals(pool, other))
            {
                deltas.Add(Counts(pool, 1));
            }
        }

        return deltas.ToImmutable();
    }

    private static HealthDelta Counts(PoolState pool, int sign)
    {
        var open = pool.ConnectionCount;
        return new HealthDelta(pool.Fence.HostId, pool.Fence.Generation, sign * open, open == 0 && pool.HasFailed ? sign : 0, sign);
    }

    private static bool IsMine(SessionState state, TopologyInput input) => input is SessionAttached attached && attached.Participant.Id == state.Id;

    private static SessionState Take(SessionState state, TopologyStep step)
    {
        var input = step.Input;
        if (input.Answers is { } ticket && ticket.Owner != state.Id)
        {
            return state;
        }

        return input switch
        {
            SessionDetached detached => detached.Session == state.Id ? CloseAll(state, step.Draft) : state,
            ShutdownRequested => CloseAll(state, step.Draft),
            SessionKeyspaceChanged changed => OnKeyspaceChanged(state, step.Draft, changed),
            EventsObserved events => OnEvents(state, step, events.Hints),
            SuggestionsTold told => OnEvents(state, step, told.HintsIn(step.Metadata)),
            NodeDialled dialled => OnDialled(state, step, dialled),
            NodeDialFailed failed => OnDialFailed(state, step.Draft, failed),
            ConnectionLost lost => OnLost(state, step.Draft, lost),
            ConnectionClosed closed => state with { Tickets = state.Tickets.Consume(closed.Ticket, out _) },
            KeyspaceSet set => KeyspaceRules.OnSet(state, step.Draft, set.Ticket, set.Error),
            TimerFired fired => OnTimer(state, step.Draft, fired.Ticket),
            IdentityQuestioned questioned => OnQuestioned(state, step.Draft, questioned),
            IdentityTold told => Consume(state, step.Draft, told.Ticket),
            ConnectionWarmed warmed => StagingRules.OnWarmed(state, step.Draft, warmed),
            ConnectionWorn worn => OnWorn(state, step.Draft, worn),
            TicketSweepDue => Sweep(state, step.Draft),

            // The cluster's.
            _ => state,
        };
    }

    private static SessionState OnKeyspaceChanged(SessionState state, StepDraft step, SessionKeyspaceChanged input) =>
        input.Session == state.Id && state.Phase == SessionPhase.Active ? KeyspaceRules.OnChanged(state, step, input) : state;

    /// <summary>
    /// An address that is said to be up wakes the dial that waits for it; one that is said to be down is asked for a sign of
    /// life. Nothing else is decided from an address.
    /// </summary>
    private static SessionState OnEvents(SessionState state, TopologyStep step, ImmutableArray<NodeHint> hints)
    {
        foreach (var hint in hints)
        {
            if (hint.Kind == NodeHintKind.Up && state.Staged.Values.FirstOrDefault(pool => pool.Endpoint.Equals(hint.Endpoint)) is { } staged)
            {
                state = PoolRules.Wake(state, step.Draft, staged);
            }

            if (!step.Metadata.TryGetHostId(hint.Endpoint, out var hostId) || !state.Pools.TryGetValue(hostId, out var pool))
            {
                continue;
            }

            if (hint.Kind == NodeHintKind.Up)
            {
                state = PoolRules.Wake(state, step.Draft, pool);
            }
            else if (hint.Kind == NodeHintKind.Down)
            {
                PoolRules.Probe(step.Draft, pool);
            }
        }

        return state;
    }

    /// <summary>Over a connection that has been open all the time.</summary>
    private static SessionState OnQuestioned(SessionState state, StepDraft step, IdentityQuestioned input)
    {
        foreach (var hostId in input.HostIds)
        {
            var connection = state.Pools.GetValueOrDefault(hostId)?.Slots.Select(static slot => slot.Connection).FirstOrDefault(static open => open is not null);
            if (connection is not null)
            {
                state = state.Issue(step, new EffectKey(EffectKind.AskIdentity) { HostId = hostId }, state.Pools[hostId].Fence, out var ticket);
                if (ticket is not null)
                {
                    step.Start(new AskIdentity(ticket, connection));
                }
            }
        }

        return state;
    }

    private static SessionState Consume(SessionState state, StepDraft step, EffectTicket ticket) =>
        state with { Tickets = FenceGate.Pass(state.Tickets, step, ticket, state.PoolOf(ticket.Fence!.Value)?.Fence, out _) };

    private static SessionState OnDialled(SessionState state, TopologyStep step, NodeDialled input)
    {
        var (ticket, connection) = (input.Ticket, input.Connection);
        state = Answered(state, step.Draft, ticket, out var pool, out var dial);
        if (pool is null)
        {
            return state.Close(step.Draft, connection, TimeSpan.Zero, "it came home too late");
        }

        var isStranger = connection.Facts.HostId is { } answered && answered != pool.Fence.HostId && step.Draft.Defends(Race.WrongNode);
        if (!step.Draft.Settings.Outside.IsOpen(connection) || isStranger)
        {
            var reason = isStranger ? $"{connection.Facts.HostId} answered" : "It ended as soon as it was open";
            state = state.Close(step.Draft, connection, TimeSpan.Zero, "it is no connection to its node");
            return PoolRules.Failed(state, step.Draft, pool, dial, new CqlConnectionException($"{reason}.", pool.Endpoint, pool.Fence.HostId), isNodeAtFault: true);
        }

        // What a staged pool's connections tell is the session's own knowledge until the endpoint is published.
        var told = connection.Facts.Sharding is { } facts ? new NodeSharding(facts.ShardCount, facts.IgnoreMsb) : null;
        var standing = pool.IsStaged ? (pool.IsNewest(connection.Id) ? told : pool.Sharding) : step.Metadata.TryGetNode(pool.Fence.HostId, out var node) ? node.Sharding : null;
        if (told != standing && step.Draft.Defends(Race.Resharding))
        {
            // The node was restarted with other shards while this was on its way, and a newer connection has told so.
            return PoolRules.Fill(state.Close(step.Draft, connection, TimeSpan.Zero, "the node shards differently now"), step.Draft, pool);
        }

        if (standing != pool.Sharding)
        {
            var generation = pool.IsStaged ? pool.Fence.Generation : step.Metadata.NodeOf(pool.Fence.HostId)!.Generation;
            state = KeyspaceRules.SwitchAll(PoolRules.LayOut(state, step.Draft, pool, generation, standing), step.Draft, pool.Fence);
            pool = state.PoolOf(pool.Fence)!;
        }

        return PoolRules.Admit(state, step.Draft, pool, dial!, connection);
    }

    private static SessionState OnDialFailed(SessionState state, StepDraft step, NodeDialFailed input)
    {
        state = Answered(state, step, input.Ticket, out var pool, out var dial);
        return pool is null ? state : PoolRules.Failed(state, step, pool, dial, input.Error, isNodeAtFault: !input.IsKeyspaceRefused);
    }

    /// <summary>The gate for dials: null when the answer is nobody's any more.</summary>
    private static SessionState Answered(SessionState state, StepDraft step, EffectTicket ticket, out PoolState? pool, out DialInFlight? dial)
    {
        var standing = state.PoolOf(ticket.Fence!.Value) ?? (FenceGate.IsGuarded(step, ticket) ? null : state.Pools.GetValueOrDefault(ticket.Fence.Value.HostId));
        state = state with { Tickets = FenceGate.Pass(state.Tickets, step, ticket, standing?.Fence, out var isAdmitted) };
        dial = null;
        if (isAdmitted && !FenceGate.IsGuarded(step, ticket) && !standing!.Dials.ContainsKey(ticket.Id))
        {
            dial = new DialInFlight(ticket.Key.Slot, state.KeyspaceVersion, HasWish: false);
            pool = standing;
            return state;
        }

        pool = isAdmitted && standing!.Dials.TryGetValue(ticket.Id, out dial) ? RouteRenewalRules.Answered(standing with { Dials = standing.Dials.Remove(ticket.Id) }, dial) : null;
        return state;
    }

    /// <summary>By pool and connection, not by generation: a pool that was stamped anew still loses its connections.</summary>
    private static SessionState OnLost(SessionState state, StepDraft step, ConnectionLost input)
    {
        if (input.Session != state.Id)
        {
            return state;
        }

        var pool = state.PoolOf(input.Fence);
        var slot = pool?.IndexOf(input.ConnectionId) ?? -1;
        if (slot >= 0)
        {
            return PoolRules.Lost(state, step, pool!, slot, input.Error);
        }

        if (pool is null && state.Pools.TryGetValue(input.Fence.HostId, out var current)
            && !step.Defends(current.Fence.Generation == input.Fence.Generation ? Race.RenewedPool : Race.RetiredFailure))
        {
            return PoolRules.Lost(state, step, current, 0, input.Error);
        }

        if (state.Tickets.Find(new EffectKey(EffectKind.CloseConnection) { ConnectionId = input.ConnectionId }) is null)
        {
            step.Start(new CountDrop(EffectKind.ConnectionLoss));
        }

        return state;
    }

    private static SessionState OnTimer(SessionState state, StepDraft step, EffectTicket ticket)
    {
        var pool = state.PoolOf(ticket.Fence!.Value);
        state = state with { Tickets = FenceGate.Pass(state.Tickets, step, ticket, pool?.Fence, out var isAdmitted) };
        return !isAdmitted ? state : ticket.Key.Timer == TimerPurpose.RouteRenewal ? RouteRenewalRules.OnDue(state, step, pool!) : PoolRules.Resume(state, step, pool!);
    }

    private static SessionState Sweep(SessionState state, StepDraft step)
    {
        state.Tickets.Expire(step);
        return state;
    }

    /// <summary>Its replacement is dialled while it still serves.</summary>
    private static SessionState OnWorn(SessionState state, StepDraft step, ConnectionWorn input)
    {
        var pool = input.Session == state.Id ? state.PoolOf(input.Fence) : null;
        var slot = pool?.IndexOf(input.ConnectionId) ?? -1;
        return slot < 0 ? state : PoolRules.Fill(state, step, pool!.WithSlot(slot, pool.Slots[slot] with { IsWorn = true }));
    }

    /// <summary>Revokes everything and closes everything; the session has ended when nothing is owed to it.</summary>
    private static SessionState CloseAll(SessionState state, StepDraft step)
    {
        if (state.Phase != SessionPhase.Active)
        {
            return state;
        }

        state = state with { Phase = SessionPhase.Closing };
        foreach (var staged in state.Staged.Values)
        {
            state = StagingRules.Discard(state, step, staged, "the session is closed");
        }

        foreach (var pool in state.Pools.Values)
        {
            state = PoolRules.Retire(state, step, pool, TimeSpan.Zero, "the session is closed");
        }

        foreach (var waiting in state.Switches)
        {
            step.Start(new AnswerWaiters([waiting.Waiter], new ObjectDisposedException(nameof(SessionPools))));
        }

        return state with { Switches = [], Tickets = state.Tickets.RevokeAll(step) };
    }

    private static SessionState Reconcile(SessionState state, TopologyStep step)
    {
        var metadata = step.Metadata;
        state = AskPolicies(state, step);
        foreach (var change in step.Changes)
        {
            if (change is NodeReidentified reidentified && state.Pools.TryGetValue(reidentified.Former, out var renamed))
            {
                state = PoolRules.Rename(state, step.Draft, renamed, reidentified.Node);
            }
        }

        foreach (var pool in state.Pools.Values)
        {
            state = metadata.TryGetNode(pool.Fence.HostId, out var node) ? Adjust(state, step, pool, node) : Bury(state, step, pool);
        }

        state = StagingRules.Reconcile(state, step);
        foreach (var node in metadata.Nodes)
        {
            if (IsWanted(state, node) && !state.Pools.ContainsKey(node.HostId)
                && !StagingRules.TryPromote(ref state, step.Draft, node) && !state.Staged.ContainsKey(node.HostId))
            {
                state = PoolRules.Create(state, step.Draft, node);
            }
        }

        return state;
    }

    public static bool IsWanted(SessionState state, Node node) =>
        node.IsRoutable && node.Status != NodeStatus.ForcedDown && state.Policies.DistanceOf(node) != NodeDistance.Ignored;

    private static SessionState Adjust(SessionState state, TopologyStep step, PoolState pool, Node node)
    {
        if (!IsWanted(state, node))
        {
            return PoolRules.Retire(state, step.Draft, pool, state.Settings.DrainLimit, "the node is not used any more");
        }

        if (pool.IsDraining != (node.State == TopologyState.Draining))
        {
            state = PoolRules.Fill(state, step.Draft, pool with { IsDraining = !pool.IsDraining });
            pool = state.Pools[node.HostId];
        }

        var isResharded = step.Changes.Any(change => change is ShardingChanged resharded && resharded.HostId == node.HostId);
        if (isResharded && pool.Endpoint.Equals(node.Endpoint))
        {
            var isDone = pool.Fence.Generation == node.Generation && pool.Sharding == node.Sharding;
            return isDone || !step.Draft.Defends(Race.Resharding) ? state : PoolRules.Reshape(state, step.Draft, pool, node.Generation, node.Sharding);
        }

        // Another life of the node. The new pool is created below; the old one answers what was written on it.
        return pool.Fence.Generation == node.Generation || StagingRules.TryPromote(ref state, step.Draft, node)
            ? state
            : PoolRules.Retire(state, step.Draft, pool, state.Settings.DrainLimit, "the node is reached at another endpoint now");
    }

    /// <summary>A node that left lets its connections drain; one whose place another node took is gone, and so are they.</summary>
    private static SessionState Bury(SessionState state, TopologyStep step, PoolState pool)
    {
        if (pool.ConnectionCount == 0 && !step.Draft.Defends(Race.RemovedWhileDialling))
        {
            return state;
        }

        var isReplaced = step.Changes.Any(change => change is NodeReplaced replaced && replaced.Replaced == pool.Fence.HostId);
        return PoolRules.Retire(state, step.Draft, pool, isReplaced ? TimeSpan.Zero : state.Settings.DrainLimit, isReplaced ? "its node was replaced" : "its node left");
    }

    /// <summary>Up and down change no table: they are looked at when plans are walked.</summary>
    private static SessionState AskPolicies(SessionState state, TopologyStep step)
    {
        if (!IsMine(state, step.Input) && step.Changes.All(static change => change is NodeUp or NodeDown or SchemaChanged or SchemaReplaced or ShardingChanged or RoutingChange or RingsReplaced or RoutesChanged))
        {
            return state;
        }

        PolicyTables? built = null;
        var distances = step.Draft.Settings.Outside.Distances(() => (built = PolicyTables.Build(state.Settings.Policies, step.Metadata)).ToBytes());
        var policies = built ?? PolicyTables.OfBytes(distances, state.Settings.Policies.Length);
        foreach (var failure in policies.Failures)
        {
            if (!state.Policies.Failures.Contains(failure))
            {
                step.Draft.Report(Log.PolicyFailed, failure.Policy, failure.Error);
            }
        }

        return state with { Policies = policies };
    }
}
