using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Diagnostics;

namespace CqlDriver.Topology;

/// <summary>
/// How a control connection is found, kept and found again: known nodes first, then the contact points resolved anew, then a
/// pause that grows. Each life ends with its connection; nothing of an earlier life is heard in a later one, since its
/// tickets are revoked and its connection's number is not the current one.
/// </summary>
internal static class ControlConnectionRules
{
    /// <summary>Starts a walk. <paramref name="avoid"/> was just lost and comes last.</summary>
    public static ControlState Begin(ControlState state, StepDraft step, int attempt, ImmutableArray<ContactFailure> failures, NodeEndpoint? avoid = null) =>
        Next(state, step, new ConnectRound(attempt, KnownNodes(state.Metadata, step, avoid), HasResolved: false, failures));

    public static ControlState OnResolved(ControlState state, StepDraft step, ContactPointsResolved input)
    {
        state = Pass(state, step, input.Ticket, out var isAdmitted);
        if (!isAdmitted || state.Control is not ControlPhase.Resolving phase)
        {
            return state;
        }

        var round = phase.Round;
        foreach (var failure in input.Failures)
        {
            round = round.Failed(failure.Endpoint, failure.Error);
        }

        var known = input.Endpoints.Distinct().ToImmutableArray();
        return Next(state, step, round with { HasResolved = true, Remaining = Rotated(known, step) });
    }

    public static ControlState OnOpened(ControlState state, StepDraft step, ControlOpened input)
    {
        state = Pass(state, step, input.Ticket, out var isAdmitted);
        if (!isAdmitted || state.Control is not ControlPhase.Opening phase)
        {
            return Close(state, step, input.Connection, "it came home too late");
        }

        step.Report(Log.ControlConnected, input.Connection.Endpoint.ToString(), input.Connection.Id.ToString());
        state = state with { Control = new ControlPhase.Ready(input.Connection, input.Connection.Facts.HostId, phase.Round, Refreshes: 0) };
        return NodeSources.OnControlOpened(state, step);
    }

    public static ControlState OnFailed(ControlState state, StepDraft step, ControlFailed input)
    {
        state = Pass(state, step, input.Ticket, out var isAdmitted);
        return isAdmitted && state.Control is ControlPhase.Opening phase ? Next(state, step, Failed(phase.Round, step, phase.Target, input.Error)) : state;
    }

    /// <summary>A connection that is not the current control connection may say what it likes.</summary>
    public static ControlState OnLost(ControlState state, StepDraft step, ControlLost input)
    {
        if (state.Control is not ControlPhase.Ready ready || (ready.Connection.Id != input.ConnectionId && step.Defends(Race.OldControlConnection)))
        {
            step.Start(new CountDrop(EffectKind.ConnectionLoss));
            return state;
        }

        step.Report(Log.ControlLost, ready.Connection.Endpoint.ToString(), input.Error.Message);
        return Leave(state, step, ready, input.Error);
    }

    public static ControlState OnRetryTimer(ControlState state, StepDraft step) =>
        state.Control is ControlPhase.Waiting phase ? Begin(state, step, phase.Round.Attempt + 1, phase.Round.Failures) : state;

    /// <summary>The connection is open but of no use: another one is sought.</summary>
    public static ControlState Abandon(ControlState state, StepDraft step, Exception error) =>
        state.Control is ControlPhase.Ready ready ? Leave(state, step, ready, error) : state;

    /// <summary>Drops the present life without looking for another one.</summary>
    public static ControlState Drop(ControlState state, StepDraft step, string reason)
    {
        var connection = (state.Control as ControlPhase.Ready)?.Connection;
        state = state with { Tickets = state.Tickets.RevokeAll(step), Control = new ControlPhase.Idle(), Refresh = state.Refresh with { Running = null } };
        return connection is null ? state : Close(state, step, connection, reason);
    }

    /// <summary>After a defect: everything of this life is dropped, and after a pause everything is read anew.</summary>
    public static ControlState Resynchronise(ControlState state, StepDraft step) =>
        Reconnect(MonitorRules.Resynchronise(Drop(state, step, "the topology is read anew after a fault"), step), step, new ConnectRound(0, [], HasResolved: true, []));

    private static ControlState Leave(ControlState state, StepDraft step, ControlPhase.Ready ready, Exception error)
    {
        if (state.Refresh.Running is { } running && !NodeSources.CanRead(state with { Control = new ControlPhase.Idle() }, step))
        {
            // What was being read stays wanted: whoever is next reads everything.
            state = state with { Tickets = state.Tickets.Revoke(step, running.Ticket), Refresh = state.Refresh with { Running = null } };
        }

        state = SchemaRules.Interrupt(step.Settings.Monitor is null ? RefreshRules.CancelPlanned(state, step) : state, step);
        state = Close(state, step, ready.Connection, error.Message);
        var endpoint = ready.Connection.Endpoint;

        // One that never gave a good refresh counts as a failed candidate of its round; one that served begins a new round.
        return ready.Refreshes == 0
            ? Next(state, step, Failed(ready.Round, step, endpoint, error))
            : Begin(state, step, 0, [new ContactFailure(endpoint, error)], endpoint);
    }

    private static ControlState Next(ControlState state, StepDraft step, ConnectRound round)
    {
        if (state.IsShuttingDown)
        {
            return state with { Control = new ControlPhase.Idle() };
        }

        if (!round.Remaining.IsEmpty)
        {
            return Open(state, step, round);
        }

        if (round.HasResolved)
        {
            return Wait(RefreshRules.FailFirstWaitersIfRefused(state, step, round.Failures), step, round);
        }

        var tickets = state.Tickets.Issue(step, EffectTicket.Cluster, new EffectKey(EffectKind.ResolveContactPoints), null, out var ticket);
        step.Start(new ResolveContactPoints(ticket!, step.Settings.ContactPoints));
        return state with { Tickets = tickets, Control = new ControlPhase.Resolving(ticket!, round) };
    }

    private static ControlState Open(ControlState state, StepDraft step, ConnectRound round)
    {
        var target = round.Remaining[0];
        var tickets = state.Tickets.Issue(step, EffectTicket.Cluster, new EffectKey(EffectKind.OpenControlConnection), null, out var ticket);
        step.Start(new OpenControlConnection(ticket!, step.NextConnectionId(), target));
        return state with { Tickets = tickets, Control = new ControlPhase.Opening(ticket!, target, round with { Remaining = round.Remaining.RemoveAt(0) }) };
    }

    private static ControlState Reconnect(ControlState state, StepDraft step, ConnectRound round) => step.Settings.NeedsControlConnection ? Wait(state, step, round) : state;

    private static ControlState Wait(ControlState state, StepDraft step, ConnectRound round)
    {
        var key = new EffectKey(EffectKind.Timer) { Timer = TimerPurpose.ControlReconnection };
        var tickets = state.Tickets.Issue(step, EffectTicket.Cluster, key, null, out var ticket);
        step.Start(new StartTimer(ticket!, step.ReconnectionDelay(round.Attempt + 1)));
        return state with { Tickets = tickets, Control = new ControlPhase.Waiting(ticket!, round) };
    }

    private static ConnectRound Failed(ConnectRound round, StepDraft step, NodeEndpoint endpoint, Exception error)
    {
        step.Report(Log.ContactFailed, endpoint.ToString(), error.Message);
        return round.Failed(endpoint, error);
    }

    private static ControlState Pass(ControlState state, StepDraft step, EffectTicket ticket, out bool isAdmitted) =>
        state with { Tickets = FenceGate.Pass(state.Tickets, step, ticket, null, out isAdmitted) };

    private static ControlState Close(ControlState state, StepDraft step, IPooledConnection connection, string reason)
    {
        var key = new EffectKey(EffectKind.CloseConnection) { ConnectionId = connection.Id };
        var tickets = state.Tickets.Issue(step, EffectTicket.Cluster, key, null, out var ticket);
        if (ticket is not null)
        {
            step.Start(new CloseConnection(ticket, connection, TimeSpan.Zero, reason));
        }

        return state with { Tickets = tickets };
    }

    /// <summary>Nodes that are up, those of the first datacenter before others, in turn; a few of them, for the contact points are to have their chance.</summary>
    private static ImmutableArray<NodeEndpoint> KnownNodes(Metadata metadata, StepDraft step, NodeEndpoint? avoid)
    {
        var nodes = Rotated([.. metadata.Nodes.Where(node => node.IsRoutable && node.Status != NodeStatus.ForcedDown && ClientRouteRules.EndpointOf(step, node) is not null)], step);
        return
        [
            .. nodes.OrderBy(node => ClientRouteRules.EndpointOf(step, node)!.Equals(avoid))
                .ThenByDescending(node => node.IsUp)
                .ThenByDescending(node => node.Datacenter == metadata.InitialDatacenter)
                .Take(step.Settings.ControlCandidates)
                .Select(node => ClientRouteRules.EndpointOf(step, node)!),
        ];
    }

    private static ImmutableArray<T> Rotated<T>(ImmutableArray<T> items, StepDraft step)
    {
        var start = (int)(step.NextRandom() * items.Length);
        return [.. items[start..], .. items[..start]];
    }
}
