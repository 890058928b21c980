using CqlDriver.Testing;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Sessions;

/// <summary>Dials that come home after the node has moved, was replaced, left or got its connections otherwise.</summary>
public sealed class LateDialTests
{
    [Fact]
    public async Task Shard_connections_that_were_dialled_before_a_move_are_closed()
    {
        var gate = new FaultGate();
        var scylla = new EmbeddedClusterOptions { Nodes = 2, Scylla = new EmbeddedScyllaOptions { ShardsPerNode = 4 } };
        await using var server = await EmbeddedCluster.StartAsync(scylla);
        var (node, from) = (server.Nodes[1], server.Nodes[1].Endpoint);
        var held = server.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = RequestKind.Connect, Node = node, When = request => request.Server.Port != from.Port });
        await using var cluster = CqlCluster.Create(new CqlClusterOptions { ContactPoints = { server.Nodes[0].Endpoint.ToString() }, Reconnection = WatchedCluster.Fast });
        await using var session = await cluster.ConnectAsync();
        await held.WaitForHitsAsync(1);

        server.Faults.Clear();
        await node.MoveAsync(OldAddress.Kept);
        await Eventually.BecomesTrueAsync(() => WatchedCluster.IsUsed(session, node), "it is used at its new address");
        gate.Open();

        await Eventually.BecomesTrueAsync(() => WatchedCluster.OpenAt(node, from) == 0, "nothing is left at the old address");
        await Eventually.BecomesTrueAsync(() => ShardsOf(node).SequenceEqual([0, 1, 2, 3]), "each shard has one connection, at the new address");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connections_that_were_dialled_to_a_node_that_was_replaced_are_closed(bool isAtSameAddress)
    {
        var gate = new FaultGate();
        await using var server = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        var replaced = server.Nodes[1];
        var held = server.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = RequestKind.Connect, Node = replaced });
        await using var cluster = CqlCluster.Create(new CqlClusterOptions { ContactPoints = { server.Nodes[0].Endpoint.ToString() }, Reconnection = WatchedCluster.Fast });
        await using var session = await cluster.ConnectAsync();
        await held.WaitForHitsAsync(1);

        // The old process is alive as far as its connections go.
        var replacement = await server.ReplaceNodeAsync(replaced, OldAddress.Kept, isAtSameAddress ? null : new NodeEndpoint("127.0.0.88", replaced.Endpoint.Port));
        await Eventually.BecomesTrueAsync(() => WatchedCluster.IsUsed(session, replacement), "the new node is used");
        gate.Open();

        await Eventually.BecomesTrueAsync(() => replaced.Statistics.ConnectionsOpen == 0, "the late connection is closed");
        cluster.Metadata.TryGetNode(replaced.HostId, out _).Should().BeFalse();
        WatchedCluster.IsUsed(session, replacement).Should().BeTrue();
        replacement.Statistics.ConnectionsOpen.Should().Be(1);
        replaced.Statistics.TotalRequests.Should().Be(replaced.Statistics.Count(RequestKind.Options) + replaced.Statistics.Count(RequestKind.Startup)
            + replaced.Statistics.RequestsWith("system.local").Length, "no request of a user was sent on it");
    }

    [Fact]
    public async Task Connections_that_were_dialled_to_a_node_that_left_are_closed_also_when_it_came_back()
    {
        var gate = new FaultGate();
        await using var server = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        var left = server.Nodes[1];
        var held = server.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = RequestKind.Connect, Node = left });
        await using var cluster = CqlCluster.Create(new CqlClusterOptions { ContactPoints = { server.Nodes[0].Endpoint.ToString() }, Reconnection = WatchedCluster.Fast });
        await using var session = await cluster.ConnectAsync();
        await held.WaitForHitsAsync(1);
        cluster.Metadata.TryGetNode(left.HostId, out var first).Should().BeTrue();

        await server.RemoveNodeAsync(left);
        await Eventually.BecomesTrueAsync(() => !cluster.Metadata.TryGetNode(left.HostId, out _), "it has left");
        var again = await server.AddNodeAsync(new EmbeddedNodeOptions { HostId = left.HostId, Endpoint = left.Endpoint });
        await Eventually.BecomesTrueAsync(() => WatchedCluster.IsUsed(session, again), "it is used again");
        gate.Open();

        await Eventually.BecomesTrueAsync(() => left.Statistics.ConnectionsOpen == 0, "nothing of its first life is left");
        cluster.Metadata.TryGetNode(again.HostId, out var second).Should().BeTrue();
        second!.Generation.Should().BeGreaterThan(first!.Generation);
        again.Statistics.ConnectionsOpen.Should().Be(1);
    }

    [Fact]
    public async Task However_many_events_there_are_a_node_is_dialled_once()
    {
        await using var cluster = await WatchedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 1 });
        var gate = new FaultGate();
        var held = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = RequestKind.Connect });

        var (one, two) = (await cluster.Server.AddNodeAsync(), await cluster.Server.AddNodeAsync());
        await held.WaitForHitsAsync(2);
        for (var i = 0; i < 50; i++)
        {
            cluster.Server.Nodes[0].SendTopologyChange(one.Endpoint, isNew: true);
            cluster.Server.Nodes[0].SendStatusChange(two.Endpoint, isUp: true);
            cluster.Server.Nodes[0].SendStatusChange(one.Endpoint, isUp: true);
        }

        await cluster.Cluster.RefreshMetadataAsync();
        gate.Open();
        await cluster.AllPoolsOpenAsync();

        (one.Statistics.ConnectionsAccepted, two.Statistics.ConnectionsAccepted).Should().Be((1, 1));
    }

    [Fact]
    public async Task A_new_node_is_read_then_told_then_dialled()
    {
        await using var cluster = await WatchedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        await cluster.AllPoolsOpenAsync();
        var (told, refreshes) = (cluster.Batches.Count, cluster.Refreshes);
        var wasToldAtDial = new List<bool>();
        cluster.Faults.Add(new FaultRule(FaultReaction.Drop())
        {
            Kind = RequestKind.Connect,
            When = request =>
            {
                wasToldAtDial.Add(cluster.Metadata.TryGetNode(request.Node.HostId, out var node) && node.State == TopologyState.Normal);
                return false;
            },
        });

        var joining = await cluster.Server.AddNodeAsync(new EmbeddedNodeOptions { IsJoining = true });
        await cluster.Cluster.RefreshMetadataAsync();
        cluster.NodeOf(joining).State.Should().Be(TopologyState.Joining);
        wasToldAtDial.Should().BeEmpty("it does not serve yet");
        await joining.FinishJoiningAsync();
        await cluster.AllPoolsOpenAsync();

        cluster.Refreshes.Should().BeGreaterThan(refreshes + 1);
        wasToldAtDial.Should().Equal([true], "it is dialled when it is known to be a member");
        await Eventually.BecomesTrueAsync(() => cluster.Changes.Any(change => change is NodePromoted), "the promotion is told");
        var changes = cluster.Batches.Skip(told).SelectMany(change => change is ChangeBatch batch ? batch.Changes : [change]).OfType<NodeChange>().Where(change => change.HostId == joining.HostId);
        changes.Select(change => change.GetType()).Where(type => type != typeof(NodeUp) && type != typeof(NodeAttributesChanged))
            .Should().BeEquivalentTo([typeof(NodeJoined), typeof(TokensChanged), typeof(NodePromoted)]);
    }

    private static IEnumerable<int> ShardsOf(EmbeddedNode node) => node.Statistics.Connections.Select(open => open.Shard!.Value).Order();
}
