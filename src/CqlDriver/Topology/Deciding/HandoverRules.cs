using CqlDriver.Diagnostics;

namespace CqlDriver.Topology;

/// <summary>
/// When a node's traffic goes to another endpoint: the only place where <see cref="NodeMoved"/> is decided. Evidence that a
/// node is elsewhere is weighed against what is known: a handshake that named the node, while that connection is open, beats
/// the node's own row, which beats another node's row. So a node with open connections is followed only when it has answered
/// at the new endpoint too; one without is followed at once; and one to which nobody connects simply moves.
/// </summary>
internal static class HandoverRules
{
    /// <summary>Whether a node that is shown elsewhere may keep its endpoint for now: somebody connects to it there.</summary>
    public static bool MayDefer(ControlState state, Node node, NodeEndpoint? endpoint) =>
        endpoint is not null && node.Endpoint is not null && !node.Endpoint.Equals(endpoint) && Health(state, node.HostId).Wanted > 0;

    /// <summary>A refresh shows a node at an endpoint. Changes of a refresh go into its batch.</summary>
    public static ControlState Observe(ControlState state, StepDraft step, Node node, NodeEndpoint? endpoint, bool isDeferred, ICollection<TopologyChange> changes)
    {
        if (Equals(node.Endpoint, endpoint))
        {
            state = Forget(state, step, node.HostId);
            return state.Handovers.TryGetValue(node.HostId, out var running) && running.IsBeforeCutOver && step.Defends(Race.FlipBack)
                ? Abort(state, step, running, "the node is where it was", changes)
                : state;
        }

        if (!isDeferred)
        {
            return Move(Drop(state, step, node.HostId, "another node is at its endpoint", changes), node, endpoint, step.NextGeneration(), changes);
        }

        var attempt = state.Claims.TryGetValue(node.HostId, out var known) && known.Endpoint.Equals(endpoint) ? known.Attempt : 0;
        return Pursue(state with { Claims = state.Claims.SetItem(node.HostId, new EndpointClaim(endpoint!, attempt)) }, step, node, changes);
    }

    /// <summary>A node answered at an endpoint where another one was expected. Good enough when it answers nowhere else.</summary>
    public static ControlState ObserveAnswer(ControlState state, StepDraft step, HostId hostId, NodeEndpoint endpoint)
    {
        if (!state.Metadata.TryGetNode(hostId, out var node) || Equals(node.Endpoint, endpoint) || state.Handovers.ContainsKey(hostId)
            || Health(state, hostId) is not { Wanted: > 0, Open: 0 } || CommittedLogRules.HasElsewhere(state, hostId, endpoint))
        {
            return state;
        }

        var changes = new List<TopologyChange>();
        state = Begin(state with { Claims = state.Claims.SetItem(hostId, new EndpointClaim(endpoint, 0)) }, step, node, endpoint, changes);
        step.Change([.. changes]);
        return state;
    }

    /// <summary>Follows a claim as far as it goes now.</summary>
    public static ControlState Pursue(ControlState state, StepDraft step, HostId hostId)
    {
        if (!state.Claims.ContainsKey(hostId) || !state.Metadata.TryGetNode(hostId, out var node))
        {
            return state;
        }

        var changes = new List<TopologyChange>();
        state = Pursue(state, step, node, changes);
        step.Change([.. changes]);
        return state;
    }

    /// <summary>The answer of a dial that was only to see who is there.</summary>
    public static ControlState OnVerified(ControlState state, StepDraft step, IdentityVerified input)
    {
        var hostId = input.Ticket.Key.HostId;
        state = state with { Tickets = FenceGate.Pass(state.Tickets, step, input.Ticket, null, out var isAdmitted) };
        if (!isAdmitted || !state.Claims.TryGetValue(hostId, out var claim) || !state.Metadata.TryGetNode(hostId, out var node))
        {
            return state;
        }

        if (input.Answered == hostId && input.Error is null)
        {
            var changes = new List<TopologyChange>();
            state = Begin(state, step, node, claim.Endpoint, changes);
            step.Change([.. changes]);
            return state;
        }

        if (claim.Attempt == 0)
        {
            step.Report(Log.EndpointUnverified, hostId.ToString(), $"{claim.Endpoint}: {input.Error?.Message ?? $"{input.Answered} answered there"}");
        }

        return RetryLater(state, step, hostId, claim);
    }

    /// <summary>Gives a handover up that has not taken over yet: everything is as if it had not begun.</summary>
    public static ControlState Abort(ControlState state, StepDraft step, EndpointHandover handover, string reason, ICollection<TopologyChange> changes)
    {
        var checkpoint = handover.Checkpoint;
        changes.Add(new HandoverAborted(handover.HostId, handover.Id, reason)
        {
            Compensations = [new EndpointRestored(checkpoint.From), new GenerationBurned(checkpoint.Generation, checkpoint.FormerGeneration)],
        });

        // What the sessions do about it tells whether the node is up.
        step.Follow(new HandoverDue(handover.HostId, 0));
        return End(state, step, handover.HostId);
    }

    /// <summary>A node that is no member any more leaves nothing behind.</summary>
    public static ControlState Drop(ControlState state, StepDraft step, HostId hostId, string reason, ICollection<TopologyChange> changes)
    {
        state = Forget(state, step, hostId);
        if (!state.Handovers.TryGetValue(hostId, out var handover))
        {
            return state;
        }

        if (handover.IsBeforeCutOver)
        {
            return Abort(state, step, handover, reason, changes);
        }

        // It had taken over; what it still drained is not waited for any more.
        changes.Add(handover.Checkpoint with { Phase = HandoverPhase.Completed, At = step.Now });
        return End(state, step, hostId);
    }

    /// <summary>Publishes an endpoint. The counters of the life that ends with it end too.</summary>
    public static ControlState Move(ControlState state, Node node, NodeEndpoint? endpoint, long generation, ICollection<TopologyChange> changes)
    {
        changes.Add(new NodeMoved(node.HostId, node.Endpoint, endpoint, generation));
        var before = Health(state, node.HostId);
        if (before is { Wanted: 0, Forced: null } && !node.IsUp && endpoint is not null)
        {
            changes.Add(new NodeUp(node.HostId, NodeStatus.Up, "it is shown at another endpoint, and no session connects to it"));
        }

        var health = new NodeHealth(generation) { Forced = before.Forced };
        return state with { Health = state.Health.SetItem(node.HostId, health), Claims = state.Claims.Remove(node.HostId) };
    }

    /// <summary>The handover is over: nothing waits for it any more.</summary>
    public static ControlState End(ControlState state, StepDraft step, HostId hostId)
    {
        state = state with { Handovers = state.Handovers.Remove(hostId) };
        return Cancel(state, step, PollKey(hostId));
    }

    /// <summary>While the evidence stands, it is tried again, later and later.</summary>
    public static ControlState RetryLater(ControlState state, StepDraft step, HostId hostId, EndpointClaim claim)
    {
        claim = claim with { Attempt = claim.Attempt + 1 };
        var tickets = state.Tickets.Issue(step, EffectTicket.Cluster, RetryKey(hostId), null, out var timer);
        if (timer is not null)
        {
            step.Start(new StartTimer(timer, step.ReconnectionDelay(claim.Attempt)));
        }

        return state with { Tickets = tickets, Claims = state.Claims.SetItem(hostId, claim) };
    }

    /// <summary>Looks at the handover again soon, should nothing happen.</summary>
    public static ControlState Poll(ControlState state, StepDraft step, HostId hostId)
    {
        var tickets = state.Tickets.Issue(step, EffectTicket.Cluster, PollKey(hostId), null, out var timer);
        if (timer is not null)
        {
            step.Start(new StartTimer(timer, step.Settings.Handover.PollInterval));
        }

        return state with { Tickets = tickets };
    }

    private static ControlState Pursue(ControlState state, StepDraft step, Node node, ICollection<TopologyChange> changes)
    {
        var claim = state.Claims[node.HostId];
        if (state.Handovers.TryGetValue(node.HostId, out var running))
        {
            if (running.Checkpoint.To.Equals(claim.Endpoint) || !running.IsBeforeCutOver || !step.Defends(Race.FlipBack))
            {
                return state;
            }

            state = Abort(state, step, running, $"the node is said to be at {claim.Endpoint} now", changes);
        }

        var health = Health(state, node.HostId);
        if (health.Wanted == 0 || node.Endpoint is null)
        {
            // Nobody has anything to hand over.
            state = Move(Forget(state, step, node.HostId), node, claim.Endpoint, step.NextGeneration(), changes);
            return HandoverPhases.MakeRoom(state, step, claim.Endpoint, node.HostId, changes);
        }

        return health.Open > 0 ? Verify(state, step, node.HostId, claim) : Begin(state, step, node, claim.Endpoint, changes);
    }

    private static ControlState Begin(ControlState state, StepDraft step, Node node, NodeEndpoint to, ICollection<TopologyChange> changes)
    {
        state = Cancel(Cancel(state, step, RetryKey(node.HostId)), step, VerifyKey(node.HostId));
        var checkpoint = new HandoverCheckpoint(node.HostId)
        {
            Handover = step.NextId(),
            Phase = HandoverPhase.Open,
            From = node.Endpoint,
            To = to,
            Generation = step.NextGeneration(),
            FormerGeneration = node.Generation,
            At = step.Now,
        };
        changes.Add(checkpoint);
        step.Follow(new HandoverDue(node.HostId, checkpoint.Handover));
        var handover = new EndpointHandover(checkpoint, step.Now + step.Settings.Handover.Limit);
        return Poll(state with { Handovers = state.Handovers.SetItem(node.HostId, handover) }, step, node.HostId);
    }

    private static ControlState Verify(ControlState state, StepDraft step, HostId hostId, EndpointClaim claim)
    {
        if (state.Tickets.Find(RetryKey(hostId)) is not null)
        {
            return state;
        }

        if (!ClientRouteRules.TryDraw(step, hostId, out var route))
        {
            // No refresh may come after the route: the claim must not wait for one.
            return RetryLater(state, step, hostId, claim);
        }

        var tickets = state.Tickets.Issue(step, EffectTicket.Cluster, VerifyKey(hostId), null, out var ticket);
        if (ticket is not null)
        {
            step.Start(new VerifyIdentity(ticket with { Route = route }, step.NextConnectionId(), claim.Endpoint));
        }

        return state with { Tickets = tickets };
    }

    private static ControlState Forget(ControlState state, StepDraft step, HostId hostId) =>
        state.Claims.ContainsKey(hostId)
            ? Cancel(Cancel(state with { Claims = state.Claims.Remove(hostId) }, step, RetryKey(hostId)), step, VerifyKey(hostId))
            : state;

    private static ControlState Cancel(ControlState state, StepDraft step, EffectKey key) =>
        state.Tickets.Find(key) is { } ticket ? state with { Tickets = state.Tickets.Revoke(step, ticket) } : state;

    private static NodeHealth Health(ControlState state, HostId hostId) => state.Health.GetValueOrDefault(hostId) ?? new NodeHealth(0);

    private static EffectKey PollKey(HostId hostId) => new(EffectKind.Timer) { Timer = TimerPurpose.Handover, HostId = hostId };

    private static EffectKey RetryKey(HostId hostId) => new(EffectKind.Timer) { Timer = TimerPurpose.HandoverRetry, HostId = hostId };

    private static EffectKey VerifyKey(HostId hostId) => new(EffectKind.VerifyIdentity) { HostId = hostId };
}
