using CqlDriver.Tests.Support;

namespace CqlDriver.Tests.Sessions;

/// <summary>Client routes end to end: real sockets, balancers, nodes that nobody reaches past them.</summary>
public sealed class RoutedSessionTests
{
    [Fact]
    public async Task All_connections_pass_the_balancer()
    {
        await using var routed = await RoutedCluster.StartAsync();

        await routed.AllPoolsFullAsync();
        await routed.AskAllAsync();

        routed.Direct.Should().Be(0);
        routed.Balancer.ConnectionsOpen.Should().Be(routed.Server.Nodes.Sum(node => node.Statistics.ConnectionsOpen));
        routed.Metadata.ClientRoutes.Routes.Should().HaveCount(3);
        routed.Metadata.ClientRoutes.Choices.Should().HaveCount(3).And.OnlyContain(choice => choice.ConnectionId == "vpce-a");
        routed.Metadata.Nodes.Select(node => node.Endpoint).Should().BeEquivalentTo(routed.Server.Nodes.Select(node => node.Endpoint), "routes are nothing of a node's own");
    }

    [Fact]
    public async Task A_port_is_mapped_anew_and_connections_follow_without_a_failure()
    {
        await using var routed = await RoutedCluster.StartAsync();
        await routed.AllPoolsFullAsync();
        var node = routed.Server.Nodes[1];
        var generation = routed.Metadata.Nodes.Single(known => known.HostId == node.HostId).Generation;

        await routed.Balancer.RemapAsync(node);
        routed.Server.ClientRoutes.Post(routed.Balancer.RouteTo(node));

        await Eventually.BecomesTrueAsync(() => routed.Balancer.OpenAtPresentPort(node) >= 2, "connections are at the new port");
        await routed.AskAllAsync();
        await Eventually.BecomesTrueAsync(() => routed.Metadata.ClientRoutes.TryGetChosen(node.HostId, out var chosen) && chosen.Target.Equals(routed.Balancer.EndpointOf(node)), "the choice is shown");
        routed.Metadata.Nodes.Single(known => known.HostId == node.HostId).Generation.Should().Be(generation, "the node has not moved");
        routed.Direct.Should().Be(0);
    }

    [Fact]
    public async Task A_node_without_a_route_is_shown_as_such_and_dialled_at_once_when_one_comes()
    {
        await using var routed = await RoutedCluster.StartAsync(before: prepared => prepared.Server.ClientRoutes.Post(prepared.Balancer.RouteTo(prepared.Server.Nodes[0])));
        var late = routed.Server.Nodes[1];
        await Eventually.BecomesTrueAsync(() => routed.StatusOf(late) == CqlDriver.Topology.NodeStatus.NoRoute, "the node is shown to have no route");

        routed.Server.ClientRoutes.Post(routed.Balancer.RouteTo(late), routed.Balancer.RouteTo(routed.Server.Nodes[2]));

        await routed.AllPoolsFullAsync();
        routed.StatusOf(late).Should().Be(CqlDriver.Topology.NodeStatus.Up);
        routed.Direct.Should().Be(0);
    }
}
