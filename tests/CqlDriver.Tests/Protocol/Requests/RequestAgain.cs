using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.Tests.Protocol.Requests;

/// <summary>Encodes with the client's half what the server's half decoded.</summary>
internal static class RequestAgain
{
    public static void Encode(GrowableBuffer buffer, int version, short stream, CqlRequest request, ProtocolExtensions extensions = default)
    {
        var head = new RequestHead((ProtocolVersion)version, stream, extensions) { IsTraced = request.IsTraced, CustomPayload = request.CustomPayload };
        using var scratch = new GrowableBuffer();
        switch (request)
        {
            case OptionsRequest:
                RequestEncoder.Options(buffer, head);
                break;
            case StartupRequest startup:
                RequestEncoder.Startup(buffer, head, startup.Options);
                break;
            case AuthResponseRequest response:
                RequestEncoder.AuthResponse(buffer, head, response.Token);
                break;
            case RegisterRequest register:
                RequestEncoder.Register(buffer, head, register.EventTypes);
                break;
            case PrepareRequest prepare:
                RequestEncoder.Prepare(buffer, head, prepare.Cql, prepare.Keyspace);
                break;
            case QueryRequest query:
                RequestEncoder.Query(buffer, head, query.Cql, Parameters(scratch, query.Parameters));
                break;
            case ExecuteRequest execute:
                var parameters = Parameters(scratch, execute.Parameters, execute.TabletVersionBlock ?? 0);
                RequestEncoder.Execute(buffer, head, execute.PreparedId, execute.ResultMetadataId, parameters);
                break;
            case BatchRequest batch:
                RequestEncoder.Batch(buffer, head, Batch(scratch, batch));
                break;
        }
    }

    private static BatchParameters Batch(GrowableBuffer scratch, BatchRequest batch)
    {
        foreach (var statement in batch.Statements)
        {
            using var values = new GrowableBuffer();
            Append(values, statement.Values);
            if (statement.PreparedId is { } id)
            {
                BatchStatements.AppendPrepared(scratch, id, statement.Values.Length, values.WrittenSpan);
            }
            else
            {
                BatchStatements.AppendQuery(scratch, statement.Cql!, statement.Values.Length, values.WrittenSpan);
            }
        }

        return new BatchParameters(batch.Kind, batch.Consistency)
        {
            Statements = scratch.WrittenSpan,
            StatementCount = batch.Statements.Length,
            SerialConsistency = batch.SerialConsistency,
            Timestamp = batch.Timestamp,
            Keyspace = batch.Keyspace,
            NowInSeconds = batch.NowInSeconds,
        };
    }

    private static QueryParameters Parameters(GrowableBuffer scratch, RequestParameters parameters, byte tabletVersionBlock = 0)
    {
        Append(scratch, parameters.Values);
        return new QueryParameters(parameters.Consistency)
        {
            Values = scratch.WrittenSpan,
            ValueCount = parameters.Values.Length,
            ValuesAreNamed = parameters.Values.Any(value => value.Name is not null),
            SkipMetadata = parameters.SkipMetadata,
            PageSize = parameters.PageSize ?? 0,
            PagingState = parameters.PagingState,
            SerialConsistency = parameters.SerialConsistency,
            Timestamp = parameters.Timestamp,
            Keyspace = parameters.Keyspace,
            NowInSeconds = parameters.NowInSeconds,
            TabletVersionBlock = tabletVersionBlock,
        };
    }

    private static void Append(GrowableBuffer buffer, IEnumerable<RequestValue> values)
    {
        foreach (var value in values)
        {
            if (value.Name is not null)
            {
                buffer.WriteString(value.Name);
            }

            switch (value.Kind)
            {
                case CqlValueKind.Present:
                    buffer.WriteBytes(value.Bytes);
                    break;
                case CqlValueKind.Null:
                    buffer.WriteNull();
                    break;
                case CqlValueKind.Unset:
                    buffer.WriteUnset();
                    break;
            }
        }
    }
}
