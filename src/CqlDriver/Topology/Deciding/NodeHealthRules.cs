namespace CqlDriver.Topology;

/// <summary>
/// Whether a node is up: a function of counters, nothing else. While one verified connection is open it is up, whatever
/// gossip says. It is down when the last one is lost and a pool has begun to reconnect. A pool closed on purpose downs
/// nothing. Only for nodes that no session wants do events set what is shown. What was forced wins.
/// </summary>
internal static class NodeHealthRules
{
    /// <summary>After the participants have decided: adds their counts and draws the conclusions.</summary>
    public static ControlState Add(ControlState state, StepDraft step, Metadata metadata, IEnumerable<HealthDelta> deltas)
    {
        // All counts first: one session's loss is no conclusion while another one's gain is still uncounted.
        var counted = state.Health.ToBuilder();
        var touched = new SortedSet<HostId>();
        foreach (var delta in deltas)
        {
            if (counted.TryGetValue(delta.HostId, out var health) && health.Generation == delta.Generation)
            {
                counted[delta.HostId] = health with
                {
                    Open = health.Open + delta.Open,
                    Reconnecting = health.Reconnecting + delta.Reconnecting,
                    Wanted = health.Wanted + delta.Wanted,
                };
                touched.Add(delta.HostId);
            }
        }

        state = state with { Health = counted.ToImmutable() };
        foreach (var hostId in touched)
        {
            state = Conclude(state, step, metadata, hostId);
            if (state.Health[hostId].Open == 0 && (state.Claims.ContainsKey(hostId) || state.Doubts.ContainsKey(hostId)))
            {
                // Nothing speaks any more against what is said of it.
                step.Follow(new HandoverDue(hostId, 0));
            }
        }

        return state;
    }

    /// <summary>Nodes that wait to be announced as up are announced with what the refresh read of them.</summary>
    public static ControlState AnnounceRead(ControlState state, StepDraft step, long refresh, List<TopologyChange> changes)
    {
        foreach (var (hostId, health) in state.Health)
        {
            if (health.UpAfterRefresh < refresh)
            {
                state = StopWaiting(state, step, hostId);
                changes.Add(Opened(hostId));
            }
        }

        return state;
    }

    /// <summary>The row could not be read in time: the node is up all the same.</summary>
    public static ControlState OnUpLimit(ControlState state, StepDraft step, HostId hostId)
    {
        if (state.Health.TryGetValue(hostId, out var health) && health is { UpAfterRefresh: not null, Open: > 0 })
        {
            step.Change(Opened(hostId));
            return StopWaiting(state, step, hostId);
        }

        return state;
    }

    public static ControlState OnForced(ControlState state, StepDraft step, NodeForced input)
    {
        if (!state.Metadata.TryGetNode(input.HostId, out var node) || !state.Health.TryGetValue(input.HostId, out var health))
        {
            return state;
        }

        state = StopWaiting(state, step, input.HostId);
        state = state with { Health = state.Health.SetItem(input.HostId, state.Health[input.HostId] with { Forced = input.Status }) };
        var status = input.Status ?? (health is { Open: 0, Reconnecting: > 0 } ? NodeStatus.Down : NodeStatus.Up);
        if (status != node.Status)
        {
            step.Change(Became(input.HostId, status, input.Status is null ? "it is not forced any more" : "it was forced"));
        }

        // Nothing connects to it, the control connection neither.
        return input.Status == NodeStatus.ForcedDown && state.Control is ControlPhase.Ready { HostId: { } reached } && reached == input.HostId
            ? ControlConnectionRules.Abandon(state, step, new CqlException($"Node {input.HostId} was forced down."))
            : state;
    }

    /// <summary>What gossip says counts for nodes that nobody connects to.</summary>
    public static void OnHint(ControlState state, StepDraft step, Node node, bool isUp)
    {
        var isReached = state.Control is ControlPhase.Ready { HostId: { } reached } && reached == node.HostId;
        if (!step.Defends(Race.AddressEvent))
        {
            step.Change(Became(node.HostId, isUp ? NodeStatus.Up : NodeStatus.Down, "an event said so"));
        }
        else if (!isReached
            && state.Health.TryGetValue(node.HostId, out var health)
            && health is { Wanted: 0, Open: 0, Forced: null }
            && node.IsUp != isUp)
        {
            step.Change(Became(node.HostId, isUp ? NodeStatus.Up : NodeStatus.Down, "an event said so, and no session connects to it"));
        }
    }

    /// <summary>What the counters of a node say. While its traffic is being handed over, a loss says nothing yet.</summary>
    public static ControlState Conclude(ControlState state, StepDraft step, Metadata metadata, HostId hostId)
    {
        if (!state.Health.TryGetValue(hostId, out var health) || health.Forced is not null || !metadata.TryGetNode(hostId, out var node))
        {
            return state;
        }

        if (health.Open > 0)
        {
            return node.IsUp || health.UpAfterRefresh is not null ? state : WaitForRow(state, step, hostId);
        }

        state = StopWaiting(state, step, hostId);
        if (health.Reconnecting > 0 && node.IsUp && !(state.Handovers.TryGetValue(hostId, out var handover) && handover.IsBeforeCutOver))
        {
            step.Change(Became(hostId, ClientRouteRules.Unreached(step, hostId), "no connection to it is open, and none could be opened at once"));
        }

        return state;
    }

    /// <summary>It may have come back with another version: its row is read before it is announced, but not for long.</summary>
    private static ControlState WaitForRow(ControlState state, StepDraft step, HostId hostId)
    {
        if (!NodeSources.CanRead(state, step))
        {
            step.Change(Opened(hostId));
            return state;
        }

        var tickets = state.Tickets.Issue(step, EffectTicket.Cluster, LimitKey(hostId), null, out var ticket);
        if (ticket is not null)
        {
            step.Start(new StartTimer(ticket, step.Settings.UpReadLimit));
        }

        var health = state.Health[hostId] with { UpAfterRefresh = state.Refresh.Started };
        return RefreshRules.Want(state with { Tickets = tickets, Health = state.Health.SetItem(hostId, health) }, step, step.Now);
    }

    private static ControlState StopWaiting(ControlState state, StepDraft step, HostId hostId)
    {
        if (!state.Health.TryGetValue(hostId, out var health) || health.UpAfterRefresh is null)
        {
            return state;
        }

        var tickets = state.Tickets.Find(LimitKey(hostId)) is { } limit ? state.Tickets.Revoke(step, limit) : state.Tickets;
        return state with { Tickets = tickets, Health = state.Health.SetItem(hostId, health with { UpAfterRefresh = null }) };
    }

    private static NodeUp Opened(HostId hostId) => new(hostId, NodeStatus.Up, "a connection to it was opened");

    private static NodeChange Became(HostId hostId, NodeStatus status, string reason) =>
        status is NodeStatus.Up or NodeStatus.ForcedUp ? new NodeUp(hostId, status, reason) : new NodeDown(hostId, status, reason);

    private static EffectKey LimitKey(HostId hostId) => new(EffectKind.Timer) { Timer = TimerPurpose.UpWithoutReading, HostId = hostId };
}
