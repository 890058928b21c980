using CqlDriver.Connections;
using CqlDriver.Topology;

namespace CqlDriver.Effects;

/// <summary>Where a dial goes that has a route, and which name must be on the certificate there.</summary>
internal static class RouteDialling
{
    /// <summary>Names are resolved as routes need it; the node's name on its certificate is checked as the options say.</summary>
    public static TopologySettings Prepare(TopologySettings settings) => settings.ClientRoutes is null ? settings : settings with
    {
        Connections = settings.Connections with
        {
            Names = new RouteNames(settings.Connections.Names, settings.Time, settings.Connections.ConnectTimeout, settings.Connections.Logger),
        },
    };

    /// <summary>The dial of a node, by its route if it has one.</summary>
    public static (ConnectionSettings Settings, NodeEndpoint Endpoint) Of(TopologySettings settings, NodeEndpoint endpoint, ClientRoute? route) =>
        route is null ? (settings.Connections, endpoint) : (Named(settings, route), route.Target);

    /// <summary>The dial of a control connection: of a known node's route, or of a contact point, which has none.</summary>
    public static ConnectionSettings OfControl(TopologySettings settings, NodeEndpoint endpoint, Metadata metadata) =>
        settings is { ClientRoutes.TlsName: not null, Connections.Tls: not null } && metadata.ClientRoutes.Routes.FirstOrDefault(route => route.Target.Equals(endpoint)) is { } route
            ? Named(settings, route)
            : settings.Connections;

    private static ConnectionSettings Named(TopologySettings settings, ClientRoute route)
    {
        if (settings.Connections.Tls is not { } tls)
        {
            return settings.Connections;
        }

        var copy = tls.Copy();
        copy.TargetHost = settings.ClientRoutes!.TlsName?.Invoke(route) ?? tls.TargetHost;
        copy.NameSource = $"{nameof(CqlClusterOptions.ClientRoutes)}.{nameof(ClientRouteOptions.TlsName)} says which name it must be behind a client route ({nameof(ClientRouteTlsName.Fixed)}, {nameof(ClientRouteTlsName.PerNode)}).";
        return settings.Connections with { Tls = copy };
    }
}
