using CqlDriver.Testing;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Sessions;

/// <summary>Nodes that move, and are replaced, while an application goes on.</summary>
public sealed class MoveUnderTrafficTests
{
    [Theory]
    [InlineData(OldAddress.Closed)]
    [InlineData(OldAddress.Reset)]
    [InlineData(OldAddress.Hangs)]
    [InlineData(OldAddress.Kept)]
    public async Task Whatever_becomes_of_the_old_address_no_idempotent_request_fails(OldAddress oldAddress)
    {
        // What hangs is found out by silence, here within the time of a request; a machine under load is silent for a second too.
        await using var cluster = await StartAsync(configure: options => options.HeartbeatTimeout = TimeSpan.FromSeconds(oldAddress == OldAddress.Hangs ? 4 : 15));
        var (node, from) = (cluster.Server.Nodes[1], cluster.NodeOf(cluster.Server.Nodes[1]));
        await using var traffic = Traffic.Start(cluster.Session);
        await traffic.GoOnAsync();

        await node.MoveAsync(oldAddress);
        await cluster.AllPoolsOpenAsync();
        await traffic.GoOnAsync(1_000);
        await traffic.StopAsync();

        traffic.Failures.Should().BeEmpty();
        cluster.NodeOf(node).Ordinal.Should().Be(from.Ordinal, "it is the same node");
        cluster.Changes.OfType<NodeMoved>().Should().ContainSingle().Which.Should().BeEquivalentTo(new { node.HostId, From = from.Endpoint, To = node.Endpoint });
        cluster.Changes.Where(change => change is NodeLeft or NodeReplaced).Should().BeEmpty();
        await Eventually.BecomesTrueAsync(() => oldAddress == OldAddress.Hangs || WatchedCluster.OpenAt(node, from.Endpoint!) == 0, "nothing is left at the old address");
    }

    [Fact]
    public async Task Each_of_a_hundred_thousand_requests_across_a_move_is_executed_once()
    {
        const int Requests = 100_000;
        await using var cluster = await StartAsync(new EmbeddedClusterOptions { Nodes = 3, RequestLogCapacity = 0 });
        using var executed = cluster.Server.CountExecutions(request => request.Integer(0));
        var node = cluster.Server.Nodes[1];

        // None may be repeated: each counts as not idempotent.
        await using var traffic = Traffic.Start(cluster.Session, tasks: 64, limit: Requests, isIdempotent: false);
        await traffic.GoOnAsync(Requests / 10);
        await node.MoveAsync(OldAddress.Kept);
        await cluster.AllPoolsOpenAsync();
        await traffic.EndAsync();

        traffic.Failures.Should().BeEmpty();
        (executed.Total, executed.DistinctKeys).Should().Be((Requests, Requests));
        node.Statistics.Connections.Should().OnlyContain(open => open.Server.Address.Equals(node.Endpoint.Address));
    }

    [Fact]
    public async Task A_replacement_inherits_nothing_and_gets_the_statements_anew()
    {
        await using var cluster = await StartAsync();
        var replaced = cluster.Server.Nodes[1];
        var before = cluster.NodeOf(replaced);
        await using var traffic = Traffic.Start(cluster.Session);
        await traffic.GoOnAsync();

        var replacement = await cluster.Server.ReplaceNodeAsync(replaced);
        await cluster.AllPoolsOpenAsync();
        await traffic.GoOnAsync(1_000);
        await traffic.StopAsync();

        traffic.Failures.Should().BeEmpty();
        replacement.Statistics.RequestsWith("INSERT").Should().Contain(request => request.Kind == RequestKind.Prepare);
        var batch = cluster.Batches.Single(change => change is ChangeBatch { Changes: var parts } ? parts.OfType<NodeReplaced>().Any() : change is NodeReplaced);
        batch.Should().NotBeNull("one change tells of both");
        cluster.NodeOf(replacement).Ordinal.Should().NotBe(before.Ordinal);
        cluster.Metadata.TryGetNode(replaced.HostId, out _).Should().BeFalse();
        replaced.Statistics.ConnectionsOpen.Should().Be(0);
    }

    [Fact]
    public async Task Two_nodes_that_swap_their_addresses_stay_who_they_are()
    {
        await using var cluster = await StartAsync();
        var (one, other) = (cluster.Server.Nodes[1], cluster.Server.Nodes[2]);
        await using var traffic = Traffic.Start(cluster.Session);
        await traffic.GoOnAsync();

        await cluster.Server.SwapEndpointsAsync(one, other);
        await cluster.AllPoolsOpenAsync();
        await traffic.GoOnAsync(1_000);
        await traffic.StopAsync();

        traffic.Failures.Should().BeEmpty();
        cluster.Changes.Where(change => change is NodeLeft or NodeReplaced or NodeJoined { Node.Ordinal: > 2 }).Should().BeEmpty();
        cluster.Changes.OfType<NodeMoved>().Select(moved => moved.HostId).Distinct().Should().BeEquivalentTo(new[] { one.HostId, other.HostId });
    }

    [Fact]
    public async Task Nodes_come_and_go()
    {
        await using var cluster = await StartAsync();
        var leaving = cluster.Server.Nodes[1];
        await using var traffic = Traffic.Start(cluster.Session);
        await traffic.GoOnAsync();

        var added = await cluster.Server.AddNodeAsync();
        await cluster.AllPoolsOpenAsync();
        await Eventually.BecomesTrueAsync(() => !added.Statistics.RequestsWith("INSERT").IsEmpty, "requests go to the new node");
        await cluster.Server.DecommissionNodeAsync(leaving);
        await cluster.AllPoolsOpenAsync();
        await traffic.GoOnAsync();
        await traffic.StopAsync();

        traffic.Failures.Should().BeEmpty();
        cluster.Changes.OfType<NodeLeft>().Should().ContainSingle().Which.HostId.Should().Be(leaving.HostId);
        cluster.Changes.OfType<NodeJoined>().Should().HaveCount(4);
        leaving.Statistics.ConnectionsOpen.Should().Be(0);
    }

    private static async Task<WatchedCluster> StartAsync(EmbeddedClusterOptions? server = null, Action<CqlClusterOptions>? configure = null)
    {
        var cluster = await WatchedCluster.StartAsync(server, configure);
        await cluster.AllPoolsOpenAsync();
        return cluster;
    }
}
