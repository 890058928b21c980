using CqlDriver.Testing;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Sessions;

/// <summary>
/// Events name addresses, and addresses change hands: over real sockets they make the driver look again, and dial sooner,
/// and never decide anything. Time stands still but for what the tests advance.
/// </summary>
public sealed class EventHintTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);
    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData("UP", true)]
    [InlineData("UP", false)]
    [InlineData("DOWN", true)]
    [InlineData("NEW_NODE", false)]
    [InlineData("REMOVED_NODE", true)]
    [InlineData("REMOVED_NODE", false)]
    public async Task An_event_about_an_address_asks_for_a_refresh_and_decides_nothing(string kind, bool isKnown)
    {
        await using var cluster = await StartAsync();
        var (snapshot, refreshes) = (cluster.Metadata, cluster.Refreshes);

        Send(cluster.ControlNode, kind, AddressOf(cluster, isKnown));
        await _time.WhenArmed(Window);
        _time.Advance(Window);
        await Eventually.BecomesTrueAsync(() => cluster.Refreshes == refreshes + 1, "the nodes are read at the window's end");
        await cluster.Cluster.RefreshMetadataAsync();

        NothingHasChanged(cluster, snapshot);
    }

    [Theory]
    [InlineData("DOWN", false)]
    [InlineData("NEW_NODE", true)]
    public async Task An_event_that_tells_nothing_new_asks_for_no_refresh(string kind, bool isKnown)
    {
        await using var cluster = await StartAsync();
        var (snapshot, refreshes) = (cluster.Metadata, cluster.Refreshes);

        Send(cluster.ControlNode, kind, AddressOf(cluster, isKnown));

        // Its answers come behind the event on the same connection.
        await cluster.Cluster.RefreshMetadataAsync();
        _time.ArmedTimers.Should().NotContain(Window, "none is planned");
        cluster.Refreshes.Should().Be(refreshes + 1, "only the one that was asked for");
        NothingHasChanged(cluster, snapshot);
    }

    [Fact]
    public async Task A_thousand_events_are_one_refresh()
    {
        await using var cluster = await StartAsync();
        var (snapshot, refreshes) = (cluster.Metadata, cluster.Refreshes);
        for (var i = 0; i < 1_000; i++)
        {
            Send(cluster.ControlNode, i % 2 == 0 ? "UP" : "REMOVED_NODE", AddressOf(cluster, isKnown: i % 3 == 0));
        }

        await cluster.Cluster.RefreshMetadataAsync();
        _time.Advance(Window);
        await cluster.Cluster.RefreshMetadataAsync();

        cluster.Refreshes.Should().BeInRange(refreshes + 2, refreshes + 3, "two were asked for, and one may be due to the events");
        NothingHasChanged(cluster, snapshot);
    }

    [Fact]
    public async Task A_node_that_is_waited_for_is_dialled_at_once_when_it_is_announced()
    {
        await using var cluster = await StartAsync();
        var node = cluster.Server.Nodes[1];
        await node.KillAsync();
        await Eventually.BecomesTrueAsync(() => !cluster.NodeOf(node).IsUp, "it is down");
        await _time.WhenArmed(PatientReconnection.Delay);

        await node.StartAsync();

        await Eventually.BecomesTrueAsync(() => cluster.IsUsed(node), "it is used again");
        _time.Elapsed.Should().BeLessThan(PatientReconnection.Delay);
        _time.ArmedTimers.Should().NotContain(PatientReconnection.Delay, "the pause ended");
    }

    [Fact]
    public async Task A_node_that_moves_while_it_is_waited_for_is_dialled_at_its_new_address_and_the_pause_is_gone()
    {
        await using var cluster = await StartAsync();
        var (node, from) = (cluster.Server.Nodes[1], cluster.Server.Nodes[1].Endpoint);
        await node.KillAsync();
        await _time.WhenArmed(PatientReconnection.Delay);
        _time.Advance(Window);

        await node.MoveAsync();
        var newcomer = await cluster.Server.AddNodeAsync(new EmbeddedNodeOptions { Endpoint = from });
        await Eventually.BecomesTrueAsync(
            () =>
            {
                LetWindowPass();
                return cluster.Server.Nodes.All(cluster.IsUsed);
            },
            "both are used, each where it is");

        _time.Elapsed.Should().BeLessThan(PatientReconnection.Delay);
        _time.ArmedTimers.Where(due => due > PatientReconnection.Delay - TimeSpan.FromSeconds(30) && due <= PatientReconnection.Delay).Should().BeEmpty("nothing waits to dial the old address");
        await Eventually.BecomesTrueAsync(() => newcomer.Statistics.ConnectionsOpen == 1, "a dial that was meant for the other node, if it came here, was closed");
    }

    [Fact]
    public async Task A_late_removal_of_an_address_does_not_touch_who_took_it()
    {
        await using var cluster = await StartAsync();
        var left = cluster.Server.Nodes[2];
        var newcomer = await cluster.Server.ReplaceNodeAsync(left);
        await UntilUsedAsync(cluster, newcomer);

        // A dial of the old pool may have reached it before the tables told of it.
        await Eventually.BecomesTrueAsync(() => newcomer.Statistics.ConnectionsOpen == 1, "one connection is open");
        var connection = newcomer.Statistics.Connections.Single().Number;

        foreach (var kind in new[] { "REMOVED_NODE", "DOWN" })
        {
            Send(cluster.ControlNode, kind, newcomer.Endpoint);
            await cluster.Cluster.RefreshMetadataAsync();
            _time.Advance(Window);
            await cluster.Cluster.RefreshMetadataAsync();
        }

        cluster.IsUsed(newcomer).Should().BeTrue();
        cluster.NodeOf(newcomer).IsUp.Should().BeTrue();
        cluster.Changes.OfType<NodeLeft>().Should().BeEmpty();
        newcomer.Statistics.Connections.Select(open => open.Number).Should().Equal(connection);
    }

    private static NodeEndpoint AddressOf(WatchedCluster cluster, bool isKnown) => isKnown ? cluster.Server.Nodes[1].Endpoint : new NodeEndpoint("127.0.0.99", 9042);

    private static void NothingHasChanged(WatchedCluster cluster, Metadata snapshot)
    {
        cluster.Metadata.AppliedIndex.Should().Be(snapshot.AppliedIndex);
        cluster.Metadata.Nodes.Should().HaveCount(3).And.OnlyContain(node => node.IsUp);
        cluster.Server.Nodes.Should().OnlyContain(node => cluster.IsUsed(node));
    }

    /// <summary>To the next timer, if that is the one that lets a refresh through; no heartbeat comes due by it.</summary>
    private void LetWindowPass()
    {
        if (_time.ArmedTimers is [var due, ..] && due <= Window)
        {
            _time.Advance(due);
        }
    }

    /// <summary>Lets the window let the refresh through. Time must not outrun the sockets: a heartbeat would take the control connection elsewhere.</summary>
    private Task UntilUsedAsync(WatchedCluster cluster, EmbeddedNode node) => Eventually.BecomesTrueAsync(
        () =>
        {
            LetWindowPass();
            return cluster.IsUsed(node);
        },
        $"{node} is used");

    private static void Send(EmbeddedNode from, string kind, NodeEndpoint about)
    {
        switch (kind)
        {
            case "UP" or "DOWN":
                from.SendStatusChange(about, isUp: kind == "UP");
                break;
            default:
                from.SendTopologyChange(about, isNew: kind == "NEW_NODE");
                break;
        }
    }

    private async Task<WatchedCluster> StartAsync()
    {
        var cluster = await WatchedCluster.StartAsync(configure: options => (options.TimeProvider, options.Reconnection, options.ReadSchema) = (_time, new PatientReconnection(), false));
        await cluster.AllPoolsOpenAsync();
        return cluster;
    }
}
