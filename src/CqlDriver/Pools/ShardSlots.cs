using System.Collections.Immutable;
using System.Diagnostics;
using CqlDriver.Connections;
using CqlDriver.Partitioning;
using CqlDriver.Routing;
using CqlDriver.Topology;

namespace CqlDriver.Pools;

/// <summary>
/// The connections of one pool as requests see them: all of them, and by shard where the node has shards. Immutable; the
/// loop replaces it as a whole.
/// </summary>
internal sealed class ShardSlots
{
    private readonly NodeSharding? _sharding;
    private readonly ImmutableArray<IPooledConnection?> _byShard;
    private readonly ImmutableArray<IPooledConnection> _all;

    private ShardSlots(NodeSharding? sharding, ImmutableArray<IPooledConnection?> byShard, ImmutableArray<IPooledConnection> all)
    {
        Debug.Assert(sharding is null || byShard.Length == sharding.ShardCount, "One slot a shard.");
        _sharding = sharding;
        _byShard = byShard;
        _all = all;
    }

    public static ShardSlots Empty { get; } = new(null, [], []);

    /// <summary>How many connections there are.</summary>
    public int Count => _all.Length;

    /// <summary>The number of shards; 0 when the node has none or told none.</summary>
    public int ShardCount => _byShard.Length;

    public ImmutableArray<IPooledConnection> All => _all;

    /// <summary>Slots of a node without shards.</summary>
    public static ShardSlots Unsharded(ImmutableArray<IPooledConnection> connections) => new(null, [], connections);

    /// <summary>Slots of a node with shards: the index is the shard.</summary>
    public static ShardSlots Sharded(NodeSharding sharding, ImmutableArray<IPooledConnection?> byShard) =>
        new(sharding, byShard, [.. byShard.OfType<IPooledConnection>()]);

    /// <summary>
    /// A connection to use: that of the shard that is named, or is the token's, when there is one and it is open; else the one with fewer requests in flight
    /// of two neighbours, which spreads load almost as well as a search through all and costs two reads.
    /// </summary>
    public IPooledConnection? Pick(Token? token, int shard, uint turn)
    {
        shard = shard != ReplicaShard.OfToken ? shard : _sharding is { } sharding && token is { } known ? ShardOfToken.Of(known, sharding.ShardCount, sharding.IgnoreMsb) : ReplicaShard.Any;
        if ((uint)shard < (uint)_byShard.Length && _byShard[shard] is { IsOpen: true } preferred)
        {
            return preferred;
        }

        return _all.Length switch
        {
            0 => null,
            1 => _all[0].IsOpen ? _all[0] : null,
            _ => PickOfMany(turn),
        };
    }

    private IPooledConnection? PickOfMany(uint turn)
    {
        var count = (uint)_all.Length;
        Debug.Assert(count > 1, "One is picked without a choice.");
        var first = _all[(int)(turn % count)];
        var second = _all[(int)((turn + 1) % count)];
        if (first.IsOpen && second.IsOpen)
        {
            return first.InFlight <= second.InFlight ? first : second;
        }

        // Lost ones stay here until the loop has heard of it: look at all.
        for (uint i = 0; i < count; i++)
        {
            var candidate = _all[(int)((turn + i) % count)];
            if (candidate.IsOpen)
            {
                return candidate;
            }
        }

        return null;
    }
}
