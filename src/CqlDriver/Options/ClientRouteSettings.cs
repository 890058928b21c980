using System.Collections.Immutable;
using CqlDriver.Topology;

namespace CqlDriver;

/// <summary>Checks the options of client routes and makes them what the topology reads.</summary>
internal static class ClientRouteSettings
{
    private const string Name = nameof(CqlClusterOptions.ClientRoutes);

    public static RouteSettings? Of(CqlClusterOptions options, Guid clientId) => options.ClientRoutes is not { } routes ? null : new RouteSettings
    {
        Proxies = [.. routes.Proxies.Select(proxy => new RouteProxy(proxy.ConnectionId, HostOf(proxy.Address)))],
        IsTls = options.Tls is not null,
        SpreadBy = routes.Spread ? clientId : null,
        AllowsDirect = routes.AllowDirect,
        AllowsShardChoice = routes.AllowShardAwarePort,
        MaxFailures = routes.FailuresBeforeFailOver,
        RenewalPause = routes.RenewalInterval,
        NodePort = options.Port,
        TlsName = routes.TlsName switch
        {
            { FixedName: { } name } => _ => name,
            { NameOf: { } nameOf } => route => nameOf(route.HostId, route),
            _ => null,
        },
    };

    /// <summary>Contact points are dialled as they are; without any, the addresses of the private connections serve.</summary>
    public static IReadOnlyList<string> ContactPointsOf(CqlClusterOptions options) =>
        options.ContactPoints.Count == 0 && options.ClientRoutes?.Proxies is { } proxies
            ? [.. proxies.Select(static proxy => proxy?.Address).OfType<string>()]
            : [.. options.ContactPoints];

    /// <summary>A name that all certificates carry is the contact points' too.</summary>
    public static CqlTlsOptions? TlsOf(CqlClusterOptions options)
    {
        if (options is not { Tls: { } tls, ClientRoutes.TlsName.FixedName: { } name })
        {
            return options.Tls;
        }

        var copy = tls.Copy();
        copy.TargetHost = name;
        return copy;
    }

    public static void Check(CqlClusterOptions options, ImmutableArray<string>.Builder problems)
    {
        if (options.ClientRoutes is not { } routes)
        {
            return;
        }

        if (options.TopologyMonitor is not null)
        {
            problems.Add($"{Name} and {nameof(options.TopologyMonitor)} are both given: routes are read on a control connection, beside the nodes; leave one of them null.");
        }

        if (routes.Proxies.Count == 0)
        {
            problems.Add($"{Name}.{nameof(routes.Proxies)} is empty: name at least one private connection, or leave {Name} null.");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < routes.Proxies.Count; i++)
        {
            var id = routes.Proxies[i]?.ConnectionId;
            if (string.IsNullOrWhiteSpace(id))
            {
                problems.Add($"{Name}.{nameof(routes.Proxies)}[{i}] has a blank {nameof(ClientRouteProxy.ConnectionId)}: give the name that the infrastructure gave to the connection.");
            }
            else if (!seen.Add(id))
            {
                problems.Add($"{Name}.{nameof(routes.Proxies)}[{i}] names connection '{id}' a second time: name each one once.");
            }

            if (routes.Proxies[i]?.Address is { } address && !ContactPoint.TryParse(address, 9042, out _))
            {
                problems.Add($"{Name}.{nameof(routes.Proxies)}[{i}].{nameof(ClientRouteProxy.Address)} is '{address}', which is no 'host', 'host:port' or '[IPv6]:port'; null takes the table's address.");
            }
        }

        if (routes.RenewalInterval <= TimeSpan.Zero)
        {
            problems.Add($"{Name}.{nameof(routes.RenewalInterval)} is {routes.RenewalInterval}; it must be more than zero.");
        }

        if (routes.FailuresBeforeFailOver < 1)
        {
            problems.Add($"{Name}.{nameof(routes.FailuresBeforeFailOver)} is {routes.FailuresBeforeFailOver}; it must be at least 1.");
        }

        if (routes.TlsName is null)
        {
            problems.Add($"{Name}.{nameof(routes.TlsName)} is null; leave it at its default instead.");
        }
    }

    private static string? HostOf(string? address) => address is not null && ContactPoint.TryParse(address, 9042, out var point) ? point!.Host : null;
}
