using CqlDriver.IntegrationTests.Server;

namespace CqlDriver.IntegrationTests.Support;

/// <summary>Sessions on the real cluster, and keyspaces of their own for tests.</summary>
internal static class Sessions
{
    private static int _keyspaces;

    public static CqlClusterOptions Options(this CassandraCluster server) => new()
    {
        ContactPoints = { server.ContactPoint },
        LocalDatacenter = CassandraCluster.Datacenter,
    };

    public static Task<CqlSession> ConnectAsync(this CassandraCluster server, ProtocolVersion? version = null, CqlCompression compression = CqlCompression.None)
    {
        var options = server.Options();
        options.ProtocolVersion = version;
        options.Compression = compression;
        return CqlSession.ConnectAsync(options);
    }

    /// <summary>Creates a keyspace and makes it the session's.</summary>
    public static async Task<string> UseNewKeyspaceAsync(this CqlSession session, int replicationFactor = 1)
    {
        var name = $"test_{Interlocked.Increment(ref _keyspaces)}";
        await session.ExecuteAsync($"CREATE KEYSPACE {name} WITH replication = {{'class': 'NetworkTopologyStrategy', '{CassandraCluster.Datacenter}': {replicationFactor}}}");
        await session.ExecuteAsync($"USE {name}");
        return name;
    }

    /// <summary>All rows of all pages, read by <paramref name="read"/>.</summary>
    public static async Task<List<T>> ReadAllAsync<T>(this RowSet rows, Func<Row, T> read)
    {
        var all = new List<T>();
        await foreach (var row in rows)
        {
            all.Add(read(row));
        }

        return all;
    }
}
