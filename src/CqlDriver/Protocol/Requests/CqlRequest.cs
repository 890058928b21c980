using System.Collections.Immutable;

namespace CqlDriver.Protocol;

/// <summary>A request as a server reads it. A closed family: one record for each opcode a client sends.</summary>
internal abstract record CqlRequest
{
    private protected CqlRequest()
    {
    }

    public bool IsTraced { get; init; }

    /// <summary>Null: the frame had none.</summary>
    public IReadOnlyDictionary<string, byte[]?>? CustomPayload { get; init; }
}

internal sealed record OptionsRequest : CqlRequest;

internal sealed record StartupRequest(IReadOnlyDictionary<string, string> Options) : CqlRequest;

internal sealed record AuthResponseRequest(byte[]? Token) : CqlRequest;

internal sealed record RegisterRequest(ImmutableArray<string> EventTypes) : CqlRequest;

internal sealed record QueryRequest(string Cql, RequestParameters Parameters) : CqlRequest;

internal sealed record PrepareRequest(string Cql, string? Keyspace) : CqlRequest;

/// <param name="PreparedId">The id of the statement.</param>
/// <param name="ResultMetadataId">Null where result metadata ids are not negotiated.</param>
/// <param name="Parameters">Values and the rest.</param>
/// <param name="TabletVersionBlock">Null where tablet versions are not negotiated.</param>
internal sealed record ExecuteRequest(byte[] PreparedId, byte[]? ResultMetadataId, RequestParameters Parameters, byte? TabletVersionBlock) : CqlRequest;

internal sealed record BatchRequest(
    BatchKind Kind,
    ImmutableArray<BatchRequestStatement> Statements,
    ConsistencyLevel Consistency,
    ConsistencyLevel? SerialConsistency,
    long? Timestamp,
    string? Keyspace,
    int? NowInSeconds) : CqlRequest;

/// <summary>A statement of a batch: <paramref name="Cql"/> or <paramref name="PreparedId"/>.</summary>
internal sealed record BatchRequestStatement(string? Cql, byte[]? PreparedId, ImmutableArray<RequestValue> Values);

/// <summary>A bound value: bytes, null or not set; with a name where names were sent.</summary>
internal readonly record struct RequestValue(string? Name, CqlValueKind Kind, byte[]? Bytes);

/// <summary>The parameters of a QUERY or EXECUTE.</summary>
internal sealed record RequestParameters(ConsistencyLevel Consistency)
{
    public ImmutableArray<RequestValue> Values { get; init; } = [];

    public bool SkipMetadata { get; init; }

    public int? PageSize { get; init; }

    public byte[]? PagingState { get; init; }

    public ConsistencyLevel? SerialConsistency { get; init; }

    public long? Timestamp { get; init; }

    public string? Keyspace { get; init; }

    public int? NowInSeconds { get; init; }
}
