using CqlDriver.Connections;

namespace CqlDriver.Schema;

/// <summary>
/// Asks a node for the tables that describe the schema. Three of them every server has; for the others an error is taken for
/// "no such table", since what servers call that differs. What to ask beyond the common tables is told by the tables
/// themselves: see <see cref="DialectOf"/>. All columns are asked for, because versions differ in them; they are read by name.
/// </summary>
internal static class SchemaSource
{
    private const string SystemSchema = "system_schema";
    private const string VirtualSchema = "system_virtual_schema";

    /// <summary>Reads the schema.</summary>
    /// <param name="connection">The control connection.</param>
    /// <param name="limit">The limit of each query; there are two rounds of them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CqlConnectionException">The connection ended, or the node refused one of the tables that every server has.</exception>
    /// <exception cref="TimeoutException">A query was not answered within the limit.</exception>
    public static async Task<SchemaMetadata> ReadAsync(CqlConnection connection, TimeSpan limit, CancellationToken cancellationToken)
    {
        var asked = new Asked(connection, limit, cancellationToken);
        var keyspaces = asked.Rows(SystemSchema, "keyspaces");
        var tables = asked.Rows(SystemSchema, "tables");
        var columns = asked.Rows(SystemSchema, "columns");
        var views = asked.RowsIfAny(SystemSchema, "views");
        var indexes = asked.RowsIfAny(SystemSchema, "indexes");
        var types = asked.RowsIfAny(SystemSchema, "types");
        var functions = asked.RowsIfAny(SystemSchema, "functions");
        var aggregates = asked.RowsIfAny(SystemSchema, "aggregates");
        await Task.WhenAll((Task)keyspaces, tables, columns, views, indexes, types, functions, aggregates).ConfigureAwait(false);
        var common = new SchemaTables
        {
            Keyspaces = await keyspaces.ConfigureAwait(false),
            Tables = await tables.ConfigureAwait(false),
            Columns = await columns.ConfigureAwait(false),
            Views = await views.ConfigureAwait(false),
            Indexes = await indexes.ConfigureAwait(false),
            Types = await types.ConfigureAwait(false),
            Functions = await functions.ConfigureAwait(false),
            Aggregates = await aggregates.ConfigureAwait(false),
        };
        return SchemaParser.Parse(await ReadMoreAsync(asked, common).ConfigureAwait(false));
    }

    /// <summary>Which further tables there are, told by the common ones.</summary>
    public static SchemaDialect DialectOf(SystemRows tables)
    {
        for (var row = 0; row < tables.Count; row++)
        {
            if (tables.Text(row, "keyspace_name") == SystemSchema && tables.Text(row, "table_name") is "scylla_keyspaces" or "scylla_tables")
            {
                return SchemaDialect.Scylla;
            }
        }

        // A column that came with Cassandra 4.0, as virtual tables did.
        return tables.Has("additional_write_policy") ? SchemaDialect.CassandraWithVirtualTables : SchemaDialect.Cassandra;
    }

    private static async Task<SchemaTables> ReadMoreAsync(Asked asked, SchemaTables common)
    {
        switch (DialectOf(common.Tables))
        {
            case SchemaDialect.Scylla:
                var ofKeyspaces = asked.RowsIfAny(SystemSchema, "scylla_keyspaces");
                var ofTables = asked.RowsIfAny(SystemSchema, "scylla_tables");
                await Task.WhenAll(ofKeyspaces, ofTables).ConfigureAwait(false);
                return common with { ScyllaKeyspaces = await ofKeyspaces.ConfigureAwait(false), ScyllaTables = await ofTables.ConfigureAwait(false) };
            case SchemaDialect.CassandraWithVirtualTables:
                var keyspaces = asked.RowsIfAny(VirtualSchema, "keyspaces");
                var tables = asked.RowsIfAny(VirtualSchema, "tables");
                var columns = asked.RowsIfAny(VirtualSchema, "columns");
                await Task.WhenAll(keyspaces, tables, columns).ConfigureAwait(false);
                return common with
                {
                    VirtualKeyspaces = await keyspaces.ConfigureAwait(false),
                    VirtualTables = await tables.ConfigureAwait(false),
                    VirtualColumns = await columns.ConfigureAwait(false),
                };
            default:
                return common;
        }
    }

    private sealed class Asked(CqlConnection connection, TimeSpan limit, CancellationToken cancellationToken)
    {
        public Task<SystemRows> Rows(string keyspace, string table) =>
            connection.QueryAsync($"SELECT * FROM {keyspace}.{table}", ConsistencyLevel.One, limit, cancellationToken);

        public async Task<SystemRows?> RowsIfAny(string keyspace, string table)
        {
            try
            {
                return await Rows(keyspace, table).ConfigureAwait(false);
            }
            catch (UnexpectedAnswerException answer) when (answer.Error is not null)
            {
                return null;
            }
        }
    }
}

/// <summary>How a server describes its schema.</summary>
internal enum SchemaDialect
{
    /// <summary>Cassandra 3.11: the common tables and no more.</summary>
    Cassandra,

    /// <summary>Cassandra 4 and later: virtual keyspaces beside them.</summary>
    CassandraWithVirtualTables,

    /// <summary>ScyllaDB: tables of its own about keyspaces and tables.</summary>
    Scylla,
}
