using System.Net;

namespace CqlDriver.Testing;

/// <summary>A connection that a client opened to a node. Immutable.</summary>
public sealed record EmbeddedConnection
{
    /// <summary>Its number, unique within the process, ascending.</summary>
    public required long Number { get; init; }

    /// <summary>The client's end.</summary>
    public required IPEndPoint Client { get; init; }

    /// <summary>The node's end: the address and port that were dialled.</summary>
    public required IPEndPoint Server { get; init; }

    /// <summary>The shard that serves it; null on nodes without shards.</summary>
    public int? Shard { get; init; }

    /// <summary>How many shards the node had when it was opened; null on nodes without shards.</summary>
    public int? ShardCount { get; init; }

    /// <summary>Whether it came in at the shard-aware port.</summary>
    public bool IsShardAware { get; init; }

    /// <summary>Whether it has registered for events: a driver's control connection does.</summary>
    public bool IsRegistered { get; init; }
}
