using CqlDriver.Tests.Support;
using CqlDriver.Topology;

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
        await Eventually.BecomesTrueAsync(() => routed.StatusOf(late) == NodeStatus.NoRoute, "the node is shown to have no route");

        routed.Server.ClientRoutes.Post(routed.Balancer.RouteTo(late), routed.Balancer.RouteTo(routed.Server.Nodes[2]));

        await routed.AllPoolsFullAsync();
        routed.StatusOf(late).Should().Be(NodeStatus.Up);
        routed.Direct.Should().Be(0);
    }

    [Fact]
    public async Task A_node_that_moves_behind_its_balancer_is_reached_by_the_same_route()
    {
        await using var routed = await RoutedCluster.StartAsync();
        await routed.AllPoolsFullAsync();
        var node = routed.Server.Nodes[1];

        await node.MoveAsync();

        await Eventually.BecomesTrueAsync(() => routed.Metadata.TryGetNode(node.HostId, out var known) && node.Endpoint.Equals(known.Endpoint), "the move is seen");
        await routed.AllPoolsFullAsync();
        await routed.AskAllAsync();
        routed.Direct.Should().Be(0);
    }

    [Fact]
    public async Task Without_contact_points_the_balancers_are_asked()
    {
        await using var routed = await RoutedCluster.StartAsync(configure: options =>
        {
            options.ContactPoints.Clear();
            options.ClientRoutes!.Proxies.Clear();
        }, before: prepared => prepared.PostAll(), finish: (prepared, options) => options.ClientRoutes!.Proxies.Add(new ClientRouteProxy("vpce-a", prepared.Balancer.Discovery.ToString())));

        await routed.AllPoolsFullAsync();
        routed.Direct.Should().Be(0);
    }

    [Fact]
    public async Task Two_sessions_with_requests_under_way_see_no_failure_while_every_port_changes()
    {
        await using var routed = await RoutedCluster.StartAsync(connectionIds: ["vpce-a", "vpce-b"]);
        await routed.AllPoolsFullAsync();
        await using var second = await routed.Cluster.ConnectAsync();
        using var stop = new CancellationTokenSource();
        var traffic = Task.WhenAll(AskAsync(routed.Session), AskAsync(second));

        foreach (var node in routed.Server.Nodes)
        {
            foreach (var balancer in routed.Balancers)
            {
                await balancer.RemapAsync(node);
            }

            routed.Server.ClientRoutes.Post([.. routed.Balancers.Select(balancer => balancer.RouteTo(node))]);
        }

        await Eventually.BecomesTrueAsync(
            () => routed.Server.Nodes.All(node => routed.IsAtPresentPort(routed.Session, node) && routed.IsAtPresentPort(second, node)),
            "all connections of both sessions are at the new ports");
        foreach (var balancer in routed.Balancers)
        {
            foreach (var node in routed.Server.Nodes)
            {
                await balancer.CutFormerAsync(node);
            }
        }

        await routed.AskAllAsync();
        await stop.CancelAsync();
        (await traffic).Sum().Should().BePositive();
        routed.Direct.Should().Be(0);

        async Task<int> AskAsync(CqlSession session)
        {
            var count = 0;
            for (; !stop.IsCancellationRequested; count++)
            {
                await session.ExecuteAsync(new SimpleStatement("INSERT INTO t (id, n, v) VALUES (1, 1, 'x')").WithIdempotence(true));
            }

            return count;
        }
    }
}
