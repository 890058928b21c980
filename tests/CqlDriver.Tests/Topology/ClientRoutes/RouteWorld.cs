using System.Net;
using CqlDriver.Connections;
using CqlDriver.Pools;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

/// <summary>A <see cref="TopologyWorld"/> whose nodes stand behind private connections.</summary>
internal sealed class RouteWorld
{
    public RouteWorld(Func<RouteSettings, RouteSettings>? configure = null, Func<TopologySettings, TopologySettings>? settings = null, params string[] connectionIds)
    {
        var routes = new RouteSettings { Proxies = [.. (connectionIds.Length == 0 ? ["A", "B", "C"] : connectionIds).Select(id => new RouteProxy(id, null))] };
        var basic = new TopologySettings { ContactPoints = [At(100)], StopsAtFaults = true, RandomSeed = 5, ClientRoutes = configure?.Invoke(routes) ?? routes };
        World = new TopologyWorld(settings?.Invoke(basic) ?? basic);
    }

    public TopologyWorld World { get; }

    public ClientRouteState Routes => World.State.Routes!;

    public ClientRouteTable Table => World.Metadata.ClientRoutes;

    public IEnumerable<RoutesChanged> Told => World.Parts.OfType<RoutesChanged>();

    /// <summary>Where the balancer of a connection listens for a node.</summary>
    public static NodeEndpoint Via(string connectionId, int node, int mapping = 0) => new(new IPAddress([192, 168, (byte)connectionId[0], (byte)node]), 9_000 + mapping);

    public static RouteRow Route(string? connectionId, int node, int mapping = 0) => new(0)
    {
        ConnectionId = connectionId,
        HostId = Id(node).Value,
        Address = Via(connectionId ?? "?", node, mapping).Host,
        Port = Via(connectionId ?? "?", node, mapping).Port,
    };

    public RouteWorld Begin(RouteRow[] routes, NodeRow local, params NodeRow[] peers)
    {
        World.Step(new Started());
        World.Step(new ContactPointsResolved(World.Take<ResolveContactPoints>().Ticket, World.Settings.ContactPoints, []));
        World.OpenControl(local);
        Read(routes, local, peers);
        return this;
    }

    public void Read(RouteRow[] routes, NodeRow local, params NodeRow[] peers) =>
        World.Step(new NodesRead(World.Take<ReadNodes>().Ticket, local, [.. peers], local, new RouteReading(new RouteScope(Routes.Settings.ConnectionIds, null), [.. routes])));

    public void Refresh(RouteRow[] routes, NodeRow local, params NodeRow[] peers)
    {
        World.Step(new RefreshRequested(1_000, IsFirst: false));
        Read(routes, local, peers);
    }

    public void Event(params (string ConnectionId, int Node)[] pairs) => Hint(new RouteHints([.. pairs.Select(pair => new ClientRouteKey(Id(pair.Node), pair.ConnectionId))], null));

    public void Hint(RouteHints hints) => World.Step(new EventsObserved(Control.Id, [], [], false, hints));

    /// <summary>Answers the targeted reading that is under way; the rows beyond its scope are the server's to leave out.</summary>
    public void Answer(params RouteRow[] rows)
    {
        var read = World.Take<ReadRoutes>();
        World.Step(new RoutesRead(read.Ticket, new RouteReading(read.Scope, [.. rows])));
    }

    /// <summary>An event and the answer to the reading that follows.</summary>
    public void Change((string ConnectionId, int Node)[] pairs, params RouteRow[] rows)
    {
        Event(pairs);
        Answer(rows);
    }

    public IPooledConnection Control => ((ControlPhase.Ready)World.State.Control).Connection;

    public static PoolState PoolOf(SessionPools session, int node) => session.State.Pools[Id(node)];

    public NodeStatus StatusOf(int node) => World.Metadata.NodeOf(Id(node))!.Status;

    public string? ChosenFor(int node) => Table.TryGetChosen(Id(node), out var route) ? route.ConnectionId : null;

    /// <summary>The oldest dial to a node, with the route that it takes.</summary>
    public (DialNode Dial, NodeEndpoint? Target) Dial(int node)
    {
        var dial = World.Dial(node);
        return (dial, dial.Ticket.Route?.Target);
    }

    public FakeConnection Connect(int node) => World.Complete(World.Dial(node));

    /// <summary>Fails dials to a node, waiting out the pauses between them.</summary>
    public void FailDials(int node, int times)
    {
        for (var i = 0; i < times; i++)
        {
            if (!World.Started.OfType<DialNode>().Any(dial => dial.Ticket.Fence!.Value.HostId == Id(node)))
            {
                World.Fire(TimerPurpose.PoolReconnection);
            }

            World.Fail(World.Dial(node));
        }
    }

    /// <summary>The next connection of a node that is due for renewal is dialled.</summary>
    public (DialNode Dial, NodeEndpoint? Target) Renew(int node)
    {
        World.Fire(TimerPurpose.RouteRenewal);
        return Dial(node);
    }

    public int Dials(int node) => World.Started.OfType<DialNode>().Count(dial => dial.Ticket.Fence!.Value.HostId == Id(node));

    public int Timers(TimerPurpose purpose) => World.Started.OfType<StartTimer>().Count(timer => timer.Ticket.Key.Timer == purpose);

    public IEnumerable<string> Notices => World.Started.OfType<ReportNotice>().Select(notice => $"{notice.Message.Method.Name} {notice.Subject} {notice.Detail}");
}
