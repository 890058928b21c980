using System.Collections.Immutable;
using System.Diagnostics;
using CqlDriver.Diagnostics;

namespace CqlDriver.Topology;

/// <summary>Entries of a log kept elsewhere, in its order; some may have been told before.</summary>
/// <param name="Entries">The entries.</param>
/// <param name="Head">The newest position that the source knows of; null: it does not say.</param>
internal sealed record EntriesCommitted(ImmutableArray<TopologyLogEntry> Entries, LogPosition? Head = null) : TopologyInput
{
    /// <summary>Those before are done: each entry has a step of its own, so that one that cannot be applied leaves nothing behind.</summary>
    public int From { get; init; }
}

/// <summary>How many entries the source has beyond the last one that was applied.</summary>
internal sealed record ReportLag(long Entries) : TopologyEffect;

/// <summary>Counts an entry that had no effect because it was applied before, or because its source is not believed.</summary>
internal sealed record CountIgnoredEntry : TopologyEffect;

/// <summary>How far a log kept elsewhere is applied, and whether it is believed.</summary>
/// <param name="Applied">The last position that was applied.</param>
/// <param name="Fault">Why nothing more is applied until a snapshot comes; null: it is believed.</param>
internal sealed record CommittedLog(LogPosition Applied, TopologyFaultException? Fault)
{
    public static CommittedLog Unread { get; } = new(default, null);

    /// <summary>
    /// The nodes as the entries so far say that they are to be. The driver follows in its own time: one that waits for another
    /// node's endpoint, or for an answer who it is, is remembered here until it is there.
    /// </summary>
    public ImmutableSortedDictionary<HostId, NodeTarget> Told { get; init; } = ImmutableSortedDictionary<HostId, NodeTarget>.Empty;

    /// <summary>The newest position that was skipped because of a fault. A snapshot before it, told again, would leave out what was skipped.</summary>
    public LogPosition Skipped { get; init; }

    /// <summary>Whether there is such a log.</summary>
    public bool IsUsed => this != Unread;
}

/// <summary>
/// A log that the cluster, or a discovery service, keeps itself. What it says is decided already: who is a member, and where
/// nodes are. How the driver gets there is still its own affair: generations, pools, handovers. So an entry becomes the
/// changes that lead to what it says, one change (or batch) for each entry, and the position moves with it, also when
/// there is nothing to change. Doubtful things that only a client can find out go the ways they always go: a node
/// elsewhere is handed over, another host id at a node's endpoint is asked for first where a connection is open.
/// </summary>
internal static class CommittedLogRules
{
    public static ControlState OnEntries(ControlState state, StepDraft step, EntriesCommitted input)
    {
        if (state.IsShuttingDown)
        {
            return state;
        }

        if (input.Entries.Length > input.From)
        {
            state = Apply(state, step, input.Entries[input.From]);
            step.Follow(input with { From = input.From + 1 });
            return AnswerWaiters(state, step);
        }

        if (input is { Entries.IsEmpty: true, Head: null })
        {
            return Reconsider(state, step);
        }

        if (input.Head is { } head && head.Epoch == state.Committed.Applied.Epoch)
        {
            step.Start(new ReportLag(Math.Max(0, head.Index - state.Committed.Applied.Index)));
        }

        return MonitorRules.OnEntriesApplied(state, step);
    }

    /// <summary>
    /// Whether the log, as long as it is believed, has the node at another endpoint. Who answers there does not outweigh it:
    /// there is nothing to read that would put a late answer right, and if the node did move, the entry is on its way.
    /// </summary>
    public static bool HasElsewhere(ControlState state, HostId hostId, NodeEndpoint endpoint) =>
        state.Committed.Fault is null && state.Committed.Told.GetValueOrDefault(hostId)?.Endpoint is { } told && !told.Equals(endpoint);

    /// <summary>The step of an entry failed: nothing of it is applied, and none after it.</summary>
    public static ControlState OnDefect(ControlState state, StepDraft step, Exception error) =>
        Doubt(state, step, new TopologyFaultException("The committed log", $"what follows {state.Committed.Applied} could not be applied: {error.Message}", error));

    /// <summary>Something was given up that the log had led to; it says the same still.</summary>
    public static ControlState Again(ControlState state, StepDraft step)
    {
        if (!state.Committed.Told.IsEmpty)
        {
            step.Follow(new EntriesCommitted([]));
        }

        return state;
    }

    /// <summary>After every step; quick when no log is used. What nodes waited for may be there now.</summary>
    public static ControlState Follow(ControlState state, Metadata metadata, StepDraft step)
    {
        if (!state.Committed.Told.IsEmpty && !state.IsShuttingDown && step.Changes.Any(IsOfNodes)
            && (state.Committed.Told.Values.Any(told => IsBehind(state, metadata, told)) || metadata.Nodes.Any(node => IsLeft(state, node))))
        {
            step.Follow(new EntriesCommitted([]));
        }

        return state;
    }

    private static bool IsOfNodes(TopologyChange change) =>
        change is ChangeBatch batch ? batch.Changes.Any(IsOfNodes) : change is NodeMoved or NodeLeft or NodeReplaced or NodeReidentified or NodeDown or HandoverAborted or HandoverCheckpoint { Phase: HandoverPhase.Completed };

    /// <summary>Whether a node is not where it is to be, and nothing is under way about that.</summary>
    private static bool IsBehind(ControlState state, Metadata metadata, NodeTarget told) =>
        metadata.NodeOf(told.HostId) is { } node
            ? told.Endpoint is not null && !told.Endpoint.Equals(node.Endpoint) && !state.Claims.ContainsKey(told.HostId) && !state.Handovers.ContainsKey(told.HostId)
            : !state.Doubts.Values.Any(doubt => doubt.Newcomer.HostId == told.HostId);

    /// <summary>Whether it was told to be gone, and nobody is asked about it any more.</summary>
    private static bool IsLeft(ControlState state, Node node) => !state.Committed.Told.ContainsKey(node.HostId) && !state.Doubts.ContainsKey(node.HostId);

    private static ControlState Reconsider(ControlState state, StepDraft step)
    {
        var changes = new List<TopologyChange>();
        state = Compare(state, step, static _ => { }, changes);
        step.Change([.. changes]);
        return state;
    }

    private static ControlState Apply(ControlState state, StepDraft step, TopologyLogEntry entry)
    {
        var log = state.Committed;
        var applied = step.Defends(Race.OldEntry) ? log.Applied : default;
        var (change, fault) = LogRules.Judge(applied, log.Fault is not null, entry);
        if (fault is not null)
        {
            return Doubt(state, step, new TopologyFaultException("The committed log", fault));
        }

        if (change is null || (log.Fault is not null && entry.Position < log.Skipped))
        {
            step.Start(new CountIgnoredEntry());
            return log.Fault is null || entry.Position < log.Skipped ? state : state with { Committed = log with { Skipped = entry.Position } };
        }

        if (change is UndecodableEntry unknown)
        {
            step.Report(Log.EntryNotUnderstood, entry.Position.ToString(), unknown.Reason);
        }

        var changes = new List<TopologyChange>();
        var next = Translate(state with { Committed = log with { Applied = entry.Position, Fault = null, Skipped = default } }, step, change, changes);
        var committed = changes switch
        {
            [] => change is OpaqueEntry or UndecodableEntry ? change : new EmptyEntry(),
            [var only] => only,
            _ => new ChangeBatch([.. changes]),
        };
        step.Change(committed with { Source = entry.Position });

        // Only for what follows in this step: the loop folds the changes itself.
        return next with { Metadata = MetadataEvolver.Apply(state.Metadata, [step.Changes[^1]]) };
    }

    /// <summary>What leads to what an entry says. Each part of a batch sees what the parts before it changed; nobody else does.</summary>
    private static ControlState Translate(ControlState state, StepDraft step, TopologyChange change, List<TopologyChange> changes)
    {
        switch (change)
        {
            case EmptyEntry or OpaqueEntry or UndecodableEntry or ShardingChanged or SchemaReplaced or RingsReplaced or RoutesChanged or HandoverCheckpoint or HandoverAborted:
                // The last ones are each client's own affair: they count as read.
                return state;
            case ChangeBatch batch:
                return TranslateParts(state, step, batch, changes);
            case SnapshotInstalled installed:
                return Install(state, step, installed.Snapshot, changes);
            case NodeJoined joined:
                return Join(state, step, joined.Node, changes);
            case NodeReplaced replaced:
                return Compare(state, step, targets => Take(targets, replaced.Node, replaced.Replaced), changes);
            case NodeReidentified reidentified:
                return Compare(state, step, targets => Take(targets, reidentified.Node, reidentified.Former), changes);
            case NodeMoved moved:
                return Compare(state, step, targets => Move(targets, moved.HostId, moved.To), changes);
            case NodeLeft left:
                return Compare(state, step, targets => targets.Remove(left.HostId), changes);
            case NodePromoted or NodeDemoted or NodeDraining or NodeDecommissioned:
                changes.Add(change);
                return Tell(state, (NodeChange)change);
            case NodeUp or NodeDown:
                return Suggest(state, ((NodeChange)change).HostId, change is NodeUp, changes);
            case SchemaChanged:
                changes.Add(change);
                var pacing = step.Settings.SchemaPacing;
                return SchemaRules.Follow(state, step, state.Schema.WithChanges(1, pacing, step.Now));
            case ClusterVersionChanged version when version.From is not null && state.Metadata.ClusterVersion is { } known && known != version.From:
                step.Report(Log.ClusterVersionUnexpected, version.To, $"{version.From} was expected before, it was {known}");
                goto default;
            default:
                changes.Add(change);
                return state;
        }
    }

    private static ControlState TranslateParts(ControlState state, StepDraft step, ChangeBatch batch, List<TopologyChange> changes)
    {
        var before = state.Metadata;
        foreach (var part in batch.Changes)
        {
            var own = new List<TopologyChange>();
            state = Translate(state, step, part, own);
            if (!step.Defends(Race.BatchHalf) && Fails(state.Metadata, own))
            {
                break;
            }

            state = state with { Metadata = MetadataEvolver.Apply(state.Metadata, own.Select(change => change with { Index = before.AppliedIndex })) };
            changes.AddRange(own);
        }

        return state with { Metadata = before };
    }

    private static bool Fails(Metadata metadata, List<TopologyChange> changes)
    {
        try
        {
            MetadataEvolver.Apply(metadata, changes);
            return false;
        }
        catch (UnreachableException)
        {
            return true;
        }
    }

    /// <summary>A known node is not made anew; that it is elsewhere is evidence, and followed like any other.</summary>
    private static ControlState Join(ControlState state, StepDraft step, Node node, List<TopologyChange> changes)
    {
        if (node.Endpoint is null)
        {
            step.Report(Log.NodeWithoutEndpoint, node.HostId.ToString(), "the committed log tells none that can be used; it is not dialled until it does");
        }

        // One that is shown still and was told to be gone is made anew.
        return state.Committed.Told.ContainsKey(node.HostId)
            ? node.Endpoint is null ? state : Compare(state, step, targets => Move(targets, node.HostId, node.Endpoint), changes)
            : Compare(state, step, targets => Take(targets, node, null), changes);
    }

    private static ControlState Install(ControlState state, StepDraft step, Metadata snapshot, List<TopologyChange> changes)
    {
        var (name, partitioner) = (snapshot.ClusterName ?? state.Metadata.ClusterName, snapshot.Partitioner ?? state.Metadata.Partitioner);
        if ((name, partitioner) != (state.Metadata.ClusterName, state.Metadata.Partitioner))
        {
            changes.Add(new ClusterIdentified(name, partitioner, state.Metadata.InitialDatacenter));
        }

        if (snapshot.ClusterVersion is { } version && version != state.Metadata.ClusterVersion)
        {
            changes.Add(new ClusterVersionChanged(null, version));
        }

        var targets = new SortedDictionary<HostId, NodeTarget>();
        foreach (var node in snapshot.Nodes)
        {
            targets.Add(node.HostId, Target(node));
        }

        state = state with { Committed = state.Committed with { Told = targets.ToImmutableSortedDictionary() } };
        return NodeListDiff.Add(state, step, targets, changes);
    }

    private static ControlState Tell(ControlState state, NodeChange change)
    {
        if (!state.Committed.Told.TryGetValue(change.HostId, out var told))
        {
            return state;
        }

        var next = change switch
        {
            NodePromoted => told.State == TopologyState.Joining ? TopologyState.Normal : told.State,
            NodeDemoted => TopologyState.Joining,
            NodeDraining => TopologyState.Draining,
            _ => TopologyState.Decommissioned,
        };
        return state with { Committed = state.Committed with { Told = state.Committed.Told.SetItem(change.HostId, told with { State = next }) } };
    }

    /// <summary>Only for nodes to which nobody connects does anybody else's word count.</summary>
    private static ControlState Suggest(ControlState state, HostId hostId, bool isUp, List<TopologyChange> changes)
    {
        if (state.Metadata.TryGetNode(hostId, out var node) && node.IsUp != isUp && state.Health.GetValueOrDefault(hostId) is null or { Wanted: 0, Open: 0, Forced: null })
        {
            const string Reason = "the committed log says so, and no session connects to it";
            changes.Add(isUp ? new NodeUp(hostId, NodeStatus.Up, Reason) : new NodeDown(hostId, NodeStatus.Down, Reason));
        }

        return state;
    }

    /// <summary>The nodes as they are to be, with one thing changed, compared with the nodes as they are.</summary>
    private static ControlState Compare(ControlState state, StepDraft step, Action<SortedDictionary<HostId, NodeTarget>> change, List<TopologyChange> changes)
    {
        var targets = new SortedDictionary<HostId, NodeTarget>();
        foreach (var (hostId, told) in state.Committed.Told)
        {
            // What else entries change of a node that is known is changed by them, and not compared.
            targets.Add(hostId, state.Metadata.TryGetNode(hostId, out var node) ? told with { OwnsTokens = node.OwnsTokens, Row = null } : told);
        }

        change(targets);
        var remembered = targets.Values.Select(target => target.Row is null && state.Committed.Told.TryGetValue(target.HostId, out var known) ? target with { Row = known.Row } : target);
        state = state with { Committed = state.Committed with { Told = remembered.ToImmutableSortedDictionary(static target => target.HostId, static target => target) } };
        return NodeListDiff.Add(state, step, targets, changes);
    }

    private static void Take(SortedDictionary<HostId, NodeTarget> targets, Node node, HostId? former)
    {
        if (former is { } gone)
        {
            targets.Remove(gone);
        }

        Evict(targets, node.HostId, node.Endpoint);
        targets[node.HostId] = Target(node);
    }

    private static void Move(SortedDictionary<HostId, NodeTarget> targets, HostId hostId, NodeEndpoint? to)
    {
        if (targets.TryGetValue(hostId, out var target))
        {
            Evict(targets, hostId, to);
            targets[hostId] = target with { Endpoint = to };
        }
    }

    /// <summary>The newest entry tells who is at an endpoint; who was there before waits without one.</summary>
    private static void Evict(SortedDictionary<HostId, NodeTarget> targets, HostId newcomer, NodeEndpoint? endpoint)
    {
        foreach (var target in targets.Values.Where(target => endpoint is not null && endpoint.Equals(target.Endpoint) && target.HostId != newcomer).ToArray())
        {
            targets[target.HostId] = target with { Endpoint = null };
        }
    }

    private static NodeTarget Target(Node node) => new(node.HostId, node.Endpoint, node.State, node.OwnsTokens, new NodeRow("the committed log", 0)
    {
        HostId = node.HostId.Value,
        Datacenter = node.Datacenter,
        Rack = node.Rack,
        ReleaseVersion = node.ReleaseVersion,
        SchemaVersion = node.SchemaVersion,
        Tokens = node.Tokens,
        HasTokens = !node.Tokens.IsEmpty,
        State = node.State,
    });

    private static ControlState Doubt(ControlState state, StepDraft step, TopologyFaultException fault)
    {
        step.Report(Log.SourceFault, "The committed log", fault.Reason);
        state = RefreshRules.FailAll(state, step, fault);
        return state with { Committed = state.Committed with { Fault = fault } };
    }

    /// <summary>Who waits for the cluster to be read has it when there is somebody to connect to.</summary>
    private static ControlState AnswerWaiters(ControlState state, StepDraft step)
    {
        if (state.Waiters.IsEmpty || state.Committed.Fault is not null || !state.Metadata.Nodes.Any(static node => node.IsRoutable))
        {
            return state;
        }

        step.Start(new AnswerWaiters([.. state.Waiters.Select(static waiter => waiter.Id)], null));
        return state with { Waiters = [] };
    }
}
