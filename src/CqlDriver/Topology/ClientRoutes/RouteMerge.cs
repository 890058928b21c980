using System.Net;
using CqlDriver.Diagnostics;

namespace CqlDriver.Topology;

/// <summary>
/// From the rows of a reading to the table. A reading knows of what it asked for and of nothing else: absence within its
/// scope is a deletion, absence beyond it is nothing. A row that cannot be used shows that its route exists: what was known
/// of that stays. A row whose key cannot be read may be anybody's: nothing that was asked with it is deleted.
/// </summary>
internal static class RouteMerge
{
    /// <summary>Merges a reading.</summary>
    /// <param name="routes">What is known.</param>
    /// <param name="step">Takes warnings.</param>
    /// <param name="reading">What was read.</param>
    /// <param name="doubt">How far absence is believed; null: at once, an event has announced it.</param>
    public static ClientRouteState Apply(ClientRouteState routes, StepDraft step, RouteReading reading, RouteDoubt? doubt)
    {
        var listed = new SortedDictionary<ClientRouteKey, ClientRoute?>();
        var warnings = new SortedSet<string>(StringComparer.Ordinal);
        var isKeyUnreadable = false;
        foreach (var row in reading.Rows)
        {
            if (row.ConnectionId is not { } connectionId || row.HostId is not { } id || id == Guid.Empty)
            {
                isKeyUnreadable = true;
                Warn(routes, step, warnings, row, "its key cannot be read");
                continue;
            }

            var key = new ClientRouteKey(new HostId(id), connectionId);
            if (!reading.Scope.Contains(key) || routes.Settings.ProxyOf(connectionId) is not { } proxy)
            {
                continue;
            }

            if (TryTarget(routes.Settings, proxy, row, out var target, out var problem))
            {
                listed[key] = new ClientRoute(connectionId, key.HostId, target!);
            }
            else
            {
                listed.TryAdd(key, routes.Table.ByKey.GetValueOrDefault(key) is { } known ? known with { IsUnconfirmed = false } : null);
                Warn(routes, step, warnings, row, problem!);
            }
        }

        var absent = isKeyUnreadable ? [] : routes.Table.ByKey.Values.Where(route => IsAsked(step, reading.Scope, route.Key) && !listed.ContainsKey(route.Key)).ToArray();
        var gone = absent.Where(route => IsBelieved(routes, step, route.Key, doubt)).Select(static route => route.Key).ToArray();
        var doubted = absent.Where(route => !gone.Contains(route.Key) && !routes.Doubted.ContainsKey(route.Key)).ToArray();
        foreach (var route in doubted)
        {
            step.Report(Log.RouteUnconfirmed, route.ToString(), "the new control connection's node does not list it");
        }

        routes = routes with { Doubted = routes.Doubted.RemoveRange(listed.Keys).AddRange(doubted.Select(route => KeyValuePair.Create(route.Key, doubt!.Value.StartedAt))) };
        routes = routes.With(listed.Values.OfType<ClientRoute>().Concat(doubted.Select(static route => route with { IsUnconfirmed = true })), gone);

        // A full reading repeats every warning that still holds.
        return routes with { Warned = doubt is null ? routes.Warned.Union(warnings) : [.. warnings] };
    }

    private static bool IsBelieved(ClientRouteState routes, StepDraft step, ClientRouteKey key, RouteDoubt? doubt) =>
        doubt is not { } asked || (routes.Doubted.TryGetValue(key, out var since) ? asked.StartedAt >= since + step.Settings.RemovalDoubt : !asked.IsFirstOfEpoch);

    /// <summary>Without its defence, all that is known of the nodes that were asked about goes, whoever's it is.</summary>
    private static bool IsAsked(StepDraft step, RouteScope scope, ClientRouteKey key) =>
        scope.Contains(key) || (!step.Defends(Race.ClientRoutes) && scope.HostIds?.Contains(key.HostId) == true);

    private static void Warn(ClientRouteState routes, StepDraft step, SortedSet<string> warnings, RouteRow row, string problem)
    {
        var key = $"{row.ConnectionId} {row.HostId} {problem}";
        if (warnings.Add(key) && !routes.Warned.Contains(key))
        {
            step.Report(Log.RouteIgnored, row.ToString(), problem);
        }
    }

    private static bool TryTarget(RouteSettings settings, RouteProxy proxy, RouteRow row, out NodeEndpoint? target, out string? problem)
    {
        var port = settings.IsTls ? row.TlsPort : row.Port;
        var address = (proxy.Address ?? row.Address)?.Trim() ?? "";
        address = address is ['[', .., ']'] ? address[1..^1] : address;
        problem = port is null ? $"it has no {(settings.IsTls ? "tls_port" : "port")}"
            : port is < 1 or > IPEndPoint.MaxPort ? $"its port is {port}"
            : address.Length == 0 ? "it has no address, and the options have none for its connection"
            : address.AsSpan().ContainsAny(" \t/\\") ? $"its address is '{address}'"
            : null;
        target = problem is null ? new NodeEndpoint(address, port!.Value) : null;
        return target is not null;
    }
}

/// <summary>A full reading may be of a node that lags behind: what only its first one misses is doubted.</summary>
/// <param name="StartedAt">When it was asked.</param>
/// <param name="IsFirstOfEpoch">Whether it is the first of its control connection.</param>
internal readonly record struct RouteDoubt(TimeSpan StartedAt, bool IsFirstOfEpoch);
