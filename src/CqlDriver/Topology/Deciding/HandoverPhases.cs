using CqlDriver.Diagnostics;

namespace CqlDriver.Topology;

/// <summary>
/// How a handover goes from phase to phase, by what the sessions tell of their staged pools. Open: until the first connection
/// whose peer named the node. Catching up: until every session is ready; until anything works, when nothing works at the old
/// endpoint. Then, in one step, the endpoint is published and every session's staged pool takes over. Draining: until the
/// old connections have answered what was written on them.
/// </summary>
internal static class HandoverPhases
{
    private const int MaxAnchors = 3;

    /// <summary>After the sessions have decided: remembers what they tell, and has it looked at in a step of its own.</summary>
    public static ControlState Note(ControlState state, StepDraft step, IEnumerable<HandoverReport> reports)
    {
        foreach (var report in reports)
        {
            if (state.Handovers.TryGetValue(report.HostId, out var handover) && handover.Id == report.Handover)
            {
                var sessions = report.Progress is { } progress ? handover.Sessions.SetItem(report.Session, progress) : handover.Sessions.Remove(report.Session);
                state = With(state, handover with { Sessions = sessions });
                step.Follow(new HandoverDue(report.HostId, report.Handover));
            }
        }

        return state;
    }

    /// <summary>Looks at a handover; 0: at a node whose handover ended, or that has a reason to begin one.</summary>
    public static ControlState OnDue(ControlState state, StepDraft step, HandoverDue input)
    {
        if (input.Handover == 0)
        {
            return LookAt(state, step, input);
        }

        if (!state.Handovers.TryGetValue(input.HostId, out var handover) || handover.Id != input.Handover)
        {
            return state;
        }

        var changes = new List<TopologyChange>();
        state = Go(state, step, handover, changes);
        step.Change([.. changes]);
        return state;
    }

    /// <summary>Each of the rules decides on the snapshot: what one of them has changed the next one sees in a step of its own.</summary>
    private static ControlState LookAt(ControlState state, StepDraft step, HandoverDue input)
    {
        state = HandoverRules.Pursue(state, step, input.HostId);
        state = step.Changes.Count == 0 ? IdentityRules.Conclude(state, step) : state;
        if (step.Changes.Count == 0)
        {
            return NodeHealthRules.Conclude(state, step, state.Metadata, input.HostId);
        }

        step.Follow(input);
        return state;
    }

    public static ControlState OnPoll(ControlState state, StepDraft step, HostId hostId) =>
        state.Handovers.TryGetValue(hostId, out var handover)
            ? OnDue(HandoverRules.Poll(state, step, hostId), step, new HandoverDue(hostId, handover.Id))
            : state;

    private static ControlState Go(ControlState state, StepDraft step, EndpointHandover handover, List<TopologyChange> changes) => handover.Phase switch
    {
        // Nobody has anything to hand over any more.
        HandoverPhase.Open or HandoverPhase.CatchUp when handover.Sessions.IsEmpty => CutOver(state, step, handover, changes),
        HandoverPhase.Open => WhileOpen(state, step, handover, changes),
        HandoverPhase.CatchUp => WhileCatchingUp(state, step, handover, changes),
        HandoverPhase.CutOver => WhileDraining(Enter(state, step, ref handover, HandoverPhase.Draining, changes), step, handover, changes),
        _ => WhileDraining(state, step, handover, changes),
    };

    private static ControlState WhileOpen(ControlState state, StepDraft step, EndpointHandover handover, List<TopologyChange> changes)
    {
        if (handover.Oldest is { } anchor)
        {
            handover = handover with { Anchor = anchor };
            state = Enter(state, step, ref handover, HandoverPhase.CatchUp, changes);
            return WhileCatchingUp(state, step, handover, changes);
        }

        return step.Now < handover.Deadline ? state : AtLimit(state, step, handover, changes, "no connection to it could be opened");
    }

    private static ControlState WhileCatchingUp(ControlState state, StepDraft step, EndpointHandover handover, List<TopologyChange> changes)
    {
        if (handover.Oldest is not { } oldest)
        {
            handover = handover with { Anchor = null };
            return WhileOpen(Enter(state, step, ref handover, HandoverPhase.Open, changes), step, handover, changes);
        }

        if (oldest != handover.Anchor)
        {
            // The first connection is gone. Each one named the node when it was opened, but what is at that address does not last.
            if (handover.Checkpoint.Attempt > MaxAnchors)
            {
                return GiveUp(state, step, handover, changes, $"its first connection was lost {MaxAnchors + 1} times, from {handover.Anchor} to {oldest}");
            }

            handover = handover with { Anchor = oldest, Checkpoint = handover.Checkpoint with { Attempt = handover.Checkpoint.Attempt + 1 } };
            state = Enter(state, step, ref handover, HandoverPhase.CatchUp, changes);
        }

        if (handover.IsOldDead || handover.Sessions.Values.All(static session => session.IsReady))
        {
            return CutOver(state, step, handover, changes);
        }

        return step.Now < handover.Deadline ? state : AtLimit(state, step, handover, changes, "");
    }

    /// <summary>As it is, where that is better than nothing; else later again.</summary>
    private static ControlState AtLimit(ControlState state, StepDraft step, EndpointHandover handover, List<TopologyChange> changes, string missing)
    {
        if (handover.IsOldDead)
        {
            // There is nothing to go back to: it goes on, without a limit.
            handover = handover with { Deadline = step.Now + step.Settings.Handover.Limit, Checkpoint = handover.Checkpoint with { Attempt = handover.Checkpoint.Attempt + 1 } };
            return Enter(state, step, ref handover, handover.Phase, changes);
        }

        if (handover.Open == 0)
        {
            return GiveUp(state, step, handover, changes, $"within {step.Settings.Handover.Limit.TotalSeconds:0.#} s {missing}");
        }

        var budget = step.Settings.Handover.PauseBudget;
        if (handover.EstimatedPause is not { } pause || pause > budget)
        {
            var estimate = handover.EstimatedPause is { } known ? $"for {known.TotalMilliseconds:0} ms" : "for an unknown time";
            step.Report(Log.TakeOverRefused, handover.Checkpoint.To.ToString(), $"requests would wait {estimate}, the budget is {budget.TotalMilliseconds:0} ms");
            Diagnostics.CqlMetrics.HandoverRefused();
            return GiveUp(
                state, step, handover, changes,
                $"after {step.Settings.Handover.Limit.TotalSeconds:0.#} s in {handover.Phase}, with {handover.Open} of {handover.Wanted} connections, requests would wait {estimate}, the budget is {budget.TotalMilliseconds:0} ms");
        }

        return CutOver(state, step, handover, changes);
    }

    private static ControlState GiveUp(ControlState state, StepDraft step, EndpointHandover handover, List<TopologyChange> changes, string reason)
    {
        state = HandoverRules.Abort(state, step, handover, reason, changes);
        return state.Claims.TryGetValue(handover.HostId, out var claim) ? HandoverRules.RetryLater(state, step, handover.HostId, claim) : state;
    }

    /// <summary>Everything changes hands in this one step.</summary>
    private static ControlState CutOver(ControlState state, StepDraft step, EndpointHandover handover, ICollection<TopologyChange> changes)
    {
        var (hostId, to) = (handover.HostId, handover.Checkpoint.To);
        if (!state.Metadata.TryGetNode(hostId, out var node))
        {
            return state;
        }

        state = Enter(state, step, ref handover, HandoverPhase.CutOver, changes);
        state = HandoverRules.Move(state, node, to, handover.Checkpoint.Generation, changes);
        var told = handover.Sessions.Values.FirstOrDefault(static session => session.Open > 0);
        if (told is not null && told.Sharding != node.Sharding)
        {
            changes.Add(new ShardingChanged(hostId, told.Sharding, handover.Checkpoint.Generation));
        }

        step.Follow(new HandoverDue(hostId, handover.Id));
        return RefreshRules.Hint(MakeRoom(state, step, to, hostId, changes), step);
    }

    /// <summary>Who was shown at the endpoint is not there: a node that is not he has answered. He goes where he is said to be.</summary>
    public static ControlState MakeRoom(ControlState state, StepDraft step, NodeEndpoint endpoint, HostId mover, ICollection<TopologyChange> changes)
    {
        if (!state.Metadata.TryGetHostId(endpoint, out var holder) || holder == mover || !step.Defends(Race.AddressSwap)
            || changes.Any(change => change is NodeMoved moved && moved.HostId == holder) || !state.Metadata.TryGetNode(holder, out var node))
        {
            return state;
        }

        if (state.Handovers.TryGetValue(holder, out var handover) && handover.IsBeforeCutOver && !IsTaken(handover.Checkpoint.To, changes))
        {
            return CutOver(state, step, handover, changes);
        }

        var claim = state.Claims.GetValueOrDefault(holder)?.Endpoint is { } claimed && !IsTaken(claimed, changes) ? claimed : null;
        state = HandoverRules.Move(HandoverRules.Drop(state, step, holder, "another node is at its endpoint", changes), node, claim, step.NextGeneration(), changes);
        return claim is null ? state : MakeRoom(state, step, claim, holder, changes);
    }

    /// <summary>In a chain of nodes that make room for each other, the first to answer at an endpoint has it.</summary>
    private static bool IsTaken(NodeEndpoint endpoint, ICollection<TopologyChange> changes) =>
        changes.Any(change => change is NodeMoved moved && endpoint.Equals(moved.To));

    private static ControlState WhileDraining(ControlState state, StepDraft step, EndpointHandover handover, List<TopologyChange> changes)
    {
        if (handover.Sessions.Values.Any(static session => session.Draining > 0))
        {
            return state;
        }

        // Where the node was said to be meanwhile is followed now: connections that work ask for nothing.
        step.Follow(new HandoverDue(handover.HostId, 0));
        state = Enter(state, step, ref handover, HandoverPhase.Completed, changes);
        return HandoverRules.End(state, step, handover.HostId);
    }

    private static ControlState Enter(ControlState state, StepDraft step, ref EndpointHandover handover, HandoverPhase phase, ICollection<TopologyChange> changes)
    {
        handover = handover with { Checkpoint = handover.Checkpoint with { Phase = phase, At = step.Now } };
        changes.Add(handover.Checkpoint);
        return With(state, handover);
    }

    private static ControlState With(ControlState state, EndpointHandover handover) =>
        state with { Handovers = state.Handovers.SetItem(handover.HostId, handover) };
}
