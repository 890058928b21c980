using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using CqlDriver.Connections;
using CqlDriver.Protocol;
using CqlDriver.Topology;
using CqlDriver.Types;

namespace CqlDriver.Effects;

/// <summary>
/// Reads <c>system.client_routes</c> on a control connection. Values are bound, lists have no more than a hundred values, which
/// is what the server takes, and long answers come in pages. Believes nothing: a cell that cannot be read is null.
/// </summary>
internal static class RouteTableReader
{
    private const string Select = "SELECT connection_id, host_id, address, port, tls_port FROM system.client_routes WHERE connection_id IN ?";
    private const int PageSize = 5_000;

    /// <summary>A table that is longer is not read to its end but refused: nobody has so many nodes.</summary>
    private const int MaxRows = 1_000_000;

    public static async Task<RouteReading> ReadAsync(CqlConnection connection, RouteScope scope, TimeSpan limit, CancellationToken cancellationToken)
    {
        var rows = ImmutableArray.CreateBuilder<RouteRow>();
        foreach (var ids in scope.ConnectionIds.Chunk(RouteScope.MaxListed))
        {
            using var values = new GrowableBuffer();
            WriteList(values, ids.Select(Encoding.UTF8.GetBytes));
            if (scope.HostIds is { } hosts)
            {
                WriteList(values, hosts.Select(static host => host.Value.ToByteArray(bigEndian: true)));
            }

            var cql = scope.HostIds is null ? Select : $"{Select} AND host_id IN ?";
            byte[] page = [];
            do
            {
                page = await ReadPageAsync(connection, new BoundQuery(cql, values.WrittenMemory, scope.HostIds is null ? 1 : 2, page), rows, limit, cancellationToken).ConfigureAwait(false);
            }
            while (page.Length > 0 && rows.Count < MaxRows);
        }

        return rows.Count < MaxRows
            ? new RouteReading(scope, rows.ToImmutable())
            : throw new CqlConnectionException($"{connection.Endpoint} lists more than {MaxRows} client routes.", connection.Endpoint);
    }

    private static async Task<byte[]> ReadPageAsync(
        CqlConnection connection, BoundQuery query, ImmutableArray<RouteRow>.Builder rows, TimeSpan limit, CancellationToken cancellationToken)
    {
        var (response, raw) = await connection.AskAsync(
            (buffer, stream, facts) => RequestEncoder.Query(buffer, new RequestHead(facts.Version, stream, facts.Extensions), query.Cql, new QueryParameters(ConsistencyLevel.One)
            {
                Values = query.Values.Span,
                ValueCount = query.ValueCount,
                PageSize = PageSize,
                PagingState = query.Page,
            }),
            limit, cancellationToken).ConfigureAwait(false);
        if (response is not RowsResponse answer)
        {
            throw new UnexpectedAnswerException(connection, query.Cql, response);
        }

        var table = new SystemRows(answer.Rows, raw.Body);
        for (var row = 0; row < table.Count; row++)
        {
            rows.Add(Row(table, row, rows.Count));
        }

        return answer.Rows.PagingState ?? [];
    }

    private static RouteRow Row(SystemRows table, int row, int number) => new(number)
    {
        ConnectionId = table.Text(row, "connection_id"),
        HostId = table.TryCell(row, "host_id", out var id) && id.Length == 16 ? new Guid(id.Span, bigEndian: true) : null,
        Address = table.Text(row, "address"),
        Port = Number(table, row, "port"),
        TlsPort = Number(table, row, "tls_port"),
    };

    private static int? Number(SystemRows table, int row, string column) =>
        table.TryCell(row, column, out var cell) && cell.Length == sizeof(int) ? BinaryPrimitives.ReadInt32BigEndian(cell.Span) : null;

    /// <summary>A [value] that is a list.</summary>
    private static void WriteList(GrowableBuffer buffer, IEnumerable<byte[]> items)
    {
        using var list = new GrowableBuffer();
        var all = items.ToArray();
        list.WriteInt32(all.Length);
        foreach (var item in all)
        {
            list.WriteBytes(item);
        }

        buffer.WriteBytes(list.WrittenMemory.Span);
    }

    private readonly record struct BoundQuery(string Cql, ReadOnlyMemory<byte> Values, int ValueCount, byte[] Page);
}
