using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Topology;

namespace CqlDriver.Effects;

/// <summary>
/// <c>system_views.cluster_metadata_directory</c>, where Cassandra 6.0 and later show the cluster's own log of membership as it
/// stands: all nodes, this one too, in one consistent reading, with their states. The log itself is never asked for: that view
/// reads all of it from a majority each time.
/// </summary>
internal static class MetadataDirectory
{
    public const string Table = "system_views.cluster_metadata_directory";

    /// <summary>The rows; null: the server has no such table, by whatever name it calls the error.</summary>
    public static async Task<ImmutableArray<NodeRow>?> ReadAsync(CqlConnection connection, int defaultPort, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            var rows = await connection.QueryAsync($"SELECT * FROM {Table}", ConsistencyLevel.One, limit, cancellationToken).ConfigureAwait(false);
            return [.. Enumerable.Range(0, rows.Count).Select(row => Row(rows, row, defaultPort))];
        }
        catch (UnexpectedAnswerException answer) when (answer.Error is not null)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether the node that answers goes by it. Seen on 6.0-alpha2: from the upgrade until the service is initialised the
    /// directory shows host ids that no node has yet; each node takes its own within a second after the initialisation.
    /// </summary>
    public static bool IsInForce(ImmutableArray<NodeRow> directory, NodeRow? local) =>
        local is { HostId: { } own } && own != Guid.Empty && directory.Any(row => row.HostId == own);

    private static NodeRow Row(SystemRows rows, int row, int defaultPort)
    {
        var tokens = rows.Texts(row, "tokens");
        var word = rows.Text(row, "state");
        return new NodeRow(Table, row)
        {
            HostId = rows.Guid(row, "host_id"),
            Address = rows.Address(row, "native_address"),
            PeerAddress = rows.Address(row, "broadcast_address"),
            Port = rows.Int(row, "native_port") is > 0 and var told ? told : defaultPort,
            Datacenter = rows.Text(row, "dc"),
            Rack = rows.Text(row, "rack"),
            Tokens = SystemTablesReader.Numbers(tokens),
            HasTokens = !tokens.IsEmpty,
            State = DirectoryStates.Of(word),
            UnknownState = DirectoryStates.Of(word) is null ? word ?? "null" : null,
            IsOfNodeThatLeft = DirectoryStates.Of(word) == TopologyState.Decommissioned,
            ReleaseVersion = rows.Text(row, "cassandra_version"),
        };
    }
}
