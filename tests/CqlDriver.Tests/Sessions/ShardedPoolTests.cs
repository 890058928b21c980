using CqlDriver.Testing;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Sessions;

/// <summary>Pools of nodes with shards, over real sockets.</summary>
public sealed class ShardedPoolTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_shard_gets_one_connection(bool hasShardAwarePort)
    {
        await using var cluster = await StartAsync(new EmbeddedScyllaOptions { ShardsPerNode = 5, HasShardAwarePort = hasShardAwarePort });

        await PoolsAreFullAsync(cluster);

        foreach (var node in cluster.Server.Nodes)
        {
            cluster.NodeOf(node).Sharding.Should().Be(new NodeSharding(5, 12));
            var isControl = node == cluster.ControlNode ? 1 : 0;
            node.Statistics.Connections.Count(open => open.IsShardAware).Should().Be(hasShardAwarePort ? 4 : 0, "the first one tells that there are shards");
            node.Statistics.ConnectionsAccepted.Should().Be(5 + isControl, "none was opened in vain, where the node or the wish chooses well");
        }
    }

    [Fact]
    public async Task A_translation_of_ports_costs_a_bounded_number_of_dials()
    {
        // Whatever port the client takes, the node sees one that leads to shard 0.
        await using var cluster = await StartAsync(new EmbeddedScyllaOptions { ShardsPerNode = 4, SourcePortTranslation = _ => 50_000 });

        await PoolsAreFullAsync(cluster);

        cluster.Server.Nodes.Should().OnlyContain(node => node.Statistics.ConnectionsAccepted <= 3 * 4 + 1);
        for (var i = 0; i < 20; i++)
        {
            await cluster.Session.ExecuteAsync($"INSERT INTO t (id, n) VALUES ({i}, 0)");
        }
    }

    [Fact]
    public async Task A_translation_that_spreads_the_connections_is_put_up_with()
    {
        var port = 50_000;
        await using var cluster = await StartAsync(new EmbeddedScyllaOptions { ShardsPerNode = 4, SourcePortTranslation = _ => Interlocked.Increment(ref port) });

        await PoolsAreFullAsync(cluster);

        cluster.Server.Nodes.Should().OnlyContain(node => node.Statistics.ConnectionsAccepted <= 3 * 4 + 1);
    }

    [Theory]
    [InlineData(4, 6)]
    [InlineData(6, 3)]
    public async Task A_node_that_shards_differently_gets_its_connections_laid_out_anew(int before, int after)
    {
        await using var cluster = await StartAsync(new EmbeddedScyllaOptions { ShardsPerNode = before });
        await PoolsAreFullAsync(cluster);
        var node = cluster.Server.Nodes[1];
        var generation = cluster.NodeOf(node).Generation;

        await node.ReshardAsync(after);

        // The node tells a connection when it is opened: one that is lost brings the news home.
        var lost = node.Statistics.Connections[0].Number;
        cluster.Faults.Add(new FaultRule(FaultReaction.Reset()) { When = request => request.Connection == lost, Times = 1 });
        await using var traffic = Traffic.Start(cluster.Session);
        await PoolsAreFullAsync(cluster);

        cluster.NodeOf(node).Sharding!.ShardCount.Should().Be(after);
        cluster.NodeOf(node).Generation.Should().BeGreaterThan(generation);
        cluster.Changes.OfType<ShardingChanged>().Should().Contain(change => change.HostId == node.HostId && change.Sharding!.ShardCount == after);
        await traffic.StopAsync();
        traffic.Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_node_that_restarts_to_reshard_is_the_same_node_with_other_shards()
    {
        await using var cluster = await StartAsync(new EmbeddedScyllaOptions { ShardsPerNode = 2 });
        await PoolsAreFullAsync(cluster);
        var node = cluster.Server.Nodes[1];
        var before = cluster.NodeOf(node);
        await using var traffic = Traffic.Start(cluster.Session);

        await node.ReshardAsync(5, restarts: true);
        await PoolsAreFullAsync(cluster);

        cluster.NodeOf(node).Ordinal.Should().Be(before.Ordinal);
        cluster.NodeOf(node).Sharding!.ShardCount.Should().Be(5);
        await traffic.StopAsync();
        traffic.Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_connection_with_the_old_layout_that_comes_late_does_not_bring_it_back()
    {
        await using var cluster = await StartAsync(new EmbeddedScyllaOptions { ShardsPerNode = 4 });
        await PoolsAreFullAsync(cluster);
        var node = cluster.Server.Nodes[1];
        var (held, passed) = (new FaultGate(), new FaultGate());

        // Two are lost; the shards of a connection are settled when it is accepted, and told when it asks.
        var late = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(held)) { Kind = RequestKind.Connect, Node = node, Times = 1 });
        var second = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(passed)) { Kind = RequestKind.Connect, Node = node, Times = 1 });
        var lost = node.Statistics.Connections.Where(open => !open.IsRegistered).Take(2).Select(open => open.Number).ToList();
        var resets = cluster.Faults.Add(new FaultRule(FaultReaction.Reset()) { When = request => lost.Contains(request.Connection), Times = 2 });
        await using var traffic = Traffic.Start(cluster.Session);
        await resets.WaitForHitsAsync(2);
        await late.WaitForHitsAsync(1);
        await second.WaitForHitsAsync(1);
        await node.ReshardAsync(6);
        var another = node.Statistics.Connections.First(open => !open.IsRegistered && !lost.Contains(open.Number) && open.ShardCount == 4 && node.Statistics.Requests.Any(request => request.Connection == open.Number)).Number;
        cluster.Faults.Add(new FaultRule(FaultReaction.Reset()) { When = request => request.Connection == another, Times = 1 });

        await Eventually.BecomesTrueAsync(() => cluster.NodeOf(node).Sharding!.ShardCount == 6, "the new layout is known");
        held.Open();
        passed.Open();
        await PoolsAreFullAsync(cluster);

        cluster.Changes.OfType<ShardingChanged>().Where(change => change.HostId == node.HostId).Select(change => change.Sharding!.ShardCount).Should().Equal(4, 6);
        await traffic.StopAsync();
        traffic.Failures.Should().BeEmpty();
    }

    private static async Task<WatchedCluster> StartAsync(EmbeddedScyllaOptions scylla) =>
        await WatchedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2, Scylla = scylla, RequestLogCapacity = 20_000 });

    /// <summary>One connection a shard of the present layout, and beside them the control connection at most.</summary>
    private static async Task PoolsAreFullAsync(WatchedCluster cluster)
    {
        try
        {
            await Eventually.BecomesTrueAsync(() => cluster.Server.Nodes.All(node => IsFull(cluster, node)), "every shard of every node has one connection, and nothing else is open");
        }
        catch (TimeoutException late)
        {
            var open = cluster.Server.Nodes.SelectMany(node => node.Statistics.Connections.Select(connection => $"{node.Endpoint} ({node.ShardCount} shards): {connection}"));
            throw new TimeoutException($"{late.Message} These are open:\n{string.Join('\n', open)}");
        }
    }

    private static bool IsFull(WatchedCluster cluster, EmbeddedNode node)
    {
        var open = node.Statistics.Connections.Where(connection => !connection.IsRegistered).ToList();
        return cluster.IsUsed(node)
            && open.All(connection => connection.ShardCount == node.ShardCount)
            && open.Select(connection => connection.Shard!.Value).Order().SequenceEqual(Enumerable.Range(0, node.ShardCount));
    }
}
