using CqlDriver.Testing;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Topology.Monitors;

/// <summary>
/// What every monitor must do (row J13), on an embedded cluster. A class for each monitor opens it; what the driver makes of what
/// it says is tested elsewhere.
/// </summary>
public abstract class MonitorContract
{
    protected virtual EmbeddedClusterOptions Options => new() { Nodes = 3 };

    /// <summary>A monitor of the cluster, ready to be asked.</summary>
    private protected abstract Task<MonitorUnderTest> OpenAsync(EmbeddedCluster server);

    [Fact]
    public async Task It_tells_all_nodes_with_their_places()
    {
        await using var server = await EmbeddedCluster.StartAsync(Options);
        await using var tested = await OpenAsync(server);

        var nodes = await tested.Monitor.ReadNodesAsync(default);

        nodes.Select(node => (node.HostId, node.Endpoint, node.Datacenter, node.Rack, node.State))
            .Should().BeEquivalentTo(server.Nodes.Select(node => (node.HostId, node.Endpoint, node.Datacenter, node.Rack, TopologyState.Normal)));
        nodes.Should().OnlyContain(node => node.OwnsData);
    }

    [Fact]
    public async Task It_tells_one_node_and_null_of_one_that_it_does_not_know()
    {
        await using var server = await EmbeddedCluster.StartAsync(Options);
        await using var tested = await OpenAsync(server);

        (await tested.Monitor.ReadNodeAsync(server.Nodes[1].HostId, default))!.Endpoint.Should().Be(server.Nodes[1].Endpoint);
        (await tested.Monitor.ReadNodeAsync(new HostId(Guid.NewGuid()), default)).Should().BeNull();
    }

    [Fact]
    public async Task It_notices_nodes_that_come_move_and_go()
    {
        await using var server = await EmbeddedCluster.StartAsync(Options);
        await using var tested = await OpenAsync(server);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var suggestions = tested.Monitor.WatchAsync(stop.Token).GetAsyncEnumerator(stop.Token);

        var added = await server.AddNodeAsync();
        tested.OnChanged();
        await UntilAsync(tested, suggestions, nodes => nodes.Any(node => node.HostId == added.HostId));

        await added.MoveAsync();
        tested.OnChanged();
        await UntilAsync(tested, suggestions, nodes => nodes.Any(node => node.Endpoint.Equals(added.Endpoint)));

        await server.DecommissionNodeAsync(added);
        tested.OnChanged();
        await UntilAsync(tested, suggestions, nodes => nodes.All(node => node.HostId != added.HostId));
    }

    [Fact]
    public async Task Its_stream_goes_on_until_it_is_cancelled()
    {
        await using var server = await EmbeddedCluster.StartAsync(Options);
        await using var tested = await OpenAsync(server);
        using var stop = new CancellationTokenSource();
        var ended = CountAsync(tested.Monitor, stop.Token);
        await tested.Monitor.ReadNodesAsync(default);
        ended.IsCompleted.Should().BeFalse();

        await stop.CancelAsync();

        await ended.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task It_does_not_deny_that_the_nodes_have_one_schema()
    {
        await using var server = await EmbeddedCluster.StartAsync(Options);
        await using var tested = await OpenAsync(server);

        (await tested.Monitor.CheckSchemaAgreementAsync(default)).Should().NotBe(false);
    }

    [Fact]
    public async Task A_reading_that_is_cancelled_ends()
    {
        await using var server = await EmbeddedCluster.StartAsync(Options);
        await using var tested = await OpenAsync(server);

        var reading = tested.Monitor.ReadNodesAsync(new CancellationToken(canceled: true));

        await ((Func<Task>)(() => Task.WhenAny(reading).WaitAsync(TimeSpan.FromSeconds(30)))).Should().NotThrowAsync();
    }

    private static async Task<int> CountAsync(ITopologyMonitor monitor, CancellationToken cancellationToken)
    {
        var count = 0;
        try
        {
            await foreach (var _ in monitor.WatchAsync(cancellationToken))
            {
                count++;
            }
        }
        catch (OperationCanceledException)
        {
            // As it was told to.
        }

        return count;
    }

    /// <summary>Waits for suggestions until what they suggest to read shows it, or one of them tells it.</summary>
    private static async Task UntilAsync(MonitorUnderTest tested, IAsyncEnumerator<TopologySuggestion> suggestions, Func<IReadOnlyList<NodeDescription>, bool> isShown)
    {
        do
        {
            (await suggestions.MoveNextAsync()).Should().BeTrue("it goes on");
        }
        while (!isShown(suggestions.Current is NodesTold told ? told.Nodes : await tested.Monitor.ReadNodesAsync(default)));
    }
}

/// <summary>A monitor, and what has to be ended with it.</summary>
internal sealed class MonitorUnderTest(ITopologyMonitor monitor, Func<ValueTask>? end = null, Action? onChanged = null) : IAsyncDisposable
{
    public ITopologyMonitor Monitor => monitor;

    /// <summary>The cluster has changed, for a source that nobody else tells.</summary>
    public void OnChanged() => onChanged?.Invoke();

    /// <summary>The monitor over the system tables, with a control connection that a cluster object keeps for it.</summary>
    public static async Task<MonitorUnderTest> OfSystemTablesAsync(EmbeddedCluster server)
    {
        ITopologyMonitor? tables = null;
        var cluster = CqlCluster.Create(new CqlClusterOptions
        {
            ContactPoints = { server.Nodes[0].Endpoint.ToString() },
            TopologyMonitor = context => new Silent(tables = context.SystemTables),
        });
        await cluster.RefreshMetadataAsync();
        return new MonitorUnderTest(tables!, cluster.DisposeAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await monitor.DisposeAsync();
        if (end is not null)
        {
            await end();
        }
    }

    /// <summary>Leaves the suggestions to the test.</summary>
    private sealed class Silent(ITopologyMonitor tables) : ITopologyMonitor
    {
        public bool RequiresControlConnection => true;

        public Task<IReadOnlyList<NodeDescription>> ReadNodesAsync(CancellationToken cancellationToken) => tables.ReadNodesAsync(cancellationToken);
    }
}

public sealed class SystemTablesMonitorTests : MonitorContract
{
    private protected override Task<MonitorUnderTest> OpenAsync(EmbeddedCluster server) => MonitorUnderTest.OfSystemTablesAsync(server);
}

public sealed class OldSystemTablesMonitorTests : MonitorContract
{
    protected override EmbeddedClusterOptions Options => new() { Nodes = 3, Scylla = new EmbeddedScyllaOptions() };

    private protected override Task<MonitorUnderTest> OpenAsync(EmbeddedCluster server) => MonitorUnderTest.OfSystemTablesAsync(server);
}

public sealed class MetadataDirectoryMonitorTests : MonitorContract
{
    protected override EmbeddedClusterOptions Options => new() { Nodes = 3, MetadataService = EmbeddedMetadataService.Initialized };

    private protected override Task<MonitorUnderTest> OpenAsync(EmbeddedCluster server) => MonitorUnderTest.OfSystemTablesAsync(server);
}

public sealed class CustomMonitorTests : MonitorContract
{
    private protected override Task<MonitorUnderTest> OpenAsync(EmbeddedCluster server)
    {
        var monitor = ScriptedMonitor.Of(server);
        return Task.FromResult(new MonitorUnderTest(monitor, onChanged: () => monitor.Suggest(new NodesTold(ScriptedMonitor.Describe(server)))));
    }
}

public sealed class CommittedLogMonitorTests : MonitorContract
{
    private protected override async Task<MonitorUnderTest> OpenAsync(EmbeddedCluster server)
    {
        var monitor = new CommittedLogMonitor(server.CommittedLog.ReadAsync);
        await using var entries = monitor.Watch(default, default).GetAsyncEnumerator();
        (await entries.MoveNextAsync()).Should().BeTrue("a log begins with a snapshot");
        _ = entries.Current;
        return new MonitorUnderTest(monitor);
    }
}
