using System.Collections.Immutable;

namespace CqlDriver.Topology;

/// <summary>
/// How one node is being reached, as the rules remember it: which route has proved good, whose turn it is as long as none
/// has, and how it goes. Immutable.
/// </summary>
internal sealed record HostRoute
{
    /// <summary>The routes that there are, in the order in which they are tried.</summary>
    public ImmutableArray<ClientRoute> Routes { get; init; } = [];

    /// <summary>The one that has led to the node. It is remembered when its row is gone and no other one is there: it may come back.</summary>
    public ClientRoute? Chosen { get; init; }

    /// <summary>Grows each time the node is to be reached in another way: pools dial at once then.</summary>
    public long Revision { get; init; }

    /// <summary>As long as none is chosen, each dial takes the next one: a broken one must not be tried for ever.</summary>
    public int Turn { get; init; }

    /// <summary>Dials in a row that have failed.</summary>
    public int Failures { get; init; }

    /// <summary>What is open stays, although it was opened by another route: the present one leads nowhere.</summary>
    public bool IsRenewalStopped { get; init; }

    /// <summary>It was told that the node is dialled past the private connections.</summary>
    public bool IsDirectTold { get; init; }

    /// <summary>When the next connection may be renewed.</summary>
    public TimeSpan NextRenewal { get; init; }

    /// <summary>Connections of all sessions, by the target that they were dialled to.</summary>
    public ImmutableSortedDictionary<string, int> Live { get; init; } = ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal);

    /// <summary>The route for the next dial; null: there is none.</summary>
    public ClientRoute? Next => Routes.IsEmpty ? null : Routes.FirstOrDefault(route => route.LeadsAs(Chosen)) ?? Routes[Turn % Routes.Length];

    public int LiveThrough(ClientRoute route) => Live.GetValueOrDefault(KeyOf(route));

    /// <summary>Whether anything that is open was not opened by the route.</summary>
    public bool HasOthersThan(ClientRoute? route) => Live.Keys.Any(key => route is null || key != KeyOf(route));

    /// <summary>Whether a connection opened by that route needs no renewal: with nothing to renew it through, none does.</summary>
    public bool IsFresh(ClientRoute? used) => Routes.IsEmpty || (Chosen is null ? Routes.Any(route => route.LeadsAs(used)) : Chosen.LeadsAs(used));

    /// <summary>
    /// The routes are these now. A choice changes only when its own route has gone, or has another target; what happens to
    /// other routes matters only as long as nothing is chosen.
    /// </summary>
    public HostRoute With(ImmutableArray<ClientRoute> routes)
    {
        var next = this with { Routes = routes };
        if (routes.IsEmpty)
        {
            return next;
        }

        var chosen = Chosen is { } before ? routes.FirstOrDefault(route => route.ConnectionId == before.ConnectionId) : null;
        if (Chosen is not null && chosen is null)
        {
            return next.Anew() with { Chosen = null, Turn = 0 };
        }

        var isSame = chosen is not null ? chosen.LeadsAs(Chosen) : routes.Length == Routes.Length && routes.All(route => Routes.Any(route.LeadsAs));
        return (isSame && !Routes.IsEmpty ? next : next.Anew()) with { Chosen = chosen };
    }

    /// <summary>It is given up; the others have their turn, and the first to succeed is chosen.</summary>
    public HostRoute WithoutChoice() => Anew() with { Chosen = null, Turn = Routes.IndexOf(Chosen!) + 1 };

    public HostRoute Count(ClientRoute route, int by)
    {
        var count = LiveThrough(route) + by;
        return this with { Live = count > 0 ? Live.SetItem(KeyOf(route), count) : Live.Remove(KeyOf(route)) };
    }

    private HostRoute Anew() => this with { Revision = Revision + 1, Failures = 0, IsRenewalStopped = false };

    private static string KeyOf(ClientRoute route) => $"{route.ConnectionId} {route.Target}";
}
