namespace CqlDriver.Connections;

/// <summary>What a connection is dialled for: checked or done before it is handed out.</summary>
internal sealed record ConnectionPurpose
{
    public static readonly ConnectionPurpose Anyone = new();

    /// <summary>Who must answer. Null: whoever does; the facts say who it was.</summary>
    public HostId? ExpectedHostId { get; init; }

    /// <summary>The keyspace to USE, unquoted.</summary>
    public string? Keyspace { get; init; }

    /// <summary>
    /// For a shard-aware port: the local port is chosen so that the node assigns the connection to this shard. A wish:
    /// <see cref="ConnectionFacts.Sharding"/> says which shard it became.
    /// </summary>
    public ShardWish? Shard { get; init; }
}

/// <summary>A shard, and how many the node has.</summary>
internal readonly record struct ShardWish(int Shard, int ShardCount);
