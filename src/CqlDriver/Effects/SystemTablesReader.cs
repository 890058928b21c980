using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Topology;

namespace CqlDriver.Effects;

/// <summary>
/// Reads who is in the cluster over a control connection: <c>system.local</c>, then <c>system.peers_v2</c> where there is one,
/// else <c>system.peers</c>, then <c>system.local</c> again, since they are answered at different moments; or, where the cluster
/// keeps its own metadata, <see cref="MetadataDirectory"/> in place of the peers. Believes nothing: what the rows say is judged by
/// the rules.
/// </summary>
/// <param name="port">The port of nodes whose table tells none; null: that of the control connection.</param>
internal sealed class SystemTablesReader(int? port = null)
{
    public const string LocalTable = "system.local";
    private const string PeersTable = "system.peers";
    private const string PeersV2Table = "system.peers_v2";

    // Which tables the newest connection's node has; replaced as a whole.
    private KnownTables? _tables;

    /// <summary>Reads the tables.</summary>
    /// <param name="connection">The control connection.</param>
    /// <param name="limit">The limit of each query.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<NodeTables> ReadAsync(CqlConnection connection, TimeSpan limit, CancellationToken cancellationToken)
    {
        var known = _tables is { } tables && tables.Connection == connection.Id ? tables : new KnownTables(connection.Id, HasDirectory: true, HasV2: null);
        var local = await LocalAsync(connection, PortOf(connection), limit, cancellationToken).ConfigureAwait(false);
        var directory = known.HasDirectory ? await MetadataDirectory.ReadAsync(connection, PortOf(connection), limit, cancellationToken).ConfigureAwait(false) : null;
        _tables = known with { HasDirectory = directory is not null };
        if (directory is { } all && MetadataDirectory.IsInForce(all, local))
        {
            return new NodeTables(local, all, LocalAgain: null, IsWhole: true);
        }

        var (peers, isV2) = await PeersAsync(connection, known.HasV2, PortOf(connection), limit, cancellationToken).ConfigureAwait(false);
        var again = await LocalAsync(connection, PortOf(connection), limit, cancellationToken).ConfigureAwait(false);
        _tables = new KnownTables(connection.Id, directory is not null, isV2);
        return new NodeTables(local, peers, again, IsWhole: false);
    }

    private sealed record KnownTables(ConnectionId Connection, bool HasDirectory, bool? HasV2);

    private int PortOf(CqlConnection connection) => port ?? connection.Endpoint.Port;

    private static async Task<NodeRow?> LocalAsync(CqlConnection connection, int port, TimeSpan limit, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync("SELECT * FROM system.local WHERE key='local'", ConsistencyLevel.One, limit, cancellationToken).ConfigureAwait(false);
        return rows.Count == 0 ? null : Row(rows, 0, LocalTable, "rpc_address", "broadcast_address", "rpc_port", port);
    }

    private static async Task<(ImmutableArray<NodeRow> Rows, bool IsV2)> PeersAsync(
        CqlConnection connection, bool? hasPeersV2, int port, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (hasPeersV2 != false)
        {
            try
            {
                var rows = await connection.QueryAsync("SELECT * FROM system.peers_v2", ConsistencyLevel.One, limit, cancellationToken).ConfigureAwait(false);
                return (Rows(rows, PeersV2Table, "native_address", "native_port", port), true);
            }
            catch (UnexpectedAnswerException answer) when (hasPeersV2 is null && answer.Error is not null)
            {
                // Older servers, and ScyllaDB, have the old table only; what they call the error differs.
            }
        }

        var older = await connection.QueryAsync("SELECT * FROM system.peers", ConsistencyLevel.One, limit, cancellationToken).ConfigureAwait(false);
        return (Rows(older, PeersTable, "rpc_address", null, port), false);
    }

    private static ImmutableArray<NodeRow> Rows(SystemRows rows, string table, string address, string? port, int defaultPort) =>
        [.. Enumerable.Range(0, rows.Count).Select(row => Row(rows, row, table, address, "peer", port, defaultPort))];

    private static NodeRow Row(SystemRows rows, int row, string table, string address, string peerAddress, string? port, int defaultPort)
    {
        var tokens = rows.Texts(row, "tokens");
        return new NodeRow(table, row)
        {
            HostId = rows.Guid(row, "host_id"),
            Address = rows.Address(row, address),
            PeerAddress = rows.Address(row, peerAddress),
            Port = port is not null && rows.Int(row, port) is > 0 and var told ? told : defaultPort,
            Datacenter = rows.Text(row, "data_center"),
            Rack = rows.Text(row, "rack"),
            Tokens = Numbers(tokens),
            HasTokens = !tokens.IsEmpty,
            ReleaseVersion = rows.Text(row, "release_version"),
            SchemaVersion = rows.Guid(row, "schema_version"),
            ClusterName = rows.Text(row, "cluster_name"),
            Partitioner = rows.Text(row, "partitioner"),
        };
    }

    /// <summary>The tokens that are numbers, ascending.</summary>
    public static ImmutableArray<Token> Numbers(ImmutableArray<string> texts)
    {
        var tokens = ImmutableArray.CreateBuilder<Token>(texts.Length);
        foreach (var text in texts)
        {
            if (Token.TryParse(text, out var token))
            {
                tokens.Add(token);
            }
        }

        tokens.Sort();
        return tokens.ToImmutable();
    }
}

/// <summary>What the system tables of one node say.</summary>
internal sealed record NodeTables(NodeRow? Local, ImmutableArray<NodeRow> Peers, NodeRow? LocalAgain, bool IsWhole);
