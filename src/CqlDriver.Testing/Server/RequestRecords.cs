using System.Collections.Immutable;
using CqlDriver.Protocol;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Server;

/// <summary>Requests as the log and the rules see them.</summary>
internal static class RequestRecords
{
    /// <summary>A connection that was accepted.</summary>
    public static RequestRecord Connect(ServerConnection connection) => new()
    {
        Node = connection.Node,
        Kind = RequestKind.Connect,
        Connection = connection.Number,
        Client = connection.Client,
        Server = connection.Server,
        Shard = connection.Shard?.Shard,
        At = connection.Node.Options.TimeProvider.GetUtcNow(),
    };

    public static RequestRecord Of(ServerConnection connection, CqlRequest request, RequestKind kind, int version, int stream, string? keyspace)
    {
        var record = Connect(connection) with
        {
            Kind = kind,
            Stream = stream,
            Version = version,
            Keyspace = keyspace,
            IsTraced = request.IsTraced,
            CustomPayload = request.CustomPayload,
        };
        return request switch
        {
            StartupRequest startup => record with { StartupOptions = startup.Options },
            RegisterRequest register => record with { EventTypes = register.EventTypes },
            PrepareRequest prepare => record with { Statement = prepare.Cql, Keyspace = prepare.Keyspace ?? keyspace },
            QueryRequest query => With(record, query.Parameters) with { Statement = query.Cql },
            ExecuteRequest execute => With(record, execute.Parameters) with
            {
                Statement = connection.Node.Prepared.Find(execute.PreparedId)?.Cql,
                PreparedId = execute.PreparedId,
            },
            BatchRequest batch => record with
            {
                Statement = string.Join("; ", batch.Statements.Select(statement => statement.Cql ?? connection.Node.Prepared.Find(statement.PreparedId!)?.Cql)),
                Values = [.. batch.Statements.SelectMany(statement => Values(statement.Values))],
                Keyspace = batch.Keyspace ?? keyspace,
                Consistency = batch.Consistency,
                SerialConsistency = batch.SerialConsistency,
                Timestamp = batch.Timestamp,
                NowInSeconds = batch.NowInSeconds,
            },
            _ => record,
        };
    }

    /// <summary>A value as the engine takes it.</summary>
    public static byte[]? ToBytes(RequestValue value) => value.Kind switch
    {
        CqlValueKind.Null => null,
        CqlValueKind.Unset => CqlBytes.Unset,
        _ => value.Bytes,
    };

    private static RequestRecord With(RequestRecord record, RequestParameters parameters) => record with
    {
        Values = Values(parameters.Values),
        Keyspace = parameters.Keyspace ?? record.Keyspace,
        Consistency = parameters.Consistency,
        SerialConsistency = parameters.SerialConsistency,
        Timestamp = parameters.Timestamp,
        NowInSeconds = parameters.NowInSeconds,
        PageSize = parameters.PageSize,
        PagingState = parameters.PagingState,
        SkipMetadata = parameters.SkipMetadata,
    };

    private static ImmutableArray<byte[]?> Values(ImmutableArray<RequestValue> values) => [.. values.Select(ToBytes)];
}
