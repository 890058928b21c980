using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace CqlDriver.Topology;

/// <summary>
/// All routes that are known of the configured private connections, several for a node, and which of them is used. Immutable.
/// Routes may be there before their node, and name nodes that are none.
/// </summary>
public sealed class ClientRouteTable
{
    private readonly ImmutableSortedDictionary<ClientRouteKey, ClientRoute> _routes;
    private readonly ImmutableSortedDictionary<HostId, ClientRouteChoice> _choices;

    private ClientRouteTable(ImmutableSortedDictionary<ClientRouteKey, ClientRoute> routes, ImmutableSortedDictionary<HostId, ClientRouteChoice> choices) =>
        (_routes, _choices) = (routes, choices);

    /// <summary>The routes, by host id, then connection id.</summary>
    public IReadOnlyList<ClientRoute> Routes => [.. _routes.Values];

    /// <summary>What is chosen, by host id.</summary>
    public IReadOnlyList<ClientRouteChoice> Choices => [.. _choices.Values];

    internal static ClientRouteTable Empty { get; } =
        new(ImmutableSortedDictionary<ClientRouteKey, ClientRoute>.Empty, ImmutableSortedDictionary<HostId, ClientRouteChoice>.Empty);

    internal ImmutableSortedDictionary<ClientRouteKey, ClientRoute> ByKey => _routes;

    /// <summary>Finds the route to a node through a connection.</summary>
    /// <param name="hostId">The node.</param>
    /// <param name="connectionId">The private connection.</param>
    /// <param name="route">The route, when it is known.</param>
    public bool TryGetRoute(HostId hostId, string connectionId, [NotNullWhen(true)] out ClientRoute? route) =>
        _routes.TryGetValue(new ClientRouteKey(hostId, connectionId), out route);

    /// <summary>Finds the route that a node is reached by.</summary>
    /// <param name="hostId">The node.</param>
    /// <param name="route">The route, when one is chosen and still known.</param>
    public bool TryGetChosen(HostId hostId, [NotNullWhen(true)] out ClientRoute? route)
    {
        route = null;
        return _choices.TryGetValue(hostId, out var choice) && choice.ConnectionId is { } id && TryGetRoute(hostId, id, out route);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{_routes.Count} routes, {_choices.Count} chosen";

    internal ClientRouteChoice? ChoiceOf(HostId hostId) => _choices.GetValueOrDefault(hostId);

    internal ClientRouteTable With(ClientRoute route) => new(_routes.SetItem(route.Key, route), _choices);

    internal ClientRouteTable Without(ClientRouteKey key) => new(_routes.Remove(key), _choices);

    internal ClientRouteTable With(ClientRouteChoice choice) =>
        new(_routes, choice.ConnectionId is null ? _choices.Remove(choice.HostId) : _choices.SetItem(choice.HostId, choice));

    /// <summary>What has to be done to another table to make it this one; null: nothing.</summary>
    internal RoutesChanged? Since(ClientRouteTable before)
    {
        if (ReferenceEquals(before, this))
        {
            return null;
        }

        var set = _routes.Values.Where(route => !route.Equals(before._routes.GetValueOrDefault(route.Key))).ToImmutableArray();
        var removed = before._routes.Values.Where(route => !_routes.ContainsKey(route.Key)).ToImmutableArray();
        var chosen = _choices.Values.Where(choice => choice != before._choices.GetValueOrDefault(choice.HostId))
            .Concat(before._choices.Values.Where(choice => !_choices.ContainsKey(choice.HostId)).Select(static choice => choice with { ConnectionId = null }));
        ImmutableArray<ClientRouteChoice> choices = [.. chosen];
        return set.IsEmpty && removed.IsEmpty && choices.IsEmpty ? null : new RoutesChanged(set, removed, choices);
    }

    internal ClientRouteTable Apply(RoutesChanged change)
    {
        var table = change.Removed.Aggregate(this, static (table, route) => table.Without(route.Key));
        table = change.Routes.Aggregate(table, static (table, route) => table.With(route));
        return change.Choices.Aggregate(table, static (table, choice) => table.With(choice));
    }
}

/// <summary>Routes to nodes were posted, changed or deleted, or another one is used. No node has moved by that.</summary>
public sealed record RoutesChanged : TopologyChange
{
    internal RoutesChanged(ImmutableArray<ClientRoute> routes, ImmutableArray<ClientRoute> removed, ImmutableArray<ClientRouteChoice> choices) =>
        (Routes, Removed, Choices) = (routes, removed, choices);

    /// <summary>Routes that are new, or changed, as they are now.</summary>
    public ImmutableArray<ClientRoute> Routes { get; }

    /// <summary>Routes that are gone, as they were.</summary>
    public ImmutableArray<ClientRoute> Removed { get; }

    /// <summary>Nodes that are reached by another route, or in another way by the same one.</summary>
    public ImmutableArray<ClientRouteChoice> Choices { get; }
}
