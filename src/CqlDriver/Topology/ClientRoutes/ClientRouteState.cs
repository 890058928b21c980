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

    public ClientRouteState With(ClientRoute route) => Reconsidered(this with { Table = Table.With(route) }, route.HostId);

    public ClientRouteState Without(ClientRouteKey key) =>
        Reconsidered(this with { Table = Table.Without(key), Doubted = Doubted.Remove(key) }, key.HostId);

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
