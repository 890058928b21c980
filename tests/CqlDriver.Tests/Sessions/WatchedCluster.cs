using System.Collections.Immutable;
using CqlDriver.Recording;
using CqlDriver.Testing;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Sessions;

/// <summary>
/// An embedded cluster of any kind, a cluster object with one session on it, and every change that a listener was told since
/// before the first connect. The table is <c>ks.t (id int, n int, v text, PRIMARY KEY (id, n))</c>.
/// </summary>
internal sealed class WatchedCluster : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _listening;
    private readonly TopologyRecorder _recorder;
    private readonly MemoryStream _recording;
    private bool _isDisposed;
    private ImmutableList<TopologyChange> _changes = [];
    private ImmutableList<HandoverSnapshot> _phases = [];

    private WatchedCluster(EmbeddedCluster server, CqlCluster cluster, TopologyRecorder recorder, MemoryStream recording)
    {
        Server = server;
        Cluster = cluster;
        (_recorder, _recording) = (recorder, recording);
        _listening = Task.WhenAll(
            CollectAsync(cluster.ListenAsync(_stop.Token), change => ImmutableInterlocked.Update(ref _changes, static (all, added) => all.Add(added), change)),
            CollectAsync(cluster.Handovers.ListenAsync(_stop.Token), phase => ImmutableInterlocked.Update(ref _phases, static (all, added) => all.Add(added), phase)));
    }

    /// <summary>Comes back in milliseconds.</summary>
    public static IReconnectionPolicy Fast { get; } = new ExponentialReconnectionPolicy(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(100));

    public EmbeddedCluster Server { get; }

    public CqlCluster Cluster { get; }

    public CqlSession Session { get; private set; } = null!;

    public FaultRules Faults => Server.Faults;

    public Metadata Metadata => Cluster.Metadata;

    /// <summary>What the listener was told, batches as they came. Listeners are told after the snapshot is there: it is waited for.</summary>
    public IReadOnlyList<TopologyChange> Batches
    {
        get
        {
            var now = Metadata.AppliedIndex;
            SpinWait.SpinUntil(() => Volatile.Read(ref _changes) is [.., var last] && last.Index >= now, TimeSpan.FromSeconds(10)).Should().BeTrue("the listener is told of change {0}", now);
            return Volatile.Read(ref _changes);
        }
    }

    /// <summary>The same with the parts of batches one by one.</summary>
    public IEnumerable<TopologyChange> Changes => Batches.SelectMany(Flatten);

    /// <summary>Each phase of each handover, as it began.</summary>
    public IReadOnlyList<HandoverSnapshot> Phases => Volatile.Read(ref _phases);

    /// <summary>Starts all; the first node is the only contact point unless others are named.</summary>
    public static async Task<WatchedCluster> StartAsync(
        EmbeddedClusterOptions? server = null, Action<CqlClusterOptions>? configure = null, Func<EmbeddedCluster, IEnumerable<string>>? contactPoints = null)
    {
        var embedded = await EmbeddedCluster.StartAsync(server ?? new EmbeddedClusterOptions { Nodes = 3 });
        embedded.Execute("CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
        embedded.Execute("CREATE TABLE ks.t (id int, n int, v text, PRIMARY KEY (id, n))");
        var recording = new MemoryStream();
        var options = new CqlClusterOptions { Keyspace = "ks", Reconnection = Fast, Recorder = new TopologyRecorder(recording, leaveOpen: true) };
        foreach (var point in contactPoints?.Invoke(embedded) ?? [embedded.Nodes[0].Endpoint.ToString()])
        {
            options.ContactPoints.Add(point);
        }

        configure?.Invoke(options);

        var watched = new WatchedCluster(embedded, CqlCluster.Create(options), options.Recorder, recording);
        try
        {
            watched.Session = await watched.Cluster.ConnectAsync();
            return watched;
        }
        catch
        {
            await watched.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the session uses every node where it is now, and no other.</summary>
    public Task AllPoolsOpenAsync() => Eventually.BecomesTrueAsync(
        () => Metadata.Nodes.Length == Server.Nodes.Count && Server.Nodes.All(IsUsed), "the session has a connection to every node where it is");

    /// <summary>Whether the session has a connection to the node at its present endpoint.</summary>
    public bool IsUsed(EmbeddedNode node) => IsUsed(Session, node);

    public static bool IsUsed(CqlSession session, EmbeddedNode node)
    {
        var view = session.Executor.View;
        return view.Metadata.TryGetNode(node.HostId, out var known) && node.Endpoint.Equals(known.Endpoint)
            && view.PoolOf(known.Ordinal) is { } pool && pool.Endpoint.Equals(node.Endpoint) && pool.TryPick(null, out _);
    }

    /// <summary>Waits until a handover has entered this phase, the so-manyth time.</summary>
    public Task PhaseAsync(HandoverPhase phase, int times = 1) =>
        Eventually.BecomesTrueAsync(() => Phases.Count(entered => entered.Phase == phase) >= times, $"a handover is at {phase}, {times} time(s); it was at {string.Join(", ", Phases.Select(entered => entered.Phase))}");

    public Node NodeOf(EmbeddedNode node)
    {
        Metadata.TryGetNode(node.HostId, out var known).Should().BeTrue("{0} is known", node);
        return known!;
    }

    /// <summary>The node that has the control connection.</summary>
    public EmbeddedNode ControlNode => Server.Nodes
        .SelectMany(node => node.Statistics.Requests.Where(request => request.Kind == RequestKind.Register).Select(request => (Node: node, request.Connection)))
        .MaxBy(registered => registered.Connection).Node;

    /// <summary>How often the tables were read over the control connection.</summary>
    public int Refreshes => Server.Nodes.Sum(node => node.Statistics.RequestsWith("FROM system.peers").Length);

    /// <summary>Open connections of a node that were dialled to this address.</summary>
    public static int OpenAt(EmbeddedNode node, NodeEndpoint endpoint) =>
        node.Statistics.Connections.Count(open => open.Server.Address.Equals(endpoint.Address));

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        await Cluster.DisposeAsync();
        await _stop.CancelAsync();
        await _listening;
        _stop.Dispose();
        await Server.DisposeAsync();
        await _recorder.DisposeAsync();
        CheckRecording();
    }

    /// <summary>The recording so far, once the cluster is closed.</summary>
    public TopologyRecording ReadRecording()
    {
        _recording.Position = 0;
        return TopologyRecording.Read(new MemoryStream(_recording.ToArray()));
    }

    /// <summary>Whatever a test did: from what happened alone the same is decided again, and the changes alone make the same snapshot.</summary>
    private void CheckRecording()
    {
        _recorder.Error.Should().BeNull();
        var recording = ReadRecording();
        var replay = recording.ReplayInputs();

        replay.Divergences.Should().BeEmpty("every decision is a function of what happened");
        TopologyRecording.ToBytes(replay.Metadata).Should().Equal(TopologyRecording.ToBytes(Metadata));
        TopologyRecording.ToBytes(recording.ReplayChanges()).Should().Equal(TopologyRecording.ToBytes(Metadata), "the snapshot is the fold of the changes");
        recording.Notices.Should().BeEmpty();
    }

    private static IEnumerable<TopologyChange> Flatten(TopologyChange change) => change is ChangeBatch batch ? batch.Changes.SelectMany(Flatten) : [change];

    private static async Task CollectAsync<T>(IAsyncEnumerable<T> told, Action<T> add)
    {
        try
        {
            await foreach (var one in told)
            {
                add(one);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}

/// <summary>Tries again so rarely that only a hint brings a node back within a test.</summary>
internal sealed class PatientReconnection : IReconnectionPolicy
{
    public static TimeSpan Delay { get; } = TimeSpan.FromMinutes(5);

    public TimeSpan DelayBefore(int attempt, double random) => Delay;
}
