using CqlDriver.Topology;

namespace CqlDriver.Effects;

/// <summary>
/// The topology of one cluster object as the rooms above use it: a loop, what runs its effects, and the waits of callers.
/// Any thread may call any member. Sessions are attached and detached by their pools; they are disposed before this.
/// </summary>
internal sealed class ClusterTopology : IAsyncDisposable
{
    private readonly IEffectRunner _effects;
    private readonly Waiters _waiters = new();
    private int _lastSession;
    private Task? _disposal;

    /// <summary>A topology that has not begun: who gives the effects also starts the loop, or steps it, as a simulation does.</summary>
    internal ClusterTopology(TopologySettings settings, Func<Waiters, IEffectRunner> effects)
    {
        Settings = settings;
        _effects = effects(_waiters);
        Loop = new TopologyLoop(settings, _effects);
        _effects.Serve(Loop);
    }

    public TopologySettings Settings { get; }

    public TopologyLoop Loop { get; }

    /// <summary>The cluster as it is known now.</summary>
    public Metadata Current => Loop.Current;

    /// <summary>The last fault, until the cluster was read again after it.</summary>
    public Exception? Fault => Loop.Fault;

    /// <summary>Waits until the cluster was read once.</summary>
    /// <exception cref="CqlAuthenticationException">A contact point asked for credentials, and none were good.</exception>
    /// <exception cref="CqlConnectionException">Not within the limit; the message lists every address tried and why.</exception>
    public Task WaitForFirstRefreshAsync(CancellationToken cancellationToken) => WaitAsync(
        number => Loop.TryPost(new RefreshRequested(number, IsFirst: true)),

        // The loop keeps the limit, and knows what was tried; this one is for a loop that does not answer.
        Settings.FirstRefreshLimit + Settings.RefreshLimit,
        cancellationToken);

    /// <summary>Reads the nodes, then the schema, again and waits for a reading that began after this call.</summary>
    /// <exception cref="CqlConnectionException">Not within the limit.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WaitAsync(number => Loop.TryPost(new RefreshRequested(number, IsFirst: false)), Settings.RefreshLimit, cancellationToken).ConfigureAwait(false);
            await RefreshSchemaAsync(Settings.RefreshLimit, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException limit)
        {
            throw new CqlConnectionException(
                $"The cluster could not be read within {Settings.RefreshLimit.TotalSeconds:0.#} s; the control connection is being sought.", null, null, limit);
        }
    }

    /// <summary>Waits for a reading of the schema that begins after this call; not at all when it is not read.</summary>
    /// <exception cref="TimeoutException">Not within the limit.</exception>
    public Task RefreshSchemaAsync(TimeSpan limit, CancellationToken cancellationToken) =>
        Settings.ReadsSchema ? WaitAsync(number => Loop.TryPost(new SchemaRequested(number)), limit, cancellationToken) : Task.CompletedTask;

    /// <summary>Whether the nodes agree on the schema, by a source that may know; null: there is none, or it does not.</summary>
    public Task<bool?> CheckSchemaAgreementAsync(CancellationToken cancellationToken) => _effects.CheckSchemaAgreementAsync(cancellationToken);

    /// <summary>Declares a node up or down, until it is taken back with null.</summary>
    public void Force(HostId hostId, NodeStatus? status) => Loop.TryPost(new NodeForced(hostId, status));

    /// <summary>How much work of a kind came home too late so far.</summary>
    public long Dropped(EffectKind kind) => _effects.Dropped(kind);

    /// <summary>A wait that the loop answers by number.</summary>
    public Task WaitAsync(Func<long, bool> post, TimeSpan limit, CancellationToken cancellationToken) =>
        _waiters.WaitAsync(post, limit, Settings.Time, number => Loop.TryPost(new RefreshAbandoned(number)), cancellationToken);

    /// <summary>Where retired pools count what they pass on for a handover; null: nowhere.</summary>
    public HandoverTally? TallyOf(long handover) => _effects.TallyOf(handover);

    /// <summary>An answer told where rows are; taken in with others, a little later.</summary>
    public void Learn(TabletHint hint) => _effects.Learn(hint);

    public int NextSessionId() => Interlocked.Increment(ref _lastSession);

    /// <summary>Ends the control connection, then the loop. Afterwards no socket, timer or task of the topology is alive.</summary>
    public ValueTask DisposeAsync() => new(LazyInitializer.EnsureInitialized(ref _disposal, EndAsync));

    private async Task EndAsync()
    {
        await Loop.DisposeAsync().ConfigureAwait(false);
        _waiters.End();
        await _effects.DisposeAsync().ConfigureAwait(false);
    }
}
