using CqlDriver.Testing;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Sessions;

/// <summary>A cluster behind balancers changes: no request fails, nothing is dialled past them.</summary>
public sealed class RoutedClusterChangesTests
{
    [Theory]
    [InlineData("east")]
    [InlineData("west")]
    public async Task Two_datacenters_lose_and_gain_nodes(string local)
    {
        var options = new EmbeddedClusterOptions { Datacenters = { new EmbeddedDatacenter("east", 2), new EmbeddedDatacenter("west", 2) } };
        await using var routed = await RoutedCluster.StartAsync(options, ["east", "west"], client => client.LocalDatacenter = local);
        await routed.AllPoolsFullAsync();

        var leaving = routed.Server.Nodes[3];
        await routed.Server.DecommissionNodeAsync(leaving);
        routed.Server.ClientRoutes.Delete([("east", leaving.HostId), ("west", leaving.HostId)]);
        await routed.AllPoolsFullAsync();
        var coming = await routed.Server.AddNodeAsync("west");
        await Eventually.BecomesTrueAsync(() => routed.StatusOf(coming) == (local == "west" ? NodeStatus.NoRoute : NodeStatus.Up), "the new node is known, and waits for a route where it is wanted");
        routed.Server.ClientRoutes.Post(routed.Balancers[1].RouteTo(coming));

        await routed.AllPoolsFullAsync();
        await routed.AskAllAsync();
        routed.Balancers[1].OpenTo(coming).Should().Be(local == "west" ? coming.ShardCount : 0, "there is no other way to it");
        await Eventually.BecomesTrueAsync(() => !routed.Metadata.ClientRoutes.Routes.Any(route => route.HostId == leaving.HostId), "the routes of the node that left are gone");
        routed.Direct.Should().Be(0);
    }

    [Fact]
    public async Task A_rolling_restart_gives_each_node_another_port_at_the_balancer()
    {
        await using var routed = await RoutedCluster.StartAsync();
        await routed.AllPoolsFullAsync();

        foreach (var node in routed.Server.Nodes)
        {
            await node.KillAsync();
            await routed.Balancer.RemapAsync(node);
            await node.StartAsync();
            routed.Server.ClientRoutes.Post(routed.Balancer.RouteTo(node));
            await routed.AllPoolsFullAsync();
            await Eventually.BecomesTrueAsync(() => routed.Balancer.OpenAtPresentPort(node) >= node.ShardCount, "the node is reached at its new port");
            await routed.AskAllAsync();
        }

        routed.Direct.Should().Be(0);
    }

    [Fact]
    public async Task From_three_nodes_to_six_with_routes_before_and_after_them()
    {
        await using var routed = await RoutedCluster.StartAsync();
        await routed.AllPoolsFullAsync();

        for (var i = 0; i < 3; i++)
        {
            if (i % 2 == 0)
            {
                // The route first: it makes no node.
                var hostId = new HostId(Guid.NewGuid());
                var soon = await routed.Server.AddNodeAsync(new EmbeddedNodeOptions { HostId = hostId, IsJoining = true });
                routed.Server.ClientRoutes.Post(routed.Balancer.RouteTo(soon));
                await soon.FinishJoiningAsync();
            }
            else
            {
                var node = await routed.Server.AddNodeAsync();
                routed.Server.ClientRoutes.Post(routed.Balancer.RouteTo(node));
            }
        }

        await routed.AllPoolsFullAsync();
        await routed.AskAllAsync();
        routed.Metadata.Nodes.Should().HaveCount(6);
        routed.Direct.Should().Be(0);
    }

    [Fact]
    public async Task Every_node_is_replaced()
    {
        await using var routed = await RoutedCluster.StartAsync();
        await routed.AllPoolsFullAsync();

        foreach (var node in routed.Server.Nodes.ToArray())
        {
            var replacement = await routed.Server.ReplaceNodeAsync(node);
            routed.Server.ClientRoutes.Merge(() =>
            {
                routed.Server.ClientRoutes.Delete((routed.Balancer.ConnectionId, node.HostId));
                routed.Server.ClientRoutes.Post(routed.Balancer.RouteTo(replacement));
            });
            await routed.AllPoolsFullAsync();
        }

        await routed.AskAllAsync();
        routed.Direct.Should().Be(0);
        routed.Metadata.ClientRoutes.Choices.Select(choice => choice.HostId).Should().BeEquivalentTo(routed.Server.Nodes.Select(node => node.HostId));
    }

    [Fact]
    public async Task All_proxy_connections_are_cut_and_everything_comes_back()
    {
        await using var routed = await RoutedCluster.StartAsync();
        await routed.AllPoolsFullAsync();
        var before = routed.Balancer.ConnectionsAccepted;

        await routed.Balancer.CutAsync();

        await Eventually.BecomesTrueAsync(() => routed.Balancer.ConnectionsAccepted >= before + 6, "connections are opened anew");
        await routed.AllPoolsFullAsync();
        await routed.AskAllAsync();
        routed.Direct.Should().Be(0);
    }

    [Fact]
    public async Task Injected_and_malformed_events_cost_no_connection()
    {
        await using var routed = await RoutedCluster.StartAsync();
        await routed.AllPoolsFullAsync();
        var accepted = routed.Server.Nodes.Sum(node => node.Statistics.ConnectionsAccepted);
        var id = routed.Server.Nodes[0].HostId.ToString();
        string[][][] lists = [[[], []], [["vpce-a"], []], [["vpce-a"], [id, id]], [["vpce-a"], ["no uuid"]], [["stranger"], [id]], [["vpce-a", "vpce-a"], [id, id]]];
        foreach (var pair in lists)
        {
            routed.Server.ClientRoutes.SendEvent("UPDATE_NODES", pair[0], pair[1]);
        }

        routed.Server.ClientRoutes.SendEvent("FORGET_NODES", ["vpce-a"], [id]);
        await routed.Balancer.RemapAsync(routed.Server.Nodes[0]);
        routed.Server.ClientRoutes.Post(routed.Balancer.RouteTo(routed.Server.Nodes[0]));

        await Eventually.BecomesTrueAsync(() => routed.Balancer.OpenAtPresentPort(routed.Server.Nodes[0]) == routed.Server.Nodes[0].ShardCount, "the true event among them is heard");
        routed.Server.Nodes.Skip(1).Sum(node => node.Statistics.ConnectionsAccepted).Should().BeLessThanOrEqualTo(accepted, "nobody else was dialled again");
        routed.Server.Nodes.SelectMany(node => node.Statistics.Connections).Count(open => open.IsRegistered).Should().Be(1);
        routed.Server.Nodes.Sum(node => node.Statistics.Count(RequestKind.Register)).Should().Be(1, "the control connection is still the same");
        routed.Direct.Should().Be(0);
    }

    [Fact]
    public async Task A_bad_row_cuts_nobody_off_and_a_good_one_is_followed()
    {
        await using var routed = await RoutedCluster.StartAsync();
        await routed.AllPoolsFullAsync();
        var node = routed.Server.Nodes[1];
        var good = routed.Balancer.RouteTo(node);

        // A port that nobody listens on, then rows that say nothing, then the truth elsewhere.
        routed.Server.ClientRoutes.Post(good with { Port = 1 });
        await Eventually.BecomesTrueAsync(() => routed.Metadata.ClientRoutes.TryGetChosen(node.HostId, out var chosen) && chosen.Target.Port == 1, "the bad row is known");
        routed.Server.ClientRoutes.Post(good with { Port = null }, good with { Port = 70_000 });
        await routed.AskAllAsync();
        routed.IsFull(node).Should().BeTrue();

        await routed.Balancer.RemapAsync(node);
        routed.Server.ClientRoutes.Post(routed.Balancer.RouteTo(node));

        await Eventually.BecomesTrueAsync(() => routed.Balancer.OpenAtPresentPort(node) == node.ShardCount, "connections are at the new port");
        await routed.AskAllAsync();
        routed.Direct.Should().Be(0);
    }

    [Fact]
    public async Task A_node_that_is_too_old_is_passed_over_and_a_cluster_of_them_is_told_to_be_so()
    {
        var prepared = await RoutedCluster.PrepareAsync();
        await using var routed = prepared;
        routed.PostAll();
        routed.Server.Nodes[0].RefusesClientRoutes = true;
        routed.Server.Nodes[1].RefusesClientRoutes = true;
        await routed.ConnectAsync();
        await routed.AllPoolsFullAsync();
        routed.Server.Nodes[2].Statistics.Connections.Count(open => open.IsRegistered).Should().Be(1);

        routed.Server.Nodes[2].RefusesClientRoutes = true;
        await using var hopeless = CqlCluster.Create(routed.Options(options => options.InitialConnectTimeout = TimeSpan.FromSeconds(1)));
        (await hopeless.Invoking(cluster => cluster.ConnectAsync()).Should().ThrowAsync<CqlConnectionException>()).WithMessage("*ScyllaDB 2026.1*ClientRoutes*");
    }

    [Fact]
    public async Task A_lagging_node_takes_over_the_control_connection_and_nobody_is_cut_off()
    {
        await using var routed = await RoutedCluster.StartAsync();
        await routed.AllPoolsFullAsync();
        foreach (var node in routed.Server.Nodes)
        {
            routed.Server.ClientRoutes.Lag(node);
        }

        var moved = routed.Server.Nodes[1];
        await routed.Balancer.RemapAsync(moved);
        routed.Server.ClientRoutes.Post(routed.Balancer.RouteTo(moved));
        var control = routed.Server.Nodes.Single(node => node.Statistics.Connections.Any(open => open.IsRegistered));
        await control.DropConnectionsAsync();
        await routed.AskAllAsync(isIdempotent: true);

        foreach (var node in routed.Server.Nodes)
        {
            routed.Server.ClientRoutes.CatchUp(node);
        }

        await Eventually.BecomesTrueAsync(() => routed.Balancer.OpenAtPresentPort(moved) >= moved.ShardCount, "the late event is heard");
        await routed.AllPoolsFullAsync();
        routed.Direct.Should().Be(0);
    }

    [Fact]
    public async Task More_nodes_than_a_list_may_hold_are_read_by_connection()
    {
        await using var routed = await RoutedCluster.StartAsync();
        await routed.AllPoolsFullAsync();
        var node = routed.Server.Nodes[0];
        await routed.Balancer.RemapAsync(node);

        routed.Server.ClientRoutes.Post([routed.Balancer.RouteTo(node), .. Enumerable.Range(1, 150).Select(i => new EmbeddedClientRoute("vpce-a", new HostId(new Guid(i, 1, 1, [1, 1, 1, 1, 1, 1, 1, 1])), "10.0.0.1", 9_042))]);

        await Eventually.BecomesTrueAsync(() => routed.Metadata.ClientRoutes.Routes.Count == 153, "all routes are known");
        routed.Metadata.Nodes.Should().HaveCount(3, "routes make no nodes");
        await Eventually.BecomesTrueAsync(() => routed.Balancer.OpenAtPresentPort(node) >= node.ShardCount, "the node among them is reached");
    }
}
