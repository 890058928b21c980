using CqlDriver.Protocol;

namespace CqlDriver.Connections;

/// <summary>What one connection negotiated. Different nodes, and different connections of one node, may differ. Immutable.</summary>
internal sealed record ConnectionFacts(ProtocolVersion Version)
{
    /// <summary>Who answered, once verified: from <c>SCYLLA_HOST_ID</c>, or asked of <c>system.local</c>.</summary>
    public HostId? HostId { get; init; }

    /// <summary>EXECUTE and PREPARED carry a result metadata id: on v5 always, on v4 with <c>SCYLLA_USE_METADATA_ID</c>.</summary>
    public bool HasResultMetadataIds { get; init; } = Version >= ProtocolVersion.V5;

    /// <summary>The shard that serves the connection, and how the node shards; null on unsharded nodes.</summary>
    public ShardingFacts? Sharding { get; init; }

    /// <summary>The bit in a prepared statement's metadata flags that marks it conditional; 0 when not negotiated.</summary>
    public uint LwtMask { get; init; }

    /// <summary>The error code that stands for "rate limit reached"; null when not negotiated.</summary>
    public int? RateLimitErrorCode { get; init; }

    /// <summary>Which tablet routing hints were negotiated: 0, 1 or 2.</summary>
    public int TabletsVersion { get; init; }

    /// <summary>The part of it that changes the layout of messages.</summary>
    public ProtocolExtensions Extensions => new(HasResultMetadataIds, TabletsVersion == 2, RateLimitErrorCode);
}

/// <summary>How a ScyllaDB node shards, as told in SUPPORTED.</summary>
internal sealed record ShardingFacts(int Shard, int ShardCount, int IgnoreMsb, int? ShardAwarePort, int? ShardAwareTlsPort);
