using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace CqlDriver.Topology;

/// <summary>How client routes are used, checked and copied from the options. Immutable.</summary>
internal sealed record RouteSettings
{
    /// <summary>The connections that may be used, in the order in which they are wanted.</summary>
    public required ImmutableArray<RouteProxy> Proxies { get; init; }

    /// <summary>TLS has a port of its own.</summary>
    public bool IsTls { get; init; }

    /// <summary>Spreads clients over connections instead of taking the first one; null: in their order.</summary>
    public Guid? SpreadBy { get; init; }

    /// <summary>Whether a node without a route is dialled where it says it is.</summary>
    public bool AllowsDirect { get; init; }

    /// <summary>Whether the client's port reaches the node as it is, so that it can choose the shard.</summary>
    public bool AllowsShardChoice { get; init; }

    /// <summary>Dials in a row that fail before another connection is tried.</summary>
    public int MaxFailures { get; init; } = 3;

    /// <summary>Of two connections to one node that are renewed, the second is begun so long after the first.</summary>
    public TimeSpan RenewalPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The port of nodes that do not tell theirs: that of the control connection may be a balancer's.</summary>
    public int NodePort { get; init; } = 9042;

    /// <summary>The name that a node's certificate must carry behind a route; null: the route's address.</summary>
    public Func<ClientRoute, string?>? TlsName { get; init; }

    public ImmutableArray<string> ConnectionIds => [.. Proxies.Select(static proxy => proxy.ConnectionId)];

    public RouteProxy? ProxyOf(string connectionId) => Proxies.FirstOrDefault(proxy => proxy.ConnectionId == connectionId);

    /// <summary>The routes to one node in the order in which they are tried.</summary>
    public ImmutableArray<ClientRoute> Ordered(ClientRouteTable table, HostId hostId)
    {
        var routes = ImmutableArray.CreateBuilder<ClientRoute>(Proxies.Length);
        foreach (var proxy in Proxies)
        {
            if (table.TryGetRoute(hostId, proxy.ConnectionId, out var route))
            {
                routes.Add(route);
            }
        }

        if (SpreadBy is { } client && routes.Count > 1)
        {
            // The highest hash wins: when one goes, only those that had it change.
            routes.Sort((one, other) =>
            {
                var order = Hash(client, hostId, other.ConnectionId).CompareTo(Hash(client, hostId, one.ConnectionId));
                return order != 0 ? order : string.CompareOrdinal(one.ConnectionId, other.ConnectionId);
            });
        }

        return routes.ToImmutable();
    }

    /// <summary>FNV-1a over all bytes, mixed once more: few inputs, all of them ours.</summary>
    private static ulong Hash(Guid client, HostId hostId, string connectionId)
    {
        Span<byte> ids = stackalloc byte[32];
        client.TryWriteBytes(ids);
        hostId.Value.TryWriteBytes(ids[16..]);
        var hash = 14_695_981_039_346_656_037;
        foreach (var one in ids)
        {
            hash = (hash ^ one) * 1_099_511_628_211;
        }

        foreach (var one in MemoryMarshal.AsBytes(connectionId.AsSpan()))
        {
            hash = (hash ^ one) * 1_099_511_628_211;
        }

        hash = (hash ^ (hash >> 33)) * 0xFF51_AFD7_ED55_8CCD;
        return hash ^ (hash >> 33);
    }
}

/// <param name="ConnectionId">The private connection.</param>
/// <param name="Address">The address or name to dial in place of the table's; null: the table's.</param>
internal sealed record RouteProxy(string ConnectionId, string? Address);
