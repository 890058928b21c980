using System.Collections.Immutable;

namespace CqlDriver.Topology;

/// <summary>Everything the rules of client routes remember between two steps. Immutable.</summary>
internal sealed record ClientRouteState(RouteSettings Settings)
{
    /// <summary>What is shown as <see cref="Metadata.ClientRoutes"/> once the step has published it.</summary>
    public ClientRouteTable Table { get; private init; } = ClientRouteTable.Empty;

    public ImmutableSortedDictionary<HostId, HostRoute> Hosts { get; private init; } = ImmutableSortedDictionary<HostId, HostRoute>.Empty;

    /// <summary>Routes that a new control connection's node does not list, and since when.</summary>
    public ImmutableSortedDictionary<ClientRouteKey, TimeSpan> Doubted { get; init; } = ImmutableSortedDictionary<ClientRouteKey, TimeSpan>.Empty;

    /// <summary>Warnings that were given and still hold.</summary>
    public ImmutableSortedSet<string> Warned { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>What events named and has not been read since.</summary>
    public ImmutableSortedSet<ClientRouteKey> Pending { get; init; } = ImmutableSortedSet<ClientRouteKey>.Empty;

    /// <summary>An event could not be understood: everything is to be read.</summary>
    public bool IsEverythingPending { get; init; }

    /// <summary>The targeted reading that is under way.</summary>
    public EffectTicket? Running { get; init; }

    public HostRoute Of(HostId hostId) => Hosts.GetValueOrDefault(hostId) ?? new HostRoute();

    /// <summary>Whether the node may be dialled at all.</summary>
    public bool LeadsTo(HostId hostId) => Settings.AllowsDirect || !Of(hostId).Routes.IsEmpty;

    /// <summary>With other routes. What each node makes of it is decided when all of them are there, so that their order does not matter.</summary>
    public ClientRouteState With(IEnumerable<ClientRoute> routes, IEnumerable<ClientRouteKey> removed)
    {
        var touched = new SortedSet<HostId>();
        var state = this;
        foreach (var route in routes)
        {
            touched.Add(route.HostId);
            state = state with { Table = state.Table.With(route) };
        }

        foreach (var key in removed)
        {
            touched.Add(key.HostId);
            state = state with { Table = state.Table.Without(key), Doubted = state.Doubted.Remove(key) };
        }

        return touched.Aggregate(state, Reconsidered);
    }

    public ClientRouteState With(HostId hostId, HostRoute host)
    {
        var choice = new ClientRouteChoice(hostId, host.Chosen?.ConnectionId, host.Revision);
        var isShown = Table.ChoiceOf(hostId) is { } shown ? shown == choice : choice.ConnectionId is null;
        return this with { Hosts = Hosts.SetItem(hostId, host), Table = isShown ? Table : Table.With(choice) };
    }

    /// <summary>The node is no member any more: its routes may stay, what was chosen does not.</summary>
    public ClientRouteState Forget(HostId hostId)
    {
        var forgotten = this with { Hosts = Hosts.Remove(hostId), Table = Table.ChoiceOf(hostId) is { } choice ? Table.With(choice with { ConnectionId = null }) : Table };
        return Reconsidered(forgotten, hostId);
    }

    private static ClientRouteState Reconsidered(ClientRouteState state, HostId hostId)
    {
        var routes = state.Settings.Ordered(state.Table, hostId);
        return routes.IsEmpty && !state.Hosts.ContainsKey(hostId) ? state : state.With(hostId, state.Of(hostId).With(routes));
    }
}
