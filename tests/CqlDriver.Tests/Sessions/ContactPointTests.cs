using CqlDriver.Testing;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Sessions;

/// <summary>A contact point is an address to dial, never a node: who answers says so himself.</summary>
public sealed class ContactPointTests
{
    [Fact]
    public async Task Three_ways_to_one_node_are_one_node()
    {
        await using var cluster = await WatchedCluster.StartAsync(
            new EmbeddedClusterOptions { Nodes = 1 },
            contactPoints: server => [$"localhost:{server.Nodes[0].Endpoint.Port}", server.Nodes[0].Endpoint.ToString(), $"[::ffff:127.0.0.1]:{server.Nodes[0].Endpoint.Port}"]);

        await cluster.Cluster.RefreshMetadataAsync();

        cluster.Metadata.Nodes.Select(node => node.HostId).Should().Equal(cluster.Server.Nodes[0].HostId);
        cluster.Changes.OfType<NodeChange>().Select(change => change.HostId).Distinct().Should().Equal(cluster.Server.Nodes[0].HostId);
        cluster.Changes.OfType<NodeJoined>().Should().ContainSingle();
    }

    [Fact]
    public async Task Behind_a_balancer_the_control_connections_node_is_who_answered()
    {
        await using var server = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 3 });
        await using var balancer = new PortForwarder(server.Nodes[1].Endpoint);
        await using var cluster = CqlCluster.Create(new CqlClusterOptions { ContactPoints = { balancer.Endpoint.ToString() } });
        await using var session = await cluster.ConnectAsync();

        await Eventually.BecomesTrueAsync(() => server.Nodes.All(node => WatchedCluster.IsUsed(session, node)), "every node is reached where it says it is");

        cluster.Metadata.Nodes.Should().HaveCount(3).And.NotContain(node => balancer.Endpoint.Equals(node.Endpoint));
        server.Nodes[1].Statistics.Count(RequestKind.Register).Should().Be(1);
        server.Nodes.Sum(node => node.Statistics.ConnectionsAccepted).Should().Be(4, "one through the balancer, and one a node");
    }

    [Fact]
    public async Task After_total_loss_the_contact_points_lead_to_the_same_nodes_at_their_new_addresses()
    {
        await using var balancer = new PortForwarder(new NodeEndpoint("127.0.0.1", 1));
        await using var cluster = await WatchedCluster.StartAsync(
            contactPoints: server =>
            {
                balancer.Target = server.Nodes[2].Endpoint;
                return [$"localhost:{server.Nodes[0].Endpoint.Port}", balancer.Endpoint.ToString()];
            });
        await cluster.AllPoolsOpenAsync();
        var nodes = cluster.Server.Nodes.ToList();
        var before = nodes.ToDictionary(node => node.HostId, node => cluster.NodeOf(node));
        var home = nodes[0].Endpoint;

        foreach (var node in nodes)
        {
            await node.KillAsync();
        }

        // Where the name leads there is another node now, and nobody is where he was.
        await nodes[0].MoveAsync();
        await nodes[1].MoveAsync(home);
        await nodes[2].MoveAsync();
        balancer.Target = nodes[0].Endpoint;
        await cluster.AllPoolsOpenAsync();

        cluster.Metadata.Nodes.Should().HaveCount(3);
        foreach (var node in nodes)
        {
            cluster.NodeOf(node).Ordinal.Should().Be(before[node.HostId].Ordinal, "it is the same node");
            cluster.NodeOf(node).Generation.Should().BeGreaterThan(before[node.HostId].Generation);
        }

        // One whose address another one answered at may be nowhere for a moment.
        cluster.Changes.OfType<NodeMoved>().Where(moved => moved.To is not null).Select(moved => (moved.HostId, moved.To)).Should().BeEquivalentTo(nodes.Select(node => (node.HostId, node.Endpoint)));
        cluster.Changes.Where(change => change is NodeLeft or NodeReplaced).Should().BeEmpty();
        await cluster.Session.ExecuteAsync("INSERT INTO t (id, n) VALUES (1, 1)");
    }
}
