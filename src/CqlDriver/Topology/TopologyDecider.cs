using CqlDriver.Diagnostics;

namespace CqlDriver.Topology;

/// <summary>
/// From an input to decisions. Pure: the same state and input give the same changes, effects and next state; there is no
/// clock (the time is in the input), no task, no socket, and no collection is enumerated in the order of its hashes. The
/// rules are in <c>Deciding/</c>, one class per family of input:
/// </summary>
/// <remarks>
/// <para><see cref="ControlConnectionRules"/>: which connection the nodes are read on. <see cref="RefreshRules"/>: when they are
/// read and who is answered by it. <see cref="NodeRowRules"/>, <see cref="NodeTargets"/>, <see cref="NodeListDiff"/>, led by
/// <see cref="NodeListRules"/>: what the rows change. <see cref="EventRules"/>: what events hint at.
/// <see cref="SchemaRules"/>: when the schema is read.
/// <see cref="NodeHealthRules"/>: who is up.</para>
/// <para>Answers pass the <see cref="FenceGate"/> first. Inputs of pools are decided by the sessions; here they matter only for
/// what they tell about the node itself: how it shards, and that somebody else answered at its address.</para>
/// </remarks>
internal static class TopologyDecider
{
    /// <summary>Decides on an input. Changes and effects are added to the step.</summary>
    public static ControlState Decide(ControlState state, TopologyInput input, StepDraft step) =>
        input switch
        {
            Started => NodeSources.Begin(state, step),
            ShutdownRequested => ShutDown(state, step),
            RefreshRequested requested => RefreshRules.OnRequested(state, step, requested),
            RefreshAbandoned abandoned => RefreshRules.OnAbandoned(state, abandoned),
            NodeForced forced => NodeHealthRules.OnForced(state, step, forced),
            ContactPointsResolved resolved => ControlConnectionRules.OnResolved(state, step, resolved),
            ControlOpened opened => ControlConnectionRules.OnOpened(state, step, opened),
            ControlFailed failed => ControlConnectionRules.OnFailed(state, step, failed),
            ControlLost lost => ControlConnectionRules.OnLost(state, step, lost),
            NodesRead read => RefreshRules.OnRead(state, step, read),
            NodesReadFailed failed => RefreshRules.OnReadFailed(state, step, failed),
            SchemaRequested requested => SchemaRules.Follow(state, step, state.Schema.WithWaiter(requested.Waiter, step.Now)),
            SchemaRead read => SchemaRules.OnRead(state, step, read),
            SchemaReadFailed failed => SchemaRules.OnReadFailed(state, step, failed),
            SuggestionsTold told => MonitorRules.OnTold(state, step, told),
            MonitorEnded ended => MonitorRules.OnEnded(state, step, ended),
            NodesKnown => MonitorRules.OnNodesKnown(state, step),
            NodeRead read => MonitorRules.OnNodeRead(state, step, read),
            EntriesCommitted entries => CommittedLogRules.OnEntries(state, step, entries),
            RoutesRead read => ClientRouteRules.OnRead(state, step, read),
            RoutesReadFailed failed => ClientRouteRules.OnReadFailed(state, step, failed),
            TabletsHinted or MisrouteTold or RingsBuilt => TabletRules.Take(state, step, input),
            EventsObserved events => EventRules.OnEvents(state, step, events),
            NodeDialled dialled => OnDialled(state, step, dialled),
            NodeDialFailed failed => OnDialFailed(state, step, failed),
            ConnectionClosed closed => OnClosed(state, closed),
            TimerFired fired => OnTimer(state, step, fired),
            IdentityVerified verified => HandoverRules.OnVerified(state, step, verified),
            IdentityTold told => IdentityRules.OnTold(state, step, told),
            HandoverDue due => HandoverPhases.OnDue(state, step, due),
            TicketSweepDue => Sweep(state, step),
            FaultOccurred fault => OnFault(state, step, fault),

            // The sessions'.
            _ => state,
        };

    /// <summary>The second half, when the sessions have said how their connections changed.</summary>
    public static ControlState Conclude(ControlState state, Metadata metadata, ParticipantDecision[] decisions, StepDraft step)
    {
        state = NodeHealthRules.Add(state, step, metadata, decisions.SelectMany(static decision => decision.Health));
        state = ClientRouteRules.Conclude(state, metadata, decisions, step);
        state = RingRules.Follow(TabletRules.Follow(state, metadata, step), metadata, step);
        state = HandoverPhases.Note(state, step, decisions.SelectMany(static decision => decision.Handovers));
        return CommittedLogRules.Follow(state, metadata, step);
    }

    /// <summary>
    /// A connection tells how its node shards. Learnt for the first time it is no new life of the node; changed, it is. Only
    /// the newest connection counts: an older one that finishes late must not undo what a newer one told. While the node's
    /// traffic is on its way to another endpoint, only what is told there matters: the generation of it is reserved.
    /// </summary>
    private static ControlState OnDialled(ControlState state, StepDraft step, NodeDialled input)
    {
        if (input.Ticket.Fence is not { } fence
            || !state.Metadata.TryGetNode(fence.HostId, out var node)
            || !state.Health.TryGetValue(fence.HostId, out var health)
            || node.Generation != fence.Generation
            || (input.Connection.Facts.HostId ?? fence.HostId) != fence.HostId
            || (state.Handovers.TryGetValue(fence.HostId, out var handover) && handover.IsBeforeCutOver)
            || (input.Connection.Id.Value <= health.ShardingToldBy.Value && step.Defends(Race.Resharding)))
        {
            return state;
        }

        var told = input.Connection.Facts.Sharding is { } facts ? new NodeSharding(facts.ShardCount, facts.IgnoreMsb) : null;
        var isFirst = health.ShardingToldBy.Value == 0 && node.Sharding is null;
        health = health with { ShardingToldBy = input.Connection.Id };
        if (told != node.Sharding)
        {
            var generation = isFirst ? node.Generation : step.NextGeneration();
            step.Change(new ShardingChanged(node.HostId, told, generation));

            // The sessions report their connections anew under the new generation.
            health = isFirst ? health : new NodeHealth(generation) { Forced = health.Forced, ShardingToldBy = health.ShardingToldBy };
        }

        return state with { Health = state.Health.SetItem(node.HostId, health) };
    }

    /// <summary>Somebody else answers at a node's address: the rows will tell who lives where.</summary>
    private static ControlState OnDialFailed(ControlState state, StepDraft step, NodeDialFailed input)
    {
        if (input.Answered is not { } answered || input.Ticket.Fence is not { } fence)
        {
            return state;
        }

        var dialled = state.GenerationOf(fence.HostId) == fence.Generation && state.Metadata.TryGetNode(fence.HostId, out var node) ? node.Endpoint
            : state.Handovers.TryGetValue(fence.HostId, out var handover) && handover.Checkpoint.Generation == fence.Generation ? handover.Checkpoint.To
            : null;
        if (dialled is null)
        {
            return state;
        }

        step.Report(Log.WrongNode, fence.HostId.ToString(), answered.ToString());
        return RefreshRules.Hint(input.Ticket.Route is null ? HandoverRules.ObserveAnswer(state, step, answered, dialled) : state, step);
    }

    private static ControlState OnClosed(ControlState state, ConnectionClosed input) =>
        input.Ticket.Owner == EffectTicket.Cluster ? state with { Tickets = state.Tickets.Consume(input.Ticket, out _) } : state;

    private static ControlState OnTimer(ControlState state, StepDraft step, TimerFired input)
    {
        if (input.Ticket.Owner != EffectTicket.Cluster)
        {
            return state;
        }

        state = state with { Tickets = FenceGate.Pass(state.Tickets, step, input.Ticket, null, out var isAdmitted) };
        if (!isAdmitted)
        {
            return state;
        }

        return input.Ticket.Key.Timer switch
        {
            TimerPurpose.ControlReconnection => ControlConnectionRules.OnRetryTimer(state, step),
            TimerPurpose.MonitorRestart => MonitorRules.Watch(state, step),
            TimerPurpose.RefreshDue => RefreshRules.OnDue(state, step),
            TimerPurpose.SchemaDue => SchemaRules.Follow(state, step, state.Schema.At(step.Now)),
            TimerPurpose.PeriodicRefresh => RefreshRules.Want(state, step, step.Now),
            TimerPurpose.FirstRefreshLimit => RefreshRules.OnFirstLimit(state, step),
            TimerPurpose.Handover => HandoverPhases.OnPoll(state, step, input.Ticket.Key.HostId),
            TimerPurpose.HandoverRetry => HandoverRules.Pursue(state, step, input.Ticket.Key.HostId),
            TimerPurpose.IdentityLimit => IdentityRules.OnLimit(state, step),
            TimerPurpose.UpWithoutReading => NodeHealthRules.OnUpLimit(state, step, input.Ticket.Key.HostId),
            _ => state,
        };
    }

    private static ControlState Sweep(ControlState state, StepDraft step)
    {
        state.Tickets.Expire(step);
        return state;
    }

    /// <summary>A defect of ours. Nothing more is believed of what is under way; everything is read anew.</summary>
    private static ControlState OnFault(ControlState state, StepDraft step, FaultOccurred input)
    {
        state = RefreshRules.FailAll(state, step, new CqlException("The topology could not be updated because of a defect of the driver; the last good view serves on.", input.Error));
        return state.IsShuttingDown ? state
            : input.IsOfCommittedLog ? CommittedLogRules.OnDefect(state, step, input.Error)
            : ControlConnectionRules.Resynchronise(state, step);
    }

    private static ControlState ShutDown(ControlState state, StepDraft step)
    {
        state = RefreshRules.FailAll(state, step, new ObjectDisposedException(nameof(TopologyLoop)));
        state = ControlConnectionRules.Drop(state with { IsShuttingDown = true }, step, "the cluster object is disposed");
        return state with { Refresh = new RefreshSchedule { Started = state.Refresh.Started } };
    }
}
