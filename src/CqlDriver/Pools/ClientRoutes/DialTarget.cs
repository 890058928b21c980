using CqlDriver.Connections;
using CqlDriver.Topology;

namespace CqlDriver.Pools;

/// <summary>Where a pool's dial goes.</summary>
/// <param name="Endpoint">Where the node says it is; for a dial by a route, only a name for messages.</param>
/// <param name="Shard">The shard that is wished for.</param>
/// <param name="Route">The route; null: none, the endpoint is dialled.</param>
internal readonly record struct DialTarget(NodeEndpoint Endpoint, ShardWish? Shard, ClientRoute? Route)
{
    /// <summary>
    /// A shard is wished for at the port where the node lets choose it. Behind a balancer that port leads nowhere: the route's
    /// is dialled, with a wish only where the options say that the client's own port gets through.
    /// </summary>
    public static DialTarget Of(StepDraft step, PoolState pool, int slot)
    {
        ClientRouteRules.TryDraw(step, pool.Fence.HostId, out var route);
        var mayChoose = pool is { Sharding: not null, ShardAwarePort: not null } && (route is null || step.Routes!.Settings.AllowsShardChoice);
        var endpoint = mayChoose && route is null ? new NodeEndpoint(pool.Endpoint.Host, pool.ShardAwarePort!.Value) : pool.Endpoint;
        return new DialTarget(endpoint, mayChoose ? new ShardWish(slot, pool.Sharding!.ShardCount) : null, route);
    }
}

/// <summary>By which route a connection was opened, and whether it is to be renewed.</summary>
/// <param name="Used">The route; null: none, it was opened where the node says it is.</param>
internal sealed record RouteMark(ClientRoute? Used)
{
    public static RouteMark None { get; } = new((ClientRoute?)null);

    /// <summary>Its node is reached in another way now.</summary>
    public bool IsStale { get; init; }

    /// <summary>Its successor is being dialled, or about to be.</summary>
    public bool IsDue { get; init; }
}
