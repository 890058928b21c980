using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Protocol;

namespace CqlDriver.Execution;

/// <summary>One PREPARE on one connection.</summary>
internal static class PrepareRequest
{
    /// <summary>Prepares a statement on one connection.</summary>
    /// <exception cref="ServerException">The node refused it.</exception>
    /// <exception cref="CqlConnectionException">The connection ended, or did not answer in time.</exception>
    public static async Task<PreparedCore> SendAsync(CqlConnection connection, string cql, string? keyspace, CodecRegistry codecs, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            var named = connection.Facts.Version >= ProtocolVersion.V5 ? keyspace : null;
            var prepared = await connection.PrepareAsync(cql, named, timeout, cancellationToken).ConfigureAwait(false);
            return ToCore(prepared, cql, keyspace, connection.Facts, codecs);
        }
        catch (UnexpectedAnswerException answer) when (answer.Error is { } error)
        {
            throw ServerErrors.ToException(error, connection.Endpoint, connection.Facts.HostId);
        }
        catch (TimeoutException error)
        {
            throw new CqlConnectionException($"{connection.Endpoint} did not answer within {timeout.TotalMilliseconds:0} ms.", connection.Endpoint, connection.Facts.HostId, error);
        }
    }

    private static PreparedCore ToCore(PreparedResult prepared, string cql, string? keyspace, ConnectionFacts facts, CodecRegistry codecs) => new(
        cql,
        keyspace,
        prepared.Id,
        prepared.Variables.Columns,
        prepared.Variables.PartitionKeyIndexes,
        new RowLayout(prepared.ResultMetadata?.Columns ?? ImmutableArray<ColumnSpec>.Empty, codecs, prepared.ResultMetadataId),
        codecs)
    {
        IsConditional = prepared.Variables.HasMark(facts.LwtMask),
    };
}
