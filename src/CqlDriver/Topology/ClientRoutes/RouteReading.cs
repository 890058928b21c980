using System.Collections.Immutable;
using CqlDriver.Connections;

namespace CqlDriver.Topology;

/// <summary>What a reading of the routes asked for: the product of both lists.</summary>
/// <param name="ConnectionIds">Of which private connections.</param>
/// <param name="HostIds">To which nodes; null: to all.</param>
internal sealed record RouteScope(ImmutableArray<string> ConnectionIds, ImmutableArray<HostId>? HostIds)
{
    /// <summary>ScyllaDB refuses a query with more values in a list.</summary>
    public const int MaxListed = 100;

    public bool Contains(ClientRouteKey key) => ConnectionIds.Contains(key.ConnectionId) && (HostIds is not { } hosts || hosts.Contains(key.HostId));

    /// <summary>The product that holds all these; whole connections when there are too many nodes for one list.</summary>
    public static RouteScope Of(IEnumerable<ClientRouteKey> keys)
    {
        var connectionIds = new SortedSet<string>(StringComparer.Ordinal);
        var hostIds = new SortedSet<HostId>();
        foreach (var key in keys)
        {
            connectionIds.Add(key.ConnectionId);
            hostIds.Add(key.HostId);
        }

        return new RouteScope([.. connectionIds], hostIds.Count > MaxListed ? null : [.. hostIds]);
    }
}

/// <summary>A row of <c>system.client_routes</c> as it was read: nothing is believed yet. What is null was null, or could not be read.</summary>
internal sealed record RouteRow(int Number)
{
    public string? ConnectionId { get; init; }

    public Guid? HostId { get; init; }

    public string? Address { get; init; }

    public int? Port { get; init; }

    public int? TlsPort { get; init; }

    public override string ToString() => $"row {Number} of system.client_routes (connection_id {ConnectionId ?? "null"}, host_id {HostId?.ToString() ?? "null"})";
}

internal sealed record RouteReading(RouteScope Scope, ImmutableArray<RouteRow> Rows);

/// <summary>Read routes on the control connection. Answered by <see cref="RoutesRead"/> or <see cref="RoutesReadFailed"/>.</summary>
internal sealed record ReadRoutes(EffectTicket Ticket, IPooledConnection Connection, RouteScope Scope) : TicketedEffect(Ticket);

internal sealed record RoutesRead(EffectTicket Ticket, RouteReading Reading) : EffectAnswer(Ticket);

internal sealed record RoutesReadFailed(EffectTicket Ticket, Exception Error) : EffectAnswer(Ticket);

/// <summary>What dials told in the step before makes nodes be reached in another way: the sessions look at their pools. A follow-up.</summary>
internal sealed record RoutesDue : TopologyInput;

/// <summary>What events say of routes, merged.</summary>
/// <param name="Keys">Pairs of configured connections that changed.</param>
/// <param name="Problem">Events that could not be understood: everything is to be read; null: there was none.</param>
internal sealed record RouteHints(ImmutableArray<ClientRouteKey> Keys, string? Problem);

/// <summary>By how much one session's connections to a node through one route changed.</summary>
internal readonly record struct RouteUse(HostId HostId, ClientRoute Route, int Count);
