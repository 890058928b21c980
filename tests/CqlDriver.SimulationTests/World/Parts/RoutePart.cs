using System.Collections.Immutable;
using CqlDriver.Protocol;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>
/// Nodes that are reached through private connections alone: two of ours, and one of somebody else. Rows are posted, deleted,
/// wrong, unusable or unreadable; events of them are lost, doubled, partial, mixed and malformed; nodes show them late.
/// </summary>
internal sealed class RoutePart : WorldPart
{
    private const int OldestShown = 3;
    private static readonly string[] Connections = ["A", "B"];

    private readonly Action[] _kinds;
    private readonly RouteInvariants _invariants;
    private readonly List<ImmutableSortedDictionary<ClientRouteKey, RouteRow>> _history = [ImmutableSortedDictionary<ClientRouteKey, RouteRow>.Empty];
    private bool _hasUnreadableRow;

    public RoutePart(SimulationWorld world) : base(world)
    {
        _invariants = new RouteInvariants(world);
        _kinds = [PostRight, PostRight, PostWrong, PostNowhere, Delete, PostUnusable, PostForeign, TellMixed, TellMalformed, TurnUnreadable];
    }

    private ImmutableSortedDictionary<ClientRouteKey, RouteRow> Newest => _history[^1];

    public override TopologySettings Configure(TopologySettings settings) => settings with
    {
        ContactPoints = [Names.Alias(0), Names.Alias(1)],
        ClientRoutes = new RouteSettings { Proxies = [new RouteProxy(Connections[0], null), new RouteProxy(Connections[1], null)] },
    };

    public override void Act() => ActOne(_kinds);

    /// <summary>Whoever keeps the table follows the nodes, at once or not at all.</summary>
    public override void OnPublished(Membership? before, Membership now)
    {
        if (World.Choose(ChoicePoint.PartFate, 2) == 0)
        {
            PostAll(now);
        }
    }

    public override void Heal()
    {
        _hasUnreadableRow = false;
        PostAll(World.Cluster.Newest);
        foreach (var member in World.Cluster.Members)
        {
            member.Process!.SeenRoutes = _history.Count - 1;
        }
    }

    public override void Check()
    {
    }

    public override WorldItem? ItemFor(TicketedEffect effect) => effect is ReadRoutes read ? new RoutesItem(read, this) : null;

    public override void OnDial(EffectTicket ticket, NodeEndpoint endpoint) => RouteInvariants.CheckDial(ticket, endpoint);

    public override void Before(TopologyInput input) => _invariants.Before();

    public override void After(TopologyInput input) => _invariants.After(input);

    /// <summary>The whole table as a node shows it.</summary>
    public RouteReading ReadAll(SimulatedProcess process) => Read(process, new RouteScope([.. Connections], null));

    /// <summary>What a node shows of it, as it was asked.</summary>
    public RouteReading Read(SimulatedProcess process, RouteScope scope)
    {
        var newest = _history.Count - 1;
        process.SeenRoutes = newest - World.Choose(ChoicePoint.PartFate, Math.Min(OldestShown, newest - process.SeenRoutes + 1));
        var rows = ImmutableArray.CreateBuilder<RouteRow>();
        foreach (var (key, row) in _history[process.SeenRoutes])
        {
            if (scope.Contains(key))
            {
                rows.Add(row);
            }
        }

        if (_hasUnreadableRow)
        {
            rows.Add(new RouteRow(rows.Count) { ConnectionId = Connections[0], Address = Names.Via(0, 0), Port = 9042 });
        }

        return new RouteReading(scope, rows.ToImmutable());
    }

    private static RouteRow Row(ClientRouteKey key, int address) =>
        new(0) { ConnectionId = key.ConnectionId, HostId = key.HostId.Value, Address = Names.Via(Array.IndexOf(Connections, key.ConnectionId), address), Port = 9042 };

    private ClientRouteKey Pick() => new(PickMember(), Connections[Choose(Connections.Length)]);

    private void PostAll(Membership membership)
    {
        var rows = Newest;
        foreach (var row in membership.Rows)
        {
            foreach (var connection in Connections)
            {
                var key = new ClientRouteKey(row.HostId, connection);
                rows = rows.SetItem(key, Row(key, row.Address));
            }
        }

        Post(rows, membership.Rows.SelectMany(static row => Connections.Select(connection => new ClientRouteKey(row.HostId, connection))));
    }

    private void Post(ImmutableSortedDictionary<ClientRouteKey, RouteRow> rows, params IEnumerable<ClientRouteKey> changed)
    {
        _history.Add(rows);
        Tell(changed);
    }

    /// <summary>Whoever tells has seen it.</summary>
    private void Tell(IEnumerable<ClientRouteKey> keys)
    {
        foreach (var connection in World.Network.Open)
        {
            if (connection.Events is not null)
            {
                connection.Peer.SeenRoutes = _history.Count - 1;
            }
        }

        ImmutableArray<ClientRouteKey> named = [.. keys];
        World.Network.Announce(new ClientRoutesChangeEvent(
            ClientRoutesChangeEvent.UpdateNodes, [.. named.Select(static key => key.ConnectionId)], [.. named.Select(static key => key.HostId.ToString())]));
    }

    private void PostRight() => PostTo(Pick(), static member => member.Address);

    /// <summary>It leads to another node, or to where one was.</summary>
    private void PostWrong() => PostTo(Pick(), _ => Choose(SimulatedCluster.AddressCount));

    private void PostNowhere() => PostTo(Pick(), static _ => -1);

    private void PostTo(ClientRouteKey key, Func<Member, int> address)
    {
        foreach (var member in World.Cluster.Members)
        {
            if (member.HostId == key.HostId)
            {
                Post(Newest.SetItem(key, Row(key, address(member))), key);
                return;
            }
        }
    }

    private void Delete()
    {
        if (Newest.Count > 0)
        {
            var key = Newest.Keys.ElementAt(Choose(Math.Min(Newest.Count, 255)));
            Post(Newest.Remove(key), key);
        }
    }

    private void PostUnusable()
    {
        var key = Pick();
        Post(Newest.SetItem(key, Row(key, 0) with { Port = Choose(2) == 0 ? null : 0 }), key);
    }

    private void PostForeign()
    {
        var key = new ClientRouteKey(PickMember(), "Z");
        Post(Newest.SetItem(key, new RouteRow(0) { ConnectionId = "Z", HostId = key.HostId.Value, Address = Names.Via(0, 0), Port = 9042 }), key);
    }

    /// <summary>Nothing of all that has changed; some of it is not ours.</summary>
    private void TellMixed() => Tell([Pick(), new ClientRouteKey(PickMember(), "Z"), Pick()]);

    private void TellMalformed() => World.Network.Announce(Choose(2) == 0
        ? ClientRoutesChangeEvent.Unreadable
        : new ClientRoutesChangeEvent(ClientRoutesChangeEvent.UpdateNodes, [Connections[0]], ["nobody"]));

    private void TurnUnreadable() => _hasUnreadableRow = !_hasUnreadableRow;

    private sealed class RoutesItem(ReadRoutes effect, RoutePart part) : AskingItem(effect.Ticket, effect.Connection)
    {
        protected override TopologyInput Answer(SimulationWorld world, SimulatedProcess peer) => new RoutesRead(Ticket, part.Read(peer, effect.Scope)) { At = world.Now };

        protected override TopologyInput Fail(SimulationWorld world, Exception error) => new RoutesReadFailed(Ticket, error) { At = world.Now };
    }
}
