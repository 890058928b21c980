using CqlDriver.Effects;
using CqlDriver.Execution;
using CqlDriver.Pools;
using CqlDriver.Routing;
using CqlDriver.Schema;
using CqlDriver.Topology;

namespace CqlDriver;

/// <summary>
/// A cluster and what its sessions share: one control connection, one picture of the topology. Create one for each cluster,
/// open sessions on it, dispose it at the end. Thread-safe.
/// </summary>
/// <remarks>
/// Most applications need no more than <see cref="CqlSession.ConnectAsync(CqlClusterOptions, CancellationToken)"/>, which
/// creates a cluster of its own. Disposing closes, in this order, the sessions that are left with their connections, the control
/// connection, and the loop that keeps the topology; afterwards no socket, timer or task of the cluster is alive.
/// </remarks>
public sealed class CqlCluster : IAsyncDisposable
{
    // A lock, because "closed", "started" and the list of sessions change together; taken when sessions come and go.
    private readonly Lock _lock = new();
    private readonly List<CqlSession> _sessions = [];
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenRegistration _lifetime;
    private EffectRunner? _effects;
    private bool _isClosing;

    private CqlCluster(ClusterSettings settings)
    {
        Settings = settings;
        _lifetime = settings.Options.Lifetime.UnsafeRegister(static cluster => ((CqlCluster)cluster!).BeginClosing(), this);
    }

    /// <summary>
    /// What is known of the cluster now: an immutable snapshot, another one after each change. Empty until the first session
    /// is connected.
    /// </summary>
    public Metadata Metadata => Volatile.Read(ref _effects)?.Topology.Current ?? Metadata.Empty;

    internal ClusterSettings Settings { get; }

    /// <summary>Creates a cluster object. Nothing is connected until the first session is opened.</summary>
    /// <param name="options">How to reach the cluster; checked and copied.</param>
    /// <exception cref="CqlConfigurationException">Options that cannot be used; lists them all.</exception>
    public static CqlCluster Create(CqlClusterOptions options) => new(ClusterSettings.From(options));

    /// <summary>Creates a cluster object. Nothing is connected until the first session is opened.</summary>
    /// <param name="connectionString">Such as <c>Contact Points=10.0.0.1,10.0.0.2;Local Datacenter=dc1</c>; see <see cref="CqlClusterOptions.Parse"/>.</param>
    /// <exception cref="CqlConfigurationException">Options that cannot be used; lists them all.</exception>
    public static CqlCluster Create(string connectionString) => Create(CqlClusterOptions.Parse(connectionString));

    /// <summary>Opens a session with the keyspace of the options.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CqlConnectionException">No contact point answered, or no node became usable, within the limit; says why for each.</exception>
    /// <exception cref="CqlAuthenticationException">The cluster refused the credentials.</exception>
    public Task<CqlSession> ConnectAsync(CancellationToken cancellationToken = default) =>
        ConnectAsync(Settings.Options.Keyspace, ownsCluster: false, cancellationToken);

    /// <summary>Opens a session.</summary>
    /// <param name="keyspace">Its keyspace, unquoted; null: none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CqlConnectionException">No contact point answered, or no node became usable, within the limit; says why for each.</exception>
    /// <exception cref="CqlAuthenticationException">The cluster refused the credentials.</exception>
    public Task<CqlSession> ConnectAsync(string? keyspace, CancellationToken cancellationToken = default) =>
        ConnectAsync(keyspace, ownsCluster: false, cancellationToken);

    /// <summary>The handovers of nodes to other endpoints: those under way, and those that ended lately.</summary>
    public HandoverTracker Handovers => StartTopology().Handovers;

    /// <summary>Reads the cluster's nodes and schema again and waits for it.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="CqlConnectionException">They could not be read within the limit.</exception>
    public Task RefreshMetadataAsync(CancellationToken cancellationToken = default) => StartTopology().Topology.RefreshAsync(cancellationToken);

    /// <summary>
    /// The changes of the topology from now on, in order; each is told after <see cref="Metadata"/> shows it. A reader that is too
    /// slow gets the snapshot in place of what it missed. Ends when the cluster is disposed.
    /// </summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    public IAsyncEnumerable<TopologyChange> ListenAsync(CancellationToken cancellationToken = default) => StartTopology().Listeners.ListenAsync(null, cancellationToken);

    /// <summary>The changes after a position, those that were decided before this call included, then as <see cref="ListenAsync(CancellationToken)"/>.</summary>
    /// <param name="after">The <see cref="TopologyChange.Index"/> of the last change that is known, 0 for all. Where some after it are not kept any more, the snapshot comes first.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public IAsyncEnumerable<TopologyChange> ListenAsync(long after, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        return StartTopology().Listeners.ListenAsync(after, cancellationToken);
    }

    /// <summary>Waits until <see cref="Metadata"/> contains a change.</summary>
    /// <param name="index">The change's <see cref="TopologyChange.Index"/>.</param>
    /// <param name="cancellationToken">Gives up waiting; there is no other limit.</param>
    public Task WaitForAppliedAsync(long index, CancellationToken cancellationToken = default) => WaitForAsync(metadata => metadata.AppliedIndex >= index, cancellationToken);

    /// <summary>Waits until <see cref="Metadata"/> contains an entry of the committed log that the cluster's topology is taken from.</summary>
    /// <param name="position">The entry's position.</param>
    /// <param name="cancellationToken">Gives up waiting; there is no other limit.</param>
    /// <exception cref="TopologyFaultException">The log cannot be believed any more.</exception>
    public Task WaitForAppliedAsync(LogPosition position, CancellationToken cancellationToken = default) => WaitForAsync(metadata => metadata.Source >= position, cancellationToken);

    /// <summary>Why the topology does not follow the cluster at the moment, for health checks; null: it does. The last good view serves on.</summary>
    public Exception? TopologyFault => Volatile.Read(ref _effects)?.Topology.Fault;

    /// <summary>Closes the sessions that are left, then everything else; safe to call more than once.</summary>
    public ValueTask DisposeAsync()
    {
        BeginClosing();
        return new ValueTask(_closed.Task);
    }

    internal async Task<CqlSession> ConnectAsync(string? keyspace, bool ownsCluster, CancellationToken cancellationToken)
    {
        var topology = StartTopology().Topology;
        await topology.WaitForFirstRefreshAsync(cancellationToken).ConfigureAwait(false);
        var session = OpenSession(topology, keyspace, ownsCluster, out var pools);
        try
        {
            await pools.WaitUntilUsableAsync(cancellationToken).ConfigureAwait(false);
            return session;
        }
        catch
        {
            await session.CloseAsync().ConfigureAwait(false);
            throw;
        }
    }

    internal void Remove(CqlSession session)
    {
        lock (_lock)
        {
            _sessions.Remove(session);
        }
    }

    private CqlSession OpenSession(ClusterTopology topology, string? keyspace, bool ownsCluster, out SessionPools pools)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosing, this);
            var warmer = new StatementWarmer(Settings.Options.Handover.HotStatements, Settings.Time);
            pools = SessionPools.Attach(topology, new SessionPoolSettings
            {
                Policies = [Settings.Options.LoadBalancing ?? new LocalDatacenterPolicy(Settings.Options.LocalDatacenter)],
                Keyspace = keyspace,
                ConnectionsPerNode = Settings.Options.ConnectionsPerNode,
                Warmer = warmer,
                UsableLimit = Settings.Options.InitialConnectTimeout,
            });
            var session = new CqlSession(this, new RequestExecutor(Settings, pools, warmer), ownsCluster);
            _sessions.Add(session);
            return session;
        }
    }

    private Task WaitForAsync(Func<Metadata, bool> isReached, CancellationToken cancellationToken) =>
        StartTopology().Applied.WaitAsync(() => Metadata, () => TopologyFault, isReached, cancellationToken);

    private EffectRunner StartTopology()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosing, this);
            if (_effects is null)
            {
                Volatile.Write(ref _effects, EffectRunner.StartTopology(new TopologySettings
                {
                    ContactPoints = Settings.ContactPoints,
                    Connections = Settings.Connections with { Logger = Settings.Options.LoggerFactory.CreateLogger("CqlDriver.Topology") },
                    Reconnection = Settings.Options.Reconnection ?? ExponentialReconnectionPolicy.Default,
                    FirstRefreshLimit = Settings.Options.InitialConnectTimeout,
                    Handover = Settings.Options.Handover,
                    RefreshInterval = Settings.Options.MetadataRefreshInterval,
                    ClientRoutes = Settings.ClientRoutes,
                    ReadsSchema = Settings.Options.ReadSchema,
                    SchemaPacing = new SchemaPacing { Window = Settings.Options.SchemaRefreshWindow, MaxEvents = Settings.Options.SchemaRefreshMaxEvents },
                    Recorder = Settings.Options.Recorder?.Steps,
                    UsesNodesWithoutTokens = Settings.Options.UseNodesWithoutTokens,
                    RandomSeed = (ulong)Settings.Connections.ClientId!.Value.GetHashCode(),
                }, CreateSources()));
                foreach (var applier in Settings.Options.Appliers)
                {
                    _effects!.Feed(applier);
                }
            }

            return _effects!;
        }
    }

    private TopologySources CreateSources() => TopologySources.Create(
        Settings.Options.TopologyMonitor, Settings.Options.SchemaSource, Settings.Time, Settings.Options.LoggerFactory, !Settings.ContactPoints.IsEmpty);

    private void BeginClosing()
    {
        lock (_lock)
        {
            if (_isClosing)
            {
                return;
            }

            _isClosing = true;
        }

        _ = CloseOnceAsync();
    }

    private async Task CloseOnceAsync()
    {
        try
        {
            // Off the stack of whoever disposes or cancels: sessions end requests, whose callers go on.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            CqlSession[] left;
            lock (_lock)
            {
                left = [.. _sessions];
            }

            foreach (var session in left)
            {
                await session.CloseAsync().ConfigureAwait(false);
            }

            if (_effects is { } effects)
            {
                await effects.Topology.DisposeAsync().ConfigureAwait(false);
            }

            await _lifetime.DisposeAsync().ConfigureAwait(false);
            _closed.SetResult();
        }
#pragma warning disable CA1031 // Told to everybody who disposes.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _closed.SetException(error);
        }
    }
}
