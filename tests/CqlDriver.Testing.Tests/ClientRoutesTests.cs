using CqlDriver.Protocol;
using CqlDriver.Testing.Tests.Support;
using CqlDriver.Tests.Support;

namespace CqlDriver.Testing.Tests;

/// <summary>The table of client routes, its events, and the balancers that it leads to, as seen without any cleverness.</summary>
public sealed class ClientRoutesTests
{
    [Fact]
    public async Task Rows_are_what_was_posted_last_and_not_deleted()
    {
        await using var cluster = await StartAsync();
        var host = cluster.Nodes[0].HostId;

        cluster.ClientRoutes.Post(new EmbeddedClientRoute("b", host, "nlb", 1), new EmbeddedClientRoute("a", host, null, 2, 3));
        cluster.ClientRoutes.Post(new EmbeddedClientRoute("b", host, "other", 4));
        cluster.ClientRoutes.Delete(("a", host), ("never", host));

        cluster.ClientRoutes.Rows.Should().Equal(new EmbeddedClientRoute("b", host, "other", 4));
        cluster.Execute("SELECT connection_id, host_id, address, port, tls_port FROM system.client_routes WHERE connection_id IN ('a', 'b')").Should().ContainSingle()
            .Which[4].Should().BeNull();
    }

    [Fact]
    public async Task One_request_is_one_event_of_parallel_lists_unless_several_are_merged()
    {
        await using var cluster = await StartAsync();
        await using var watcher = await RawClient.ConnectAsync(cluster.Nodes[0], ProtocolVersion.V4);
        await watcher.RegisterAsync(EventTypes.ClientRoutesChange);
        var (one, other) = (cluster.Nodes[0].HostId, cluster.Nodes[1].HostId);

        cluster.ClientRoutes.Post(new EmbeddedClientRoute("b", one, "nlb", 1), new EmbeddedClientRoute("a", one, "nlb", 2));
        cluster.ClientRoutes.Merge(() =>
        {
            cluster.ClientRoutes.Delete(("b", one));
            cluster.ClientRoutes.Post(new EmbeddedClientRoute("a", other, "nlb", 3));
        });

        var posted = await watcher.ReceiveEventAsync<ClientRoutesChangeEvent>();
        posted.Change.Should().Be("UPDATE_NODES");
        posted.ConnectionIds.Should().Equal("a", "b");
        posted.HostIds.Should().Equal(one.ToString(), one.ToString());
        var merged = await watcher.ReceiveEventAsync<ClientRoutesChangeEvent>();
        merged.ConnectionIds.Should().Equal("a", "b");
        merged.HostIds.Should().Equal(other.ToString(), one.ToString());
    }

    [Fact]
    public async Task A_node_that_lags_shows_what_was_until_it_catches_up()
    {
        await using var cluster = await StartAsync();
        var (node, other) = (cluster.Nodes[0], cluster.Nodes[1]);
        cluster.ClientRoutes.Lag(node);
        cluster.ClientRoutes.Post(new EmbeddedClientRoute("a", node.HostId, "nlb", 1));

        cluster.ClientRoutes.SeenBy(node).Should().BeEmpty();
        cluster.ClientRoutes.SeenBy(other).Should().ContainSingle();
        cluster.ClientRoutes.CatchUp(node);
        cluster.ClientRoutes.SeenBy(node).Should().ContainSingle();
    }

    [Fact]
    public async Task Nodes_are_reached_through_balancers_only_when_they_are_told_so()
    {
        await using var cluster = await StartAsync(onlyThroughBalancers: true);
        await using var balancer = new EmbeddedBalancer(cluster, "a");
        foreach (var node in cluster.Nodes)
        {
            await using var through = await RawClient.DialAsync(balancer.EndpointOf(node), ProtocolVersion.V4);
            (await through.SupportedAsync())["SCYLLA_HOST_ID"].Should().Equal(node.HostId.ToString());
        }

        await using var discovered = await RawClient.DialAsync(balancer.Discovery, ProtocolVersion.V4);
        (await discovered.SupportedAsync()).Should().ContainKey("SCYLLA_HOST_ID");
        var direct = async () =>
        {
            await using var client = await RawClient.DialAsync(cluster.Nodes[0].Endpoint, ProtocolVersion.V4);
            await client.SupportedAsync();
        };

        (await direct.Should().ThrowAsync<Exception>()).Which.Should().Match(error => error is IOException || error is System.Net.Sockets.SocketException);
        cluster.Nodes[0].Statistics.DirectConnections.Should().Be(1);
    }

    [Fact]
    public async Task A_port_that_is_mapped_anew_lets_nobody_in_at_the_old_one_and_what_is_open_goes_on()
    {
        await using var cluster = await StartAsync();
        await using var balancer = new EmbeddedBalancer(cluster, "a");
        var node = cluster.Nodes[0];
        var old = balancer.EndpointOf(node);
        await using var open = await RawClient.DialAsync(old, ProtocolVersion.V4);
        await open.SupportedAsync();

        var now = await balancer.RemapAsync(node);

        now.Should().NotBe(old).And.Be(balancer.EndpointOf(node));
        (await open.StartupAsync()).Message.Should().BeOfType<ReadyResponse>();
        await FluentActions.Awaiting(() => RawClient.DialAsync(old, ProtocolVersion.V4)).Should().ThrowAsync<System.Net.Sockets.SocketException>();
        (balancer.OpenTo(node), balancer.OpenAtPresentPort(node)).Should().Be((1, 0));
        await balancer.CutFormerAsync(node);
        await Eventually.BecomesTrueAsync(() => node.Statistics.ConnectionsOpen == 0, "what was open is cut");
    }

    [Fact]
    public async Task Older_nodes_refuse_to_tell_of_routes()
    {
        await using var cluster = await StartAsync();
        cluster.Nodes[0].RefusesClientRoutes = true;

        foreach (var (node, isRefused) in new[] { (cluster.Nodes[0], true), (cluster.Nodes[1], false) })
        {
            await using var client = await RawClient.DialAsync(node.Endpoint, ProtocolVersion.V4);
            await client.StartupAsync();
            var answer = await client.RegisterAsync(EventTypes.ClientRoutesChange);
            (answer.Message is ErrorResponse { Code: CqlErrorCode.ProtocolError }).Should().Be(isRefused);
        }
    }

    private static Task<EmbeddedCluster> StartAsync(bool onlyThroughBalancers = false) => EmbeddedCluster.StartAsync(
        new EmbeddedClusterOptions { Nodes = 2, Scylla = new EmbeddedScyllaOptions(), OnlyThroughBalancers = onlyThroughBalancers });
}
