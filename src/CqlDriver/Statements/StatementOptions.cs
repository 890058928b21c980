using System.Collections.Immutable;

namespace CqlDriver;

/// <summary>What a statement says about its execution; null means what the session says. Immutable, shared by copies.</summary>
internal sealed record StatementOptions
{
    public static StatementOptions Default { get; } = new();

    public ConsistencyLevel? Consistency { get; init; }

    public ConsistencyLevel? SerialConsistency { get; init; }

    public int? PageSize { get; init; }

    public PagingState? PagingState { get; init; }

    public long? Timestamp { get; init; }

    public TimeSpan? Timeout { get; init; }

    public bool? IsIdempotent { get; init; }

    public bool IsTraced { get; init; }

    public string? Keyspace { get; init; }

    public int? NowInSeconds { get; init; }

    public ImmutableDictionary<string, byte[]?>? CustomPayload { get; init; }
}
