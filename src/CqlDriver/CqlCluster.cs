using CqlDriver.Execution;
using CqlDriver.Pools;
using CqlDriver.Topology;

namespace CqlDriver;

/// <summary>A cluster: what its sessions share. Thread-safe. Dispose it after its sessions; it closes those that are left.</summary>
public sealed class CqlCluster : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<CqlSession> _sessions = [];

    private CqlCluster(ClusterSettings settings) => Settings = settings;

    /// <summary>What is known of the cluster now.</summary>
    public Metadata Metadata { get; private set; } = Metadata.Empty;

    internal ClusterSettings Settings { get; }

    /// <summary>Creates a cluster object; nothing is connected yet.</summary>
    /// <param name="options">How to reach it; checked and copied.</param>
    /// <exception cref="CqlConfigurationException">Options that cannot be used; lists them all.</exception>
    public static CqlCluster Create(CqlClusterOptions options) => new(ClusterSettings.From(options));

    /// <summary>Opens a session.</summary>
    /// <param name="keyspace">Its keyspace, unquoted; null: none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<CqlSession> ConnectAsync(string? keyspace = null, CancellationToken cancellationToken = default) =>
        ConnectAsync(keyspace, ownsCluster: false, cancellationToken);

    /// <summary>Closes the sessions that are left.</summary>
    public async ValueTask DisposeAsync()
    {
        CqlSession[] left;
        lock (_lock)
        {
            left = [.. _sessions];
        }

        foreach (var session in left)
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }
    }

    internal async Task<CqlSession> ConnectAsync(string? keyspace, bool ownsCluster, CancellationToken cancellationToken)
    {
        var pools = await DirectPools.OpenAsync(Settings.Connections, Settings.ContactPoints, Settings.Options.ConnectionsPerNode, keyspace, cancellationToken).ConfigureAwait(false);
        Metadata = pools.View.Metadata;
        var session = new CqlSession(this, new RequestExecutor(Settings, pools), ownsCluster);
        lock (_lock)
        {
            _sessions.Add(session);
        }

        return session;
    }

    internal void Remove(CqlSession session)
    {
        lock (_lock)
        {
            _sessions.Remove(session);
        }
    }
}
