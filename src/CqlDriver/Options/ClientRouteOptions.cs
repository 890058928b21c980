using CqlDriver.Topology;

namespace CqlDriver;

/// <summary>
/// How to reach a ScyllaDB cluster behind private links: its nodes are not dialled where they say they are, but where its table
/// of client routes says, which names the address and port of each node for each private connection. Needs ScyllaDB 2026.1.
/// Copied when the cluster is created.
/// </summary>
public sealed class ClientRouteOptions
{
    /// <summary>The private connections that this client may use, in the order in which they are preferred; at least one.</summary>
    public IList<ClientRouteProxy> Proxies { get; private set; } = [];

    /// <summary>
    /// Whether clients spread over the connections, each node by itself, instead of all taking the first one that leads to it. False.
    /// </summary>
    public bool Spread { get; set; }

    /// <summary>
    /// Whether a node to which no route leads is dialled where it says it is. False: data must not leave the private network
    /// because a row came late.
    /// </summary>
    public bool AllowDirect { get; set; }

    /// <summary>
    /// Whether the client's own port reaches the nodes unchanged (balancers that know shards, PROXY protocol), so that
    /// connections may choose their shard by it. The route's port is dialled all the same. False.
    /// </summary>
    public bool AllowShardAwarePort { get; set; }

    /// <summary>The name that a node's certificate must carry. The route's address.</summary>
    public ClientRouteTlsName TlsName { get; set; } = ClientRouteTlsName.RouteAddress;

    /// <summary>When a route changes, connections are renewed one by one: one for each node in so long a time. More than zero; 1 s.</summary>
    public TimeSpan RenewalInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// After so many failed dials in a row, with nothing open through it, a route is given up for another one; and connections
    /// are renewed no more when their route's new target fails as often. At least 1; 3.
    /// </summary>
    public int FailuresBeforeFailOver { get; set; } = 3;

    internal ClientRouteOptions Copy()
    {
        var copy = (ClientRouteOptions)MemberwiseClone();
        copy.Proxies = [.. Proxies];
        return copy;
    }
}

/// <summary>A private connection that a client may use.</summary>
/// <param name="ConnectionId">Its name, given by the infrastructure.</param>
/// <param name="Address">
/// An address or name to dial in place of the one in the table of routes; ports still come from the table. When no contact
/// points are given it is one: then it may have the discovery port (<c>host:port</c>). Null: the table's.
/// </param>
public sealed record ClientRouteProxy(string ConnectionId, string? Address = null);

/// <summary>Which name a node's certificate must carry when it is reached by a client route; sent as SNI too. Immutable.</summary>
public sealed class ClientRouteTlsName
{
    private ClientRouteTlsName(string? fixedName, Func<HostId, ClientRoute, string>? perNode) => (FixedName, NameOf) = (fixedName, perNode);

    /// <summary>The address that is dialled: that of the route, or of <see cref="ClientRouteProxy.Address"/>.</summary>
    public static ClientRouteTlsName RouteAddress { get; } = new(null, null);

    internal string? FixedName { get; }

    internal Func<HostId, ClientRoute, string>? NameOf { get; }

    /// <summary>One name that all certificates carry; for contact points too.</summary>
    /// <param name="name">The name.</param>
    public static ClientRouteTlsName Fixed(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new(name, null);
    }

    /// <summary>A name for each node. Contact points are dialled before it is known who is there: they keep the name of <see cref="CqlTlsOptions.TargetHost"/>, or their address.</summary>
    /// <param name="nameOf">Gives the name for a host id and the route that is dialled. Called for each dial, from any thread; must be quick.</param>
    public static ClientRouteTlsName PerNode(Func<HostId, ClientRoute, string> nameOf)
    {
        ArgumentNullException.ThrowIfNull(nameOf);
        return new(null, nameOf);
    }
}
