namespace CqlDriver.Testing;

/// <summary>
/// How the nodes of an <see cref="EmbeddedCluster"/> are ScyllaDB's: protocol v4 only, shards, a port on which the client's own
/// port chooses the shard, ScyllaDB's extensions in SUPPORTED, and <c>system.peers</c> alone. Read once, when the cluster starts.
/// </summary>
public sealed class EmbeddedScyllaOptions
{
    /// <summary>Shards of each node, 1 to 4,096; default 2. A node that is there: <see cref="EmbeddedNode.ReshardAsync"/>.</summary>
    public int ShardsPerNode { get; set; } = 2;

    /// <summary>How many of a token's highest bits do not count for its shard, 0 to 63; default 12.</summary>
    public int IgnoreMsb { get; set; } = 12;

    /// <summary>Whether there is a shard-aware port, the same one on all nodes; default true.</summary>
    public bool HasShardAwarePort { get; set; } = true;

    /// <summary>
    /// Tablets of each new table, 0 to 65,536; default 0: no tablets, tables are spread by the ring. With them see
    /// <see cref="EmbeddedCluster.Tablets"/>.
    /// </summary>
    public int TabletsPerTable { get; set; }

    /// <summary>Whether tablets are offered in their second form too, which tells leaders and growth; default false.</summary>
    public bool OffersTabletsV2 { get; set; }

    /// <summary>Whether SUPPORTED names the host id; default true. Older versions do not.</summary>
    public bool NamesHostId { get; set; } = true;

    /// <summary>Whether clients can register for changes of <see cref="EmbeddedCluster.ClientRoutes"/>; default true. Versions before 2026.1 refuse.</summary>
    public bool HasClientRoutes { get; set; } = true;

    /// <summary>
    /// What an address translation on the way makes of a client's port before the shard-aware port sees it; default nothing.
    /// Runs for each connection, any thread.
    /// </summary>
    public Func<int, int>? SourcePortTranslation { get; set; }

    internal IEnumerable<string> Problems()
    {
        if (ShardsPerNode is < 1 or > 4096)
        {
            yield return $"{nameof(ShardsPerNode)} is {ShardsPerNode}; 1 to 4,096 are possible.";
        }

        if (TabletsPerTable is < 0 or > 65_536)
        {
            yield return $"{nameof(TabletsPerTable)} is {TabletsPerTable}; 0 to 65,536 are possible.";
        }

        if (IgnoreMsb is < 0 or > 63)
        {
            yield return $"{nameof(IgnoreMsb)} is {IgnoreMsb}; 0 to 63 are possible.";
        }
    }
}
