using System.Collections.Immutable;
using CqlDriver.Schema;
using CqlDriver.Testing;
using CqlDriver.Tests.Support;
using CqlDriver.Tests.Topology.Monitors;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Sessions;

/// <summary>A session whose nodes are told by a monitor, on real sockets.</summary>
public sealed class MonitorTests
{
    [Fact]
    public async Task Without_a_schema_to_read_there_is_no_control_connection()
    {
        await using var driven = await DrivenCluster.StartAsync(configure: options => options.ReadSchema = false);
        await driven.AllPoolsOpenAsync();

        await driven.Session.ExecuteAsync("INSERT INTO ks.t (id, n) VALUES (1, 1)");
        await driven.Cluster.RefreshMetadataAsync();

        driven.Registrations.Should().Be(0, "nobody asked for events");
        driven.Server.Nodes.Sum(node => node.Statistics.ConnectionsAccepted).Should().Be(3, "one a node, for the session");
        driven.Server.Nodes.Sum(node => node.Statistics.RequestsWith("system.peers").Length).Should().Be(0);
        driven.Metadata.Nodes.Select(node => node.HostId).Should().BeEquivalentTo(driven.Server.Nodes.Select(node => node.HostId));
    }

    [Fact]
    public async Task Nodes_of_the_monitor_and_schema_of_the_server_take_a_connection_for_schema_events_alone()
    {
        await using var driven = await DrivenCluster.StartAsync();
        await driven.AllPoolsOpenAsync();

        await Eventually.BecomesTrueAsync(() => driven.Metadata.Schema.TryGetTable("ks", "t", out _), "the schema was read");
        driven.Server.Execute("CREATE TABLE ks.later (id int PRIMARY KEY)");
        await Eventually.BecomesTrueAsync(() => driven.Metadata.Schema.TryGetTable("ks", "later", out _), "an event told of the table");

        driven.Registrations.Should().Be(1);
        driven.Server.Nodes.Sum(node => node.Statistics.RequestsWith("system.peers").Length).Should().Be(0, "the nodes are the monitor's");
    }

    [Fact]
    public async Task The_schema_connection_is_sought_again_where_the_monitor_says_the_nodes_are()
    {
        await using var driven = await DrivenCluster.StartAsync();
        await Eventually.BecomesTrueAsync(() => driven.Metadata.Schema.IsRead, "the schema was read");
        var victim = driven.Server.Nodes.Single(node => node.Statistics.Count(RequestKind.Register) == 1);

        await victim.KillAsync();

        await Eventually.BecomesTrueAsync(() => driven.Registrations == 2, "another node is asked for events");
        driven.Server.Execute("CREATE TABLE ks.later (id int PRIMARY KEY)");
        await Eventually.BecomesTrueAsync(() => driven.Metadata.Schema.TryGetTable("ks", "later", out _), "it tells of the table");
        driven.Monitor.Watches.Should().Be(1, "the monitor has nothing to do with that");
    }

    [Fact]
    public async Task Monitor_and_schema_source_together_need_no_control_connection()
    {
        var schema = new KeyspaceList("ks");
        await using var driven = await DrivenCluster.StartAsync(configure: options => options.SchemaSource = schema);
        await Eventually.BecomesTrueAsync(() => driven.Metadata.Schema.IsRead, "the schema was read");

        driven.Metadata.Schema.Keyspaces.Keys.Should().Equal("ks");
        schema.Names = ["ks", "other"];
        driven.Monitor.Suggest(new SchemaRefreshSuggested());
        await Eventually.BecomesTrueAsync(() => driven.Metadata.Schema.Keyspaces.ContainsKey("other"), "the source was asked again");

        driven.Registrations.Should().Be(0);
    }

    [Fact]
    public async Task A_schema_source_serves_beside_the_system_tables_too()
    {
        var schema = new KeyspaceList("ks");
        await using var cluster = await WatchedCluster.StartAsync(configure: options => options.SchemaSource = schema);
        await cluster.Cluster.RefreshMetadataAsync();

        cluster.Metadata.Schema.Keyspaces.Keys.Should().Equal("ks");
        cluster.Server.Nodes.Sum(node => node.Statistics.RequestsWith("system_schema").Length).Should().Be(0);
    }

    [Fact]
    public async Task Nodes_that_come_go_and_move_are_followed_as_the_monitor_tells_them()
    {
        await using var driven = await DrivenCluster.StartAsync();
        await driven.AllPoolsOpenAsync();

        var added = await driven.Server.AddNodeAsync();
        driven.Monitor.Suggest(new RefreshSuggested());
        await driven.AllPoolsOpenAsync();

        await driven.Server.Nodes[1].MoveAsync();
        driven.Monitor.Suggest(new NodesTold(ScriptedMonitor.Describe(driven.Server)));
        await driven.AllPoolsOpenAsync();

        await driven.Server.DecommissionNodeAsync(added);
        driven.Monitor.Suggest(new NodesTold(ScriptedMonitor.Describe(driven.Server)));
        await driven.AllPoolsOpenAsync();
        driven.Metadata.TryGetNode(added.HostId, out _).Should().BeFalse();
        driven.Metadata.NodeOf(driven.Server.Nodes[1].HostId)!.Generation.Should().BeGreaterThan(3, "it has another life where it is now");
    }

    [Fact]
    public async Task Forced_down_closes_and_keeps_closed_until_it_is_released()
    {
        await using var driven = await DrivenCluster.StartAsync(configure: options => options.ReadSchema = false);
        await driven.AllPoolsOpenAsync();
        var node = driven.Server.Nodes[1];

        driven.Monitor.Suggest(new NodeForcedDown(node.HostId));
        await Eventually.BecomesTrueAsync(() => driven.StatusOf(node) == NodeStatus.ForcedDown && node.Statistics.ConnectionsOpen == 0, "it is down and nothing connects to it");
        var accepted = node.Statistics.ConnectionsAccepted;
        driven.Monitor.Suggest(new NodeUpSuggested(node.HostId));
        await driven.Cluster.RefreshMetadataAsync();
        driven.StatusOf(node).Should().Be(NodeStatus.ForcedDown, "what is merely suggested counts for less");
        node.Statistics.ConnectionsAccepted.Should().Be(accepted);

        driven.Monitor.Suggest(new NodeReleased(node.HostId));
        await driven.AllPoolsOpenAsync();
        driven.StatusOf(node).Should().Be(NodeStatus.Up);
    }

    [Fact]
    public async Task A_suggestion_that_a_node_is_up_wakes_the_dial_that_waits()
    {
        var time = new ManualTimeProvider();
        await using var driven = await DrivenCluster.StartAsync(
            configure: options => (options.TimeProvider, options.Reconnection, options.ReadSchema) = (time, new PatientReconnection(), false));
        await driven.AllPoolsOpenAsync();
        var node = driven.Server.Nodes[2];
        await node.KillAsync();
        await Eventually.BecomesTrueAsync(() => driven.StatusOf(node) == NodeStatus.Down, "it is down");
        await time.WhenArmed(PatientReconnection.Delay);

        await node.StartAsync();
        driven.Monitor.Suggest(new NodeUpSuggested(node.HostId));

        await driven.AllPoolsOpenAsync();
        await Eventually.BecomesTrueAsync(() => driven.StatusOf(node) == NodeStatus.Up, "it is up again");
        time.Elapsed.Should().BeLessThan(PatientReconnection.Delay);
    }

    [Fact]
    public async Task A_suggestion_that_a_connected_node_is_down_changes_nothing()
    {
        await using var driven = await DrivenCluster.StartAsync();
        await driven.AllPoolsOpenAsync();

        driven.Monitor.Suggest(new NodeDownSuggested(driven.Server.Nodes[1].HostId));
        await driven.Cluster.RefreshMetadataAsync();

        driven.Metadata.Nodes.Should().OnlyContain(node => node.Status == NodeStatus.Up);
    }

    [Fact]
    public async Task A_stream_that_ends_or_fails_is_begun_again_and_the_nodes_are_read()
    {
        await using var driven = await DrivenCluster.StartAsync();
        await driven.AllPoolsOpenAsync();
        var added = await driven.Server.AddNodeAsync();

        driven.Monitor.EndStream(new InvalidOperationException("the registry hung up"));
        await Eventually.BecomesTrueAsync(() => driven.IsUsed(added), "the nodes were read when it was watched again");
        driven.Monitor.EndStream();
        await Eventually.BecomesTrueAsync(() => driven.Monitor.Watches == 3, "and again");

        driven.Monitor.Suggest(new NodeForcedDown(added.HostId));
        await Eventually.BecomesTrueAsync(() => driven.StatusOf(added) == NodeStatus.ForcedDown, "the new stream is heard");
    }

    [Fact]
    public async Task A_monitor_that_fails_is_asked_again_and_what_is_known_serves_on()
    {
        await using var driven = await DrivenCluster.StartAsync();
        await driven.AllPoolsOpenAsync();
        var nodes = driven.Monitor.Nodes;
        driven.Monitor.Nodes = _ => throw new InvalidOperationException("no such registry");
        var reads = driven.Monitor.Reads;

        driven.Monitor.Suggest(new RefreshSuggested());
        await Eventually.BecomesTrueAsync(() => driven.Monitor.Reads >= reads + 3, "it is asked again");
        driven.Metadata.Nodes.Should().HaveCount(3);
        await driven.Session.ExecuteAsync("INSERT INTO ks.t (id, n) VALUES (1, 1)");

        driven.Monitor.Nodes = nodes;
        await driven.Cluster.RefreshMetadataAsync();
    }

    [Fact]
    public async Task A_monitor_that_says_nothing_of_use_ends_the_first_connect_with_its_own_words()
    {
        var monitor = new ScriptedMonitor();
        await using var cluster = CqlCluster.Create(new CqlClusterOptions { TopologyMonitor = _ => monitor, InitialConnectTimeout = TimeSpan.FromMilliseconds(300), Reconnection = WatchedCluster.Fast });

        var connecting = () => cluster.ConnectAsync();

        (await connecting.Should().ThrowAsync<CqlConnectionException>()).WithMessage("ScriptedMonitor did not tell the nodes*empty list*");
    }

    [Fact]
    public async Task Disposal_ends_the_stream_and_the_monitor_once()
    {
        var ended = new TaskCompletionSource();
        var driven = await DrivenCluster.StartAsync(monitor: monitor => monitor.Stream = token => Endless(ended, token));
        await driven.AllPoolsOpenAsync();

        await driven.DisposeAsync();

        ended.Task.IsCompletedSuccessfully.Should().BeTrue("the stream was cancelled before the monitor was disposed");
        driven.Monitor.Disposals.Should().Be(1);
    }

    [Fact]
    public async Task Whoever_changes_the_schema_waits_for_the_monitors_agreement()
    {
        await using var driven = await DrivenCluster.StartAsync(monitor: monitor => monitor.Agreement = true);

        var result = await driven.Session.ExecuteAsync("CREATE TABLE ks.asked (id int PRIMARY KEY)");

        result.Info.IsSchemaInAgreement.Should().BeTrue();
        driven.Monitor.AgreementChecks.Should().Be(1);
        driven.Server.Nodes.Sum(node => node.Statistics.RequestsWith("schema_version FROM system.peers").Length).Should().Be(0);
    }

    [Fact]
    public async Task A_monitor_that_changes_what_the_system_tables_say_hears_of_events()
    {
        await using var driven = await DrivenCluster.StartAsync(decorate: context => new Renamed(context.SystemTables));
        await driven.AllPoolsOpenAsync();

        var added = await driven.Server.AddNodeAsync();
        await Eventually.BecomesTrueAsync(() => driven.IsUsed(added), "the server's event led to a reading");

        driven.Metadata.Nodes.Should().OnlyContain(node => node.Rack == "renamed");
        driven.Registrations.Should().Be(1);
    }

    private static async IAsyncEnumerable<TopologySuggestion> Endless(TaskCompletionSource ended, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
        finally
        {
            ended.SetResult();
        }

        yield break;
    }

    /// <summary>All nodes of the system tables, in a rack of another name.</summary>
    private sealed class Renamed(ITopologyMonitor tables) : ITopologyMonitor
    {
        public bool RequiresControlConnection => true;

        public async Task<IReadOnlyList<NodeDescription>> ReadNodesAsync(CancellationToken cancellationToken) =>
            [.. (await tables.ReadNodesAsync(cancellationToken)).Select(node => node with { Rack = "renamed" })];

        public IAsyncEnumerable<TopologySuggestion> WatchAsync(CancellationToken cancellationToken) => tables.WatchAsync(cancellationToken);
    }

    private sealed class KeyspaceList(params string[] names) : ISchemaSource
    {
        public ImmutableArray<string> Names { get; set; } = [.. names];

        public Task<IReadOnlyList<KeyspaceMetadata>> ReadKeyspacesAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<KeyspaceMetadata>>([.. Names.Select(name => new KeyspaceMetadata(name))]);
    }
}
