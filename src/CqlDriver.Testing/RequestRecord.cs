using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;

namespace CqlDriver.Testing;

/// <summary>What a client asked of a node.</summary>
public enum RequestKind
{
    /// <summary>A connection was accepted; nothing was said yet.</summary>
    Connect,

    /// <summary>OPTIONS.</summary>
    Options,

    /// <summary>STARTUP.</summary>
    Startup,

    /// <summary>AUTH_RESPONSE.</summary>
    AuthResponse,

    /// <summary>REGISTER.</summary>
    Register,

    /// <summary>QUERY.</summary>
    Query,

    /// <summary>PREPARE.</summary>
    Prepare,

    /// <summary>EXECUTE.</summary>
    Execute,

    /// <summary>BATCH.</summary>
    Batch,
}

/// <summary>A request as a node received it. Immutable.</summary>
public sealed record RequestRecord
{
    /// <summary>The node that received it.</summary>
    public required EmbeddedNode Node { get; init; }

    /// <summary>What kind of request it is.</summary>
    public required RequestKind Kind { get; init; }

    /// <summary>The number of the connection, unique within the cluster.</summary>
    public required long Connection { get; init; }

    /// <summary>The client's end of the connection.</summary>
    public required IPEndPoint Client { get; init; }

    /// <summary>The node's end of the connection: the address and port that were dialled.</summary>
    public required IPEndPoint Server { get; init; }

    /// <summary>The shard that serves the connection; null on nodes without shards.</summary>
    public int? Shard { get; init; }

    /// <summary>The stream id.</summary>
    public int Stream { get; init; }

    /// <summary>The protocol version of its frame.</summary>
    public int Version { get; init; }

    /// <summary>The text of QUERY and PREPARE, of the statement that EXECUTE names when the node knows it, of all statements of a BATCH.</summary>
    public string? Statement { get; init; }

    /// <summary>The id that EXECUTE names.</summary>
    public ReadOnlyMemory<byte> PreparedId { get; init; }

    /// <summary>The values as they came; null is null, and an unset value has <see cref="UnsetValue"/>.</summary>
    public ImmutableArray<byte[]?> Values { get; init; } = [];

    /// <summary>The keyspace of the request, or of the connection.</summary>
    public string? Keyspace { get; init; }

    /// <summary>The consistency level.</summary>
    public ConsistencyLevel? Consistency { get; init; }

    /// <summary>The serial consistency level.</summary>
    public ConsistencyLevel? SerialConsistency { get; init; }

    /// <summary>The client's timestamp, in microseconds.</summary>
    public long? Timestamp { get; init; }

    /// <summary>The client's <c>now_in_seconds</c>.</summary>
    public int? NowInSeconds { get; init; }

    /// <summary>The page size.</summary>
    public int? PageSize { get; init; }

    /// <summary>The paging state.</summary>
    public byte[]? PagingState { get; init; }

    /// <summary>Whether the answer is to leave out what PREPARED told already.</summary>
    public bool SkipMetadata { get; init; }

    /// <summary>Whether tracing was asked for.</summary>
    public bool IsTraced { get; init; }

    /// <summary>The custom payload.</summary>
    public IReadOnlyDictionary<string, byte[]?>? CustomPayload { get; init; }

    /// <summary>The options of STARTUP.</summary>
    public IReadOnlyDictionary<string, string>? StartupOptions { get; init; }

    /// <summary>The event types of REGISTER.</summary>
    public ImmutableArray<string> EventTypes { get; init; } = [];

    /// <summary>When it came, by the cluster's clock.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>The array that stands for an unset value in <see cref="Values"/>; compare by reference.</summary>
    public static ReadOnlyMemory<byte> UnsetValue => Storage.CqlBytes.Unset;

    /// <summary>A value of type int or bigint, such as a key to count by.</summary>
    /// <param name="index">Which of the <see cref="Values"/>.</param>
    /// <returns>The number; null when there is no such value or it has another length.</returns>
    public long? Integer(int index) => (uint)index >= (uint)Values.Length ? null : Values[index] switch
    {
        { Length: 4 } bytes => BinaryPrimitives.ReadInt32BigEndian(bytes),
        { Length: 8 } bytes => BinaryPrimitives.ReadInt64BigEndian(bytes),
        _ => null,
    };

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} on {Node.Endpoint}{(Statement is null ? string.Empty : ": " + Statement)}";
}
