using System.Collections.Immutable;
using CqlDriver.Testing.Cql;
using CqlDriver.Testing.Engine;
using CqlDriver.Testing.Model;

namespace CqlDriver.Testing.SystemTables;

/// <summary>The tables that drivers read, declared in CQL like others. Those of traces hold rows; the rest are made when they are read.</summary>
internal static class SystemKeyspaces
{
    private const string TableOptionColumns = """
        additional_write_policy text, allow_auto_snapshot boolean, bloom_filter_fp_chance double, caching frozen<map<text, text>>, cdc boolean, comment text,
        compaction frozen<map<text, text>>, compression frozen<map<text, text>>, crc_check_chance double, dclocal_read_repair_chance double,
        default_time_to_live int, extensions frozen<map<text, blob>>, gc_grace_seconds int, id uuid, incremental_backups boolean, max_index_interval int,
        memtable text, memtable_flush_period_in_ms int, min_index_interval int, read_repair text, read_repair_chance double, speculative_retry text,
        """;

    private const string CassandraLocal = """
        CREATE TABLE system.local (key text PRIMARY KEY, bootstrapped text, broadcast_address inet, broadcast_port int, cluster_name text, cql_version text,
            data_center text, gossip_generation int, host_id uuid, listen_address inet, listen_port int, native_protocol_version text, partitioner text,
            rack text, release_version text, rpc_address inet, rpc_port int, schema_version uuid, tokens set<text>, truncated_at map<uuid, blob>)
        """;

    private const string CassandraPeersV2 = """
        CREATE TABLE system.peers_v2 (peer inet, peer_port int, data_center text, host_id uuid, native_address inet, native_port int, preferred_ip inet,
            preferred_port int, rack text, release_version text, schema_version uuid, tokens set<text>, PRIMARY KEY (peer, peer_port))
        """;

    private const string ScyllaLocal = """
        CREATE TABLE system.local (key text PRIMARY KEY, bootstrapped text, broadcast_address inet, cluster_name text, cql_version text, data_center text,
            gossip_generation int, host_id uuid, listen_address inet, native_protocol_version text, partitioner text, rack text, release_version text,
            rpc_address inet, schema_version uuid, scylla_cpu_sharding_algorithm text, scylla_msb_ignore int, scylla_nr_shards int,
            supported_features text, tokens set<text>, truncated_at map<uuid, blob>)
        """;

    private const string ScyllaClientRoutes = """
        CREATE TABLE system.client_routes (connection_id text, host_id uuid, address text, port int, tls_port int, alternator_port int,
            alternator_https_port int, PRIMARY KEY (connection_id, host_id))
        """;

    private const string CassandraDirectory = """
        CREATE TABLE system_views.cluster_metadata_directory (node_id int PRIMARY KEY, broadcast_address inet, broadcast_port int, cassandra_version text,
            dc text, host_id uuid, local_address inet, local_port int, multi_step_operation frozen<map<text, text>>, native_address inet, native_port int,
            rack text, serialization_version int, state text, tokens frozen<list<text>>)
        """;

    private static readonly string[] ScyllaSchema =
    [
        "CREATE TABLE system_schema.scylla_keyspaces (keyspace_name text PRIMARY KEY, consistency text, initial_tablets int)",
        "CREATE TABLE system_schema.scylla_tables (keyspace_name text, table_name text, partitioner text, PRIMARY KEY (keyspace_name, table_name))",
    ];

    private static readonly string[] CassandraVirtualSchema =
    [
        "CREATE TABLE system_virtual_schema.keyspaces (keyspace_name text PRIMARY KEY)",
        "CREATE TABLE system_virtual_schema.tables (keyspace_name text, table_name text, comment text, PRIMARY KEY (keyspace_name, table_name))",
        """
        CREATE TABLE system_virtual_schema.columns (keyspace_name text, table_name text, column_name text, clustering_order text, column_name_bytes blob,
            kind text, position int, type text, PRIMARY KEY (keyspace_name, table_name, column_name))
        """,
    ];

    private static readonly string[] Declarations =
    [
        """
        CREATE TABLE system.peers (peer inet PRIMARY KEY, data_center text, host_id uuid, preferred_ip inet, rack text, release_version text,
            rpc_address inet, schema_version uuid, tokens set<text>)
        """,
        """
        CREATE TABLE system.size_estimates (keyspace_name text, table_name text, range_start text, range_end text, mean_partition_size bigint,
            partitions_count bigint, PRIMARY KEY (keyspace_name, table_name, range_start, range_end))
        """,
        "CREATE TABLE system_schema.keyspaces (keyspace_name text PRIMARY KEY, durable_writes boolean, replication frozen<map<text, text>>)",
        $"CREATE TABLE system_schema.tables (keyspace_name text, table_name text, {TableOptionColumns} flags frozen<set<text>>, PRIMARY KEY (keyspace_name, table_name))",
        $"""
        CREATE TABLE system_schema.views (keyspace_name text, view_name text, {TableOptionColumns} base_table_id uuid, base_table_name text,
            include_all_columns boolean, where_clause text, PRIMARY KEY (keyspace_name, view_name))
        """,
        """
        CREATE TABLE system_schema.columns (keyspace_name text, table_name text, column_name text, clustering_order text, column_name_bytes blob, kind text,
            position int, type text, PRIMARY KEY (keyspace_name, table_name, column_name))
        """,
        """
        CREATE TABLE system_schema.dropped_columns (keyspace_name text, table_name text, column_name text, dropped_time timestamp, kind text, type text,
            PRIMARY KEY (keyspace_name, table_name, column_name))
        """,
        """
        CREATE TABLE system_schema.types (keyspace_name text, type_name text, field_names frozen<list<text>>, field_types frozen<list<text>>,
            PRIMARY KEY (keyspace_name, type_name))
        """,
        """
        CREATE TABLE system_schema.indexes (keyspace_name text, table_name text, index_name text, kind text, options frozen<map<text, text>>,
            PRIMARY KEY (keyspace_name, table_name, index_name))
        """,
        """
        CREATE TABLE system_schema.functions (keyspace_name text, function_name text, argument_types frozen<list<text>>, argument_names frozen<list<text>>,
            body text, called_on_null_input boolean, language text, return_type text, PRIMARY KEY (keyspace_name, function_name, argument_types))
        """,
        """
        CREATE TABLE system_schema.aggregates (keyspace_name text, aggregate_name text, argument_types frozen<list<text>>, final_func text, initcond text,
            return_type text, state_func text, state_type text, PRIMARY KEY (keyspace_name, aggregate_name, argument_types))
        """,
        """
        CREATE TABLE system_schema.triggers (keyspace_name text, table_name text, trigger_name text, options frozen<map<text, text>>,
            PRIMARY KEY (keyspace_name, table_name, trigger_name))
        """,
        """
        CREATE TABLE system_traces.sessions (session_id uuid PRIMARY KEY, client inet, command text, coordinator inet, coordinator_port int, duration int,
            request text, started_at timestamp, parameters map<text, text>)
        """,
        """
        CREATE TABLE system_traces.events (session_id uuid, event_id timeuuid, activity text, source inet, source_elapsed int, source_port int, thread text,
            PRIMARY KEY (session_id, event_id))
        """,
    ];

    /// <summary>The schema of a Cassandra cluster to which nothing was added. Parsed once for the process.</summary>
    public static SchemaSnapshot OfCassandra { get; } = Build([CassandraLocal, CassandraPeersV2, .. Declarations, .. CassandraVirtualSchema]);

    /// <summary>The schema of a ScyllaDB cluster to which nothing was added: one table of peers, no ports in it.</summary>
    public static SchemaSnapshot OfScylla { get; } = Build([ScyllaLocal, ScyllaClientRoutes, .. Declarations, .. ScyllaSchema]);

    /// <summary>The schema of a Cassandra cluster that keeps its metadata itself.</summary>
    public static SchemaSnapshot OfCassandraWithDirectory { get; } =
        Build([CassandraLocal, CassandraPeersV2, .. Declarations, .. CassandraVirtualSchema, CassandraDirectory]);

    private static SchemaSnapshot Build(IEnumerable<string> declarations)
    {
        var keyspaces = new SortedDictionary<string, KeyspaceDefinition>(StringComparer.Ordinal);
        foreach (var declaration in declarations)
        {
            var create = (CreateTableSyntax)CqlParser.Parse(declaration).Statement;
            var name = create.Table.Keyspace!;
            if (!keyspaces.TryGetValue(name, out var keyspace))
            {
                keyspace = new KeyspaceDefinition(name, Replication(name), true) { IsSystem = true };
            }

            keyspaces[name] = keyspace.With(TableBuilder.Build(create, keyspace, DateTimeOffset.UnixEpoch, isVirtual: name != "system_traces"));
        }

        return keyspaces.Values.Aggregate(SchemaSnapshot.Empty, (schema, keyspace) => schema.With(keyspace));
    }

    private static ImmutableSortedDictionary<string, string> Replication(string keyspace)
    {
        const string Package = "org.apache.cassandra.locator.";
        var replication = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
        return keyspace == "system_traces"
            ? replication.Add("class", Package + "SimpleStrategy").Add("replication_factor", "2")
            : replication.Add("class", Package + "LocalStrategy");
    }
}
