using CqlDriver.Diagnostics;

namespace CqlDriver.Topology;

/// <summary>
/// Nodes behind private connections (ScyllaDB's <c>system.client_routes</c>): when routes are read, and what readings, dials
/// and departures make of them. Off unless the options name connections; then <see cref="StepDraft.Routes"/> is there.
/// </summary>
/// <remarks>
/// <para>A full reading comes with each full refresh, from the same control connection, so that nodes and routes are published
/// in one snapshot and pools come after it. An event names pairs; they alone are read again, one reading at a time, and none
/// while a refresh is under way, since that may have read before the event. What is known only changes within the scope that
/// was asked (<see cref="RouteMerge"/>); which route is taken is <see cref="HostRoute"/>'s.</para>
/// <para>The node's endpoint, identity and generation have nothing to do with its route: another route is no move. Pools take a
/// route at each dial and remember with each connection which one it was; those that were opened by another one than the
/// present one are renewed by their session, one at a time, and closed only when their successor is there.</para>
/// </remarks>
internal static class ClientRouteRules
{
    private static readonly EffectKey ReadKey = new(EffectKind.ReadRoutes);

    /// <summary>The routes that were read together with the nodes; what they change goes into the refresh's batch.</summary>
    public static ControlState OnNodesRead(ControlState state, StepDraft step, NodesRead input, RunningRefresh running, List<TopologyChange> changes)
    {
        if (step.Routes is not { } routes || input.Routes is not { } reading || state.Control is not ControlPhase.Ready ready)
        {
            return state;
        }

        if (routes.Running is { } older)
        {
            // No reading is begun while a refresh is under way: this one is newer.
            state = state with { Tickets = state.Tickets.Revoke(step, older) };
            routes = routes with { Running = null };
        }

        step.Routes = RouteMerge.Apply(routes, step, reading, new RouteDoubt(running.StartedAt, ready.Refreshes == 0));
        if (step.Routes.Table.Since(state.Metadata.ClientRoutes) is { } change)
        {
            changes.Add(change);
        }

        state = ReadPending(state, step);
        return step.Routes.Doubted.IsEmpty ? state : RefreshRules.Want(state, step, step.Routes.Doubted.Values.Max() + step.Settings.RemovalDoubt);
    }

    public static ControlState OnEvents(ControlState state, StepDraft step, EventsObserved input)
    {
        if (step.Routes is not { } routes || input.Routes is not { } hints)
        {
            return state;
        }

        if (hints.Problem is { } problem && !routes.Warned.Contains(problem))
        {
            step.Report(Log.RouteEventIgnored, "CLIENT_ROUTES_CHANGE", problem);
            routes = routes with { Warned = routes.Warned.Add(problem) };
        }

        step.Routes = routes with
        {
            Pending = routes.Pending.Union(hints.Keys.Where(key => routes.Settings.ProxyOf(key.ConnectionId) is not null)),
            IsEverythingPending = routes.IsEverythingPending || hints.Problem is not null,
        };
        return state.Refresh.Running is null ? ReadPending(state, step) : state;
    }

    public static ControlState OnRead(ControlState state, StepDraft step, RoutesRead input)
    {
        state = Pass(state, step, input.Ticket, out var isAdmitted);
        if (!isAdmitted)
        {
            return state;
        }

        step.Routes = RouteMerge.Apply(step.Routes!, step, input.Reading, doubt: null);
        if (step.Routes.Table.Since(state.Metadata.ClientRoutes) is { } change)
        {
            step.Change(change);
        }

        return state.Refresh.Running is null ? ReadPending(state, step) : state;
    }

    /// <summary>The next full refresh reads what this one did not.</summary>
    public static ControlState OnReadFailed(ControlState state, StepDraft step, RoutesReadFailed input)
    {
        state = Pass(state, step, input.Ticket, out var isAdmitted);
        if (!isAdmitted)
        {
            return state;
        }

        step.Report(Log.RouteReadFailed, $"{(state.Control as ControlPhase.Ready)?.Connection.Endpoint}", input.Error.Message);
        return RefreshRules.Hint(state, step);
    }

    /// <summary>After the sessions have decided: what their connections tell of routes, and whom no route leads to.</summary>
    public static ControlState Conclude(ControlState state, Metadata metadata, ParticipantDecision[] decisions, StepDraft step)
    {
        if (step.Routes is not { } routes)
        {
            return state;
        }

        foreach (var use in decisions.SelectMany(static decision => decision.Routes))
        {
            routes = use.Count > 0 || routes.Hosts.ContainsKey(use.HostId) ? routes.With(use.HostId, routes.Of(use.HostId).Count(use.Route, use.Count)) : routes;
        }

        foreach (var gone in step.Changes.SelectMany(Departed))
        {
            routes = routes.Forget(gone);
        }

        step.Routes = routes;
        if (routes.Table.Since(metadata.ClientRoutes) is { } change)
        {
            step.Change(change);
            step.Follow(new RoutesDue());
        }

        Judge(state, metadata, routes, step);
        return state;
    }

    /// <summary>The route for a dial, and the next one's turn. False: there is none, and the node is not to be dialled.</summary>
    public static bool TryDraw(StepDraft step, HostId hostId, out ClientRoute? route)
    {
        route = null;
        if (step.Routes is not { } routes)
        {
            return true;
        }

        var host = routes.Of(hostId);
        route = host.Next;
        if (route is not null && host.Chosen is null)
        {
            step.Routes = routes.With(hostId, host with { Turn = host.Turn + 1 });
        }

        if (route is null && routes.Settings.AllowsDirect && !host.IsDirectTold)
        {
            step.Report(Log.DialledDirectly, hostId.ToString(), "no client route leads to it, and AllowDirect is on");
            step.Routes = routes.With(hostId, host with { IsDirectTold = true });
        }

        return route is not null || routes.Settings.AllowsDirect;
    }

    /// <summary>Where a known node is dialled for a control connection; null: nowhere.</summary>
    public static NodeEndpoint? EndpointOf(StepDraft step, Node node) =>
        step.Routes is not { } routes ? node.Endpoint : routes.Of(node.HostId).Next?.Target ?? (routes.Settings.AllowsDirect ? node.Endpoint : null);

    /// <summary>How a node is shown that cannot be reached.</summary>
    public static NodeStatus Unreached(StepDraft step, HostId hostId) =>
        step.Routes is { } routes && !routes.LeadsTo(hostId) ? NodeStatus.NoRoute : NodeStatus.Down;

    /// <summary>A dial by a route has led to the node that was meant: from now on it is the node's route, if it has none.</summary>
    public static void OnSucceeded(StepDraft step, HostId hostId, ClientRoute? used)
    {
        if (used is null || step.Routes is not { } routes || !routes.Hosts.TryGetValue(hostId, out var host) || !host.IsFresh(used) || host.Routes.IsEmpty)
        {
            return;
        }

        var chosen = host.Chosen ?? host.Routes.First(route => route.LeadsAs(used));
        if (host.Failures > 0 || host.IsRenewalStopped || host.Chosen is null)
        {
            step.Routes = routes.With(hostId, host with { Failures = 0, IsRenewalStopped = false, Chosen = chosen });
            if (host.IsRenewalStopped)
            {
                // Every session has connections to renew again.
                step.Follow(new RoutesDue());
            }
        }
    }

    /// <summary>A dial by a route has failed. Only when nothing is open through it is another one tried.</summary>
    public static void OnFailed(StepDraft step, HostId hostId, ClientRoute? used, Exception error)
    {
        if (used is null || error is CqlAuthenticationException || step.Routes is not { } routes || !routes.Hosts.TryGetValue(hostId, out var host)
            || !host.IsFresh(used) || host.Routes.IsEmpty)
        {
            return;
        }

        var limit = routes.Settings.MaxFailures * (host.Chosen is null ? host.Routes.Length : 1);
        host = host with { Failures = host.Failures + 1 };
        step.Routes = routes.With(hostId, host);
        if (host.Failures < limit)
        {
            return;
        }

        if (host.Chosen is { } chosen && host.LiveThrough(chosen) == 0 && (host.Routes.Length > 1 || chosen.IsUnconfirmed))
        {
            step.Report(Log.RouteGivenUp, chosen.ToString(), error.Message);
            step.Routes = routes.With(hostId, host.WithoutChoice());
            step.Routes = chosen.IsUnconfirmed ? step.Routes.With([], [chosen.Key]) : step.Routes;
        }
        else if (!host.IsRenewalStopped && host.HasOthersThan(host.Chosen))
        {
            step.Report(Log.RouteRenewalStopped, used.ToString(), error.Message);
            step.Routes = routes.With(hostId, host with { IsRenewalStopped = true });

            // Every session keeps connections for renewals that will not come now.
            step.Follow(new RoutesDue());
        }
    }

    /// <summary>When the node's next connection may be renewed, over all sessions.</summary>
    public static TimeSpan ReserveRenewal(StepDraft step, HostId hostId)
    {
        var host = step.Routes!.Of(hostId);
        var at = host.NextRenewal > step.Now ? host.NextRenewal : step.Now;
        step.Routes = step.Routes.With(hostId, host with { NextRenewal = at + step.Routes.Settings.RenewalPause });
        return at - step.Now;
    }

    /// <summary>Those that sessions want and cannot have: shown as such, and as up again when a route has come.</summary>
    private static void Judge(ControlState state, Metadata metadata, ClientRouteState routes, StepDraft step)
    {
        foreach (var node in metadata.Nodes)
        {
            if (!state.Health.TryGetValue(node.HostId, out var health) || health is not { Wanted: > 0, Open: 0, Forced: null })
            {
                continue;
            }

            var leads = routes.LeadsTo(node.HostId);
            if (step.Changes.LastOrDefault(change => change is NodeUp or NodeDown && ((NodeChange)change).HostId == node.HostId) is { } decided)
            {
                if (decided is NodeUp && !leads)
                {
                    // Up by what was known before; a step has one word on each node.
                    step.Follow(new RoutesDue());
                }

                continue;
            }

            if (node.IsUp && !leads)
            {
                step.Change(new NodeDown(node.HostId, NodeStatus.NoRoute, "no client route leads to it"));
            }
            else if (node.Status == NodeStatus.NoRoute && leads)
            {
                step.Change(new NodeUp(node.HostId, NodeStatus.Up, "a client route leads to it"));
            }
        }
    }

    private static ControlState ReadPending(ControlState state, StepDraft step)
    {
        var routes = step.Routes!;
        if (routes.Running is not null || state.Control is not ControlPhase.Ready ready || (routes.Pending.IsEmpty && !routes.IsEverythingPending))
        {
            return state;
        }

        var scope = routes.IsEverythingPending ? new RouteScope(routes.Settings.ConnectionIds, null) : RouteScope.Of(routes.Pending);
        var tickets = state.Tickets.Issue(step, EffectTicket.Cluster, ReadKey with { ConnectionId = ready.Connection.Id }, null, out var ticket);
        step.Start(new ReadRoutes(ticket!, ready.Connection, scope));
        step.Routes = routes with { Running = ticket, Pending = [], IsEverythingPending = false };
        return state with { Tickets = tickets };
    }

    /// <summary>What an older control connection has read is not used.</summary>
    private static ControlState Pass(ControlState state, StepDraft step, EffectTicket ticket, out bool isAdmitted)
    {
        var tickets = FenceGate.Pass(state.Tickets, step, ticket, null, out isAdmitted);
        if (step.Routes!.Running?.Id == ticket.Id)
        {
            step.Routes = step.Routes with { Running = null };
        }

        isAdmitted = isAdmitted && state.Control is ControlPhase.Ready ready && ready.Connection.Id == ticket.Key.ConnectionId;
        return state with { Tickets = tickets };
    }

    private static IEnumerable<HostId> Departed(TopologyChange change) => change switch
    {
        ChangeBatch batch => batch.Changes.SelectMany(Departed),
        NodeLeft left => [left.HostId],
        NodeReplaced replaced => [replaced.Replaced],
        NodeReidentified reidentified => [reidentified.Former],
        _ => [],
    };
}
