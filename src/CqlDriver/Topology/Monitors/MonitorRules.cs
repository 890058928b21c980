using CqlDriver.Diagnostics;

namespace CqlDriver.Topology;

/// <summary>
/// What a monitor's words do. They are suggestions: a list of nodes is compared like any refresh, up and down are hints as a
/// server's events are, and only what is forced counts as it is said. The monitor is watched again, later and later, when its
/// stream ends; it is asked again, later and later, when a reading fails. What a former stream says is dropped.
/// </summary>
internal static class MonitorRules
{
    /// <summary>Nodes forced before they are known; further ones are forgotten, with a warning.</summary>
    private const int MaxForcedEarly = 1_000;

    private static readonly EffectKey StreamKey = new(EffectKind.WatchMonitor);
    private static readonly EffectKey RestartKey = new(EffectKind.Timer) { Timer = TimerPurpose.MonitorRestart };

    /// <summary>Begins an epoch: the stream first, then a reading, so that nothing falls between.</summary>
    public static ControlState Watch(ControlState state, StepDraft step)
    {
        var tickets = state.Tickets.Issue(step, EffectTicket.Cluster, StreamKey, null, out var ticket);
        if (ticket is null)
        {
            return state;
        }

        step.Start(new WatchMonitor(ticket, new CommittedLogStart(state.Committed.Applied, state.Committed.Fault is not null)));
        state = state with { Tickets = tickets, Committed = state.Committed with { Skipped = default }, Watch = (state.Watch ?? new MonitorWatch()) with { Stream = ticket, Refreshes = 0 } };
        return RefreshRules.Want(state, step, step.Now);
    }

    public static ControlState OnEnded(ControlState state, StepDraft step, MonitorEnded input)
    {
        state = Pass(state, step, input.Ticket, out var isAdmitted);
        if (!isAdmitted || state.Watch is not { } watch)
        {
            return state;
        }

        step.Report(Log.MonitorEnded, step.Settings.Monitor!.Name, input.Error?.Message ?? "it ended by itself");
        return Pause(state with { Watch = watch with { Error = input.Error ?? watch.Error } }, step, watch.Restarts + 1);
    }

    /// <summary>After a defect: the monitor is watched and read anew, after a pause.</summary>
    public static ControlState Resynchronise(ControlState state, StepDraft step) =>
        step.Settings.Monitor is null || (state.Watch is null && step.Settings.Monitor.RequiresControlConnection) ? state : Pause(state, step, 1);

    public static ControlState OnTold(ControlState state, StepDraft step, SuggestionsTold input)
    {
        if (state.Watch is not { } watch || watch.Stream != input.Stream)
        {
            step.Start(new CountDrop(EffectKind.WatchMonitor));
            return state;
        }

        state = state with { Watch = watch with { Restarts = 0 } };
        if (!input.Entries.IsEmpty)
        {
            step.Follow(new EntriesCommitted(input.Entries));
        }

        if (!input.Nodes.IsEmpty)
        {
            state = OnListTold(state, step, input);
        }

        foreach (var (hostId, status) in input.Forced)
        {
            state = Force(state, step, hostId, status);
        }

        state = EventRules.Take(state, step, input.HintsIn(state.Metadata), input.IsRefreshSuggested || input.Hints.Any(hint => hint.IsUp));
        foreach (var hostId in input.Reads)
        {
            state = Read(state, step, hostId);
        }

        return input.IsSchemaSuggested ? SchemaRules.Follow(state, step, state.Schema.WithChanges(1, step.Settings.SchemaPacing, step.Now)) : state;
    }

    /// <summary>One node was read. It may be new; whether it is gone only a list of all nodes tells.</summary>
    public static ControlState OnNodeRead(ControlState state, StepDraft step, NodeRead input)
    {
        state = Pass(state, step, input.Ticket, out var isAdmitted);
        if (!isAdmitted || !NodeSources.CanRead(state, step))
        {
            return state;
        }

        if (input.Error is { } error)
        {
            step.Report(Log.RefreshFailed, step.Settings.Monitor!.Name, error.Message);
        }

        if (input.Ticket.Key.Slot != (int)state.Refresh.Started)
        {
            // A list that was asked for later is newer than this.
            return state;
        }

        if (input.Row is null || state.Refresh.Running is not null || state.Metadata.AppliedIndex == 0)
        {
            // Which of two readings is the newer one cannot be told: one that begins now is.
            return RefreshRules.Hint(state, step);
        }

        var rows = NodeRowRules.Read(state, step, new NodesRead(input.Ticket, null, [input.Row], null), null);
        foreach (var node in state.Metadata.Nodes.Where(node => !rows.Candidates.ContainsKey(node.HostId)))
        {
            rows.Candidates.Add(node.HostId, new NodeCandidate(node.HostId, node.Endpoint, Row: null, IsLocal: false));
        }

        var changes = new List<TopologyChange>();
        var targets = NodeTargets.Resolve(state, rows, isSharded: false, step.Settings.UsesNodesWithoutTokens);
        state = NodeListDiff.Add(state, step, targets, changes);
        step.Change([.. changes]);
        return Remembered(state, step, changes);
    }

    public static ControlState OnReadFailed(ControlState state, StepDraft step, Exception error)
    {
        if (state.Watch is not { } watch)
        {
            return state;
        }

        var failures = watch.Failures + 1;
        state = state with { Watch = watch with { Failures = failures, Error = error } };
        return state.IsShuttingDown ? state : RefreshRules.Plan(state, step, step.Now + step.ReconnectionDelay(failures));
    }

    /// <summary>The nodes are known: what else of the cluster is wanted begins, and what was forced before takes effect.</summary>
    public static ControlState OnRefreshed(ControlState state, StepDraft step)
    {
        var watch = state.Watch! with { Refreshes = state.Watch.Refreshes + 1, Failures = 0, Error = null };
        state = step.Settings.Monitor!.RequiresControlConnection ? OnServed(state with { Watch = watch }) : state with { Watch = watch };
        if (step.Settings.NeedsControlConnection && state.Control is ControlPhase.Idle)
        {
            step.Follow(new NodesKnown());
        }

        return Remembered(state, step, step.Changes);
    }

    /// <summary>All entries that were told so far are applied, or none will be until a snapshot comes.</summary>
    public static ControlState OnEntriesApplied(ControlState state, StepDraft step)
    {
        if (step.Settings.NeedsControlConnection && state.Control is ControlPhase.Idle && state.Metadata.Nodes.Any(static node => node.IsRoutable))
        {
            step.Follow(new NodesKnown());
        }

        return state;
    }

    /// <summary>
    /// Somebody waits for the nodes to be read. Of a committed log there is nothing to read: what was told is applied, or it is
    /// not believed any more. A first wait goes on until there is a node.
    /// </summary>
    public static ControlState OnNothingToRead(ControlState state, StepDraft step)
    {
        if (step.Settings.Monitor is not { IsCommittedLog: true } || (state.Committed.Fault is null && !state.Committed.IsUsed))
        {
            return state;
        }

        RefreshRules.Answer(step, [.. state.Waiters.Where(static waiter => !waiter.IsFirst).Select(static waiter => waiter.Id)], state.Committed.Fault);
        return state with { Waiters = state.Waiters.RemoveAll(static waiter => !waiter.IsFirst) };
    }

    /// <summary>The connection for the schema is looked for where the nodes are now.</summary>
    public static ControlState OnNodesKnown(ControlState state, StepDraft step) =>
        state.Control is ControlPhase.Idle && !state.IsShuttingDown ? ControlConnectionRules.Begin(state, step, 0, []) : state;

    /// <summary>A control connection that is kept beside a monitor has been of use.</summary>
    public static ControlState OnServed(ControlState state) =>
        state is { Watch: not null, Control: ControlPhase.Ready { Refreshes: 0 } ready }
            ? state with { Control = ready with { Refreshes = 1, Walk = ready.Walk with { Attempt = 0, Failures = [] } } }
            : state;

    /// <summary>While a reading runs it may be older or newer than the list: both are dropped for one that begins after.</summary>
    private static ControlState OnListTold(ControlState state, StepDraft step, SuggestionsTold input)
    {
        if (state.Refresh.Running is not null || !NodeSources.CanRead(state, step))
        {
            return RefreshRules.Want(state, step, step.Now);
        }

        state = RefreshRules.CancelPlanned(state, step);
        state = state with { Refresh = state.Refresh with { Started = state.Refresh.Started + 1, LastStart = step.Now } };
        var running = new RunningRefresh(state.Refresh.Started, input.Stream, step.Now, 0);
        return RefreshRules.Take(state, step, new NodesRead(input.Stream, input.Nodes[0], input.Nodes, null) { IsWhole = true }, running);
    }

    private static ControlState Force(ControlState state, StepDraft step, HostId hostId, NodeStatus? status)
    {
        if (state.Metadata.TryGetNode(hostId, out _))
        {
            return NodeHealthRules.OnForced(state, step, new NodeForced(hostId, status));
        }

        var watch = state.Watch!;
        if (status is null || (watch.Forced.Count >= MaxForcedEarly && !watch.Forced.ContainsKey(hostId)))
        {
            step.Report(Log.NodeUnknown, hostId.ToString(), status is null ? "released" : $"{status}");
            return state with { Watch = watch with { Forced = watch.Forced.Remove(hostId) } };
        }

        return state with { Watch = watch with { Forced = watch.Forced.SetItem(hostId, status.Value) } };
    }

    /// <summary>Nodes that joined just now and were forced before: told again, in a step in which they are known.</summary>
    private static ControlState Remembered(ControlState state, StepDraft step, IEnumerable<TopologyChange> changes)
    {
        if (state.Watch is not { Forced.IsEmpty: false } watch)
        {
            return state;
        }

        foreach (var node in changes.SelectMany(static change => change is ChangeBatch batch ? batch.Changes : [change]).OfType<NodeChange>())
        {
            if (node is NodeJoined or NodeReplaced && watch.Forced.TryGetValue(node.HostId, out var status))
            {
                step.Follow(new NodeForced(node.HostId, status));
                watch = watch with { Forced = watch.Forced.Remove(node.HostId) };
            }
        }

        return state with { Watch = watch };
    }

    private static ControlState Read(ControlState state, StepDraft step, HostId hostId)
    {
        if (!NodeSources.CanRead(state, step))
        {
            return state;
        }

        var tickets = state.Tickets.Issue(step, EffectTicket.Cluster, new EffectKey(EffectKind.ReadNode) { HostId = hostId, Slot = (int)state.Refresh.Started }, null, out var ticket);
        if (ticket is null)
        {
            // The one that is being read may be the node as it was before.
            return RefreshRules.Hint(state, step);
        }

        step.Start(new ReadMonitorNode(ticket, hostId));
        return state with { Tickets = tickets };
    }

    private static ControlState Pause(ControlState state, StepDraft step, int restarts)
    {
        state = state with { Watch = (state.Watch ?? new MonitorWatch()) with { Stream = null, Restarts = restarts } };
        var tickets = state.Tickets.Issue(step, EffectTicket.Cluster, RestartKey, null, out var timer);
        if (timer is not null)
        {
            step.Start(new StartTimer(timer, step.ReconnectionDelay(restarts)));
        }

        return state with { Tickets = tickets };
    }

    private static ControlState Pass(ControlState state, StepDraft step, EffectTicket ticket, out bool isAdmitted) =>
        state with { Tickets = FenceGate.Pass(state.Tickets, step, ticket, null, out isAdmitted) };
}
