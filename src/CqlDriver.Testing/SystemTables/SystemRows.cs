using System.Collections.Immutable;
using System.Globalization;
using CqlDriver.Testing.Model;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.SystemTables;

/// <summary>The cluster as one node sees it, at the moment of a query.</summary>
internal sealed record SystemView(NodeRow Local, ImmutableArray<NodeRow> Peers, string ClusterName, string CqlVersion, int NativeProtocolVersion, SchemaSnapshot Schema)
{
    /// <summary>All nodes as the cluster's own directory shows them, with the words for their states; empty where there is none.</summary>
    public ImmutableArray<(NodeRow Row, string State)> Directory { get; init; } = [];

    /// <summary>The shards of the node that is looked through; null: it has none.</summary>
    public (int Count, int IgnoreMsb)? Shards { get; init; }

    /// <summary>The client routes as that node has applied them.</summary>
    public ImmutableArray<EmbeddedClientRoute> ClientRoutes { get; init; } = [];

    /// <summary>Tablets of new tables; 0: there are none.</summary>
    public int TabletsPerTable { get; init; }
}

/// <summary>Whoever system tables are seen from; looked through when a query reads one.</summary>
internal interface ISystemViewer
{
    SystemView Look();
}

/// <summary>Makes the rows of the virtual tables.</summary>
internal static class SystemRows
{
    private const string Partitioner = "org.apache.cassandra.dht.Murmur3Partitioner";

    public static TableStore Fill(TableDefinition table, object? viewer)
    {
        var rows = new VirtualRows(table);
        if (viewer is not ISystemViewer seen)
        {
            return rows.Store;
        }

        var view = seen.Look();

        switch (table.Keyspace, table.Name)
        {
            case ("system", "local"):
                AddLocal(rows, view);
                break;
            case ("system", "peers"):
                AddPeers(rows, view);
                break;
            case ("system", "peers_v2"):
                AddPeersV2(rows, view);
                break;
            case ("system", "client_routes"):
                AddClientRoutes(rows, view);
                break;
            case ("system_views", "cluster_metadata_directory"):
                AddDirectory(rows, view);
                break;
            case ("system_schema", _):
                SchemaRows.Add(table.Name, rows, view.Schema, view.TabletsPerTable);
                break;
        }

        return rows.Store;
    }

    private static void AddLocal(VirtualRows rows, SystemView view)
    {
        var local = view.Local;
        rows.Add(
            ("key", CqlBytes.Text("local")),
            ("bootstrapped", CqlBytes.Text("COMPLETED")),
            ("broadcast_address", local.Peer.GetAddressBytes()),
            ("broadcast_port", CqlBytes.Int32(local.PeerPort)),
            ("cluster_name", CqlBytes.Text(view.ClusterName)),
            ("cql_version", CqlBytes.Text(view.CqlVersion)),
            ("data_center", Text(local.Datacenter)),
            ("gossip_generation", CqlBytes.Int32(1)),
            ("host_id", Uuid(local.HostId)),
            ("listen_address", local.Peer.GetAddressBytes()),
            ("listen_port", CqlBytes.Int32(local.PeerPort)),
            ("native_protocol_version", CqlBytes.Text(view.NativeProtocolVersion.ToString(CultureInfo.InvariantCulture))),
            ("partitioner", CqlBytes.Text(Partitioner)),
            ("rack", Text(local.Rack)),
            ("release_version", Text(local.ReleaseVersion)),
            ("rpc_address", local.NativeAddress?.GetAddressBytes()),
            ("rpc_port", Int32(local.NativePort)),
            ("schema_version", Uuid(local.SchemaVersion)),
            ("scylla_cpu_sharding_algorithm", CqlBytes.Text("biased-token-round-robin")),
            ("scylla_msb_ignore", Int32(view.Shards?.IgnoreMsb)),
            ("scylla_nr_shards", Int32(view.Shards?.Count)),
            ("tokens", Tokens(local)));
    }

    private static void AddPeers(VirtualRows rows, SystemView view)
    {
        foreach (var peer in view.Peers)
        {
            rows.Add(
                ("peer", peer.Peer.GetAddressBytes()),
                ("data_center", Text(peer.Datacenter)),
                ("host_id", Uuid(peer.HostId)),
                ("rack", Text(peer.Rack)),
                ("release_version", Text(peer.ReleaseVersion)),
                ("rpc_address", peer.NativeAddress?.GetAddressBytes()),
                ("schema_version", Uuid(peer.SchemaVersion)),
                ("tokens", Tokens(peer)));
        }
    }

    private static void AddPeersV2(VirtualRows rows, SystemView view)
    {
        foreach (var peer in view.Peers)
        {
            rows.Add(
                ("peer", peer.Peer.GetAddressBytes()),
                ("peer_port", CqlBytes.Int32(peer.PeerPort)),
                ("data_center", Text(peer.Datacenter)),
                ("host_id", Uuid(peer.HostId)),
                ("native_address", peer.NativeAddress?.GetAddressBytes()),
                ("native_port", Int32(peer.NativePort)),
                ("rack", Text(peer.Rack)),
                ("release_version", Text(peer.ReleaseVersion)),
                ("schema_version", Uuid(peer.SchemaVersion)),
                ("tokens", Tokens(peer)));
        }
    }

    private static void AddClientRoutes(VirtualRows rows, SystemView view)
    {
        foreach (var route in view.ClientRoutes)
        {
            rows.Add(
                ("connection_id", CqlBytes.Text(route.ConnectionId)),
                ("host_id", CqlBytes.Uuid(route.HostId.Value)),
                ("address", Text(route.Address)),
                ("port", Int32(route.Port)),
                ("tls_port", Int32(route.TlsPort)));
        }
    }

    private static void AddDirectory(VirtualRows rows, SystemView view)
    {
        for (var i = 0; i < view.Directory.Length; i++)
        {
            var (node, state) = view.Directory[i];
            rows.Add(
                ("node_id", CqlBytes.Int32(i + 1)),
                ("broadcast_address", node.Peer.GetAddressBytes()),
                ("broadcast_port", CqlBytes.Int32(node.PeerPort)),
                ("cassandra_version", Text(node.ReleaseVersion)),
                ("dc", Text(node.Datacenter)),
                ("host_id", Uuid(node.HostId)),
                ("local_address", node.Peer.GetAddressBytes()),
                ("local_port", CqlBytes.Int32(node.PeerPort)),
                ("native_address", node.NativeAddress?.GetAddressBytes()),
                ("native_port", Int32(node.NativePort)),
                ("rack", Text(node.Rack)),
                ("serialization_version", CqlBytes.Int32(9)),
                ("state", Text(state)),
                ("tokens", Tokens(node) ?? CqlBytes.Collection([])));
        }
    }

    private static byte[]? Text(string? text) => text is null ? null : CqlBytes.Text(text);

    private static byte[]? Uuid(Guid? uuid) => uuid is { } value ? CqlBytes.Uuid(value) : null;

    private static byte[]? Int32(int? number) => number is { } value ? CqlBytes.Int32(value) : null;

    private static byte[]? Tokens(NodeRow row) => row.Tokens.IsDefaultOrEmpty
        ? null
        : CqlBytes.Collection([.. row.Tokens.Select(token => token.ToString()).Order(StringComparer.Ordinal).Select(CqlBytes.Text)]);
}
