using CqlDriver.IntegrationTests.Server;
using CqlDriver.Topology;
using Xunit.Abstractions;

namespace CqlDriver.IntegrationTests.Support;

/// <summary>
/// A session with traffic on a whole cluster, and what it decided and logged: the stage on which a test changes the cluster.
/// </summary>
internal sealed class TrafficScene : IAsyncDisposable
{
    private const int FirstRequests = 300;
    private static readonly TimeSpan ServerLimit = TimeSpan.FromSeconds(60);

    private static int _keyspaces;

    private readonly ITestOutputHelper _output;
    private readonly SceneRecording _recording;

    private TrafficScene(ITestOutputHelper output, SceneRecording recording, CqlSession session, DriverLog log, TopologyWatch watch, Traffic traffic) =>
        (_output, _recording, Session, Log, Watch, Traffic) = (output, recording, session, log, watch, traffic);

    public CqlSession Session { get; }

    public DriverLog Log { get; }

    public TopologyWatch Watch { get; }

    public Traffic Traffic { get; }

    public Metadata Metadata => Session.Cluster.Metadata;

    /// <summary>Opens it, and returns when traffic flows through all nodes.</summary>
    /// <param name="server">The cluster.</param>
    /// <param name="output">Where everything is told at the end.</param>
    /// <param name="contactPoint">The node that is contacted first: it gets the control connection.</param>
    /// <param name="heartbeatTimeout">How long a silent node is waited for.</param>
    /// <param name="refreshInterval">How often the nodes are read although nothing was announced.</param>
    public static async Task<TrafficScene> OpenAsync(
        CassandraCluster server, ITestOutputHelper output, int contactPoint = 1, TimeSpan? heartbeatTimeout = null, TimeSpan? refreshInterval = null)
    {
        await server.EnsureWholeAsync(output);
        var log = new DriverLog();
        var recording = new SceneRecording();
        var session = await CqlSession.ConnectAsync(new CqlClusterOptions
        {
            ContactPoints = { server.Address(contactPoint) },
            LocalDatacenter = CassandraCluster.Datacenter,
            LoggerFactory = log,
            Recorder = recording.Recorder,
            HeartbeatInterval = TimeSpan.FromSeconds(1),
            HeartbeatTimeout = heartbeatTimeout ?? TimeSpan.FromSeconds(3),
            Reconnection = new ExponentialReconnectionPolicy(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(2)),

            MetadataRefreshInterval = refreshInterval ?? TimeSpan.FromSeconds(60),

            // Longer than the server's own limits of 10 s, so that what the server says is seen.
            RequestTimeout = TimeSpan.FromSeconds(30),
        });
        var keyspace = server.TrafficKeyspace;
        if (keyspace is null)
        {
            keyspace = $"traffic_{Interlocked.Increment(ref _keyspaces)}";
            await Traffic.CreateTableAsync(session, keyspace, server.NodeCount);
        }

        var scene = new TrafficScene(output, recording, session, log, new TopologyWatch(session.Cluster), await Traffic.StartAsync(session, keyspace));
        scene.Metadata.Nodes.Should().HaveCount(server.NodeCount).And.OnlyContain(node => node.IsUp);
        await scene.Traffic.ProceedAsync(FirstRequests);
        await scene.Traffic.WhenCoordinatedByAsync(scene.HostIds);
        return scene;
    }

    public IEnumerable<HostId> HostIds => Metadata.Nodes.Select(node => node.HostId);

    /// <summary>The node at an address.</summary>
    public Node NodeAt(string address) => Metadata.Nodes.Single(node => node.Endpoint?.Host == address);

    /// <summary>Waits until the driver's picture of the cluster is as described.</summary>
    public Task WhenAsync(string what, Func<Metadata, bool> condition) => Eventually.TrueAsync(what, ServerLimit, () => condition(Metadata));

    public Task WhenDownAsync(HostId node) => WhenAsync($"{node} is down", metadata => metadata.TryGetNode(node, out var found) && !found.IsUp);

    public Task WhenUpAsync(HostId node) => WhenAsync($"{node} is up", metadata => metadata.TryGetNode(node, out var found) && found.IsUp);

    /// <summary>The changes that say who is a member, and where: those a node that only goes and comes must not cause.</summary>
    public IEnumerable<TopologyChange> MembershipChanges => Watch.Changes.Where(change =>
        change is NodeJoined or NodePromoted or NodeDemoted or NodeDraining or NodeDecommissioned or NodeLeft or NodeMoved or NodeReplaced or NodeReidentified);

    /// <summary>Ends the traffic: no request failed, no acknowledged write was lost.</summary>
    /// <param name="isServersOwn">Errors that no driver can avoid, because the server cannot answer; by default there are none.</param>
    public Task ShouldHaveLostNothingAsync(Func<Exception, bool>? isServersOwn = null) => Traffic.ShouldHaveLostNothingAsync(_output, isServersOwn);

    public async ValueTask DisposeAsync()
    {
        await Traffic.DisposeAsync();
        Watch.WriteTo(_output);
        Log.WriteTo(_output);
        await Watch.DisposeAsync();
        await Session.DisposeAsync();
        await _recording.CheckAsync(Metadata, _output);
    }
}
