using CqlDriver.Testing;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Sessions;

/// <summary>A cluster gives its nodes other host ids while they run: the same nodes, the same connections, other names.</summary>
public sealed class ReidentificationTests
{
    [Fact]
    public async Task All_nodes_get_their_new_ids_in_one_batch_and_no_connection_is_closed()
    {
        // ScyllaDB's dialect sends no event: the one refresh is that of the test.
        await using var cluster = await StartAsync(new EmbeddedScyllaOptions());
        var (nodes, connections) = (cluster.Metadata.Nodes, Connections(cluster));
        await using var traffic = Traffic.Start(cluster.Session);
        await traffic.GoOnAsync();

        await cluster.Server.ReidentifyAllAsync();
        await cluster.Cluster.RefreshMetadataAsync();
        await AllAreRenamedAsync(cluster, traffic);

        Connections(cluster).Should().Equal(connections);
        var batch = cluster.Batches.OfType<ChangeBatch>().Single(change => change.Changes.OfType<NodeReidentified>().Any());
        batch.Changes.OfType<NodeReidentified>().Select(change => (change.Former, change.Node.Ordinal))
            .Should().BeEquivalentTo(nodes.Select(node => (node.HostId, node.Ordinal)));
    }

    [Fact]
    public async Task What_Cassandra_says_of_it_is_enough_to_be_asked()
    {
        await using var cluster = await StartAsync();
        var connections = Connections(cluster);
        await using var traffic = Traffic.Start(cluster.Session);

        await cluster.Server.ReidentifyAllAsync();
        await AllAreRenamedAsync(cluster, traffic);

        Connections(cluster).Should().Equal(connections);
        cluster.Changes.OfType<NodeReidentified>().Should().HaveCount(3);
    }

    [Fact]
    public async Task A_node_that_was_restarted_is_another_node_while_the_others_stay_the_same()
    {
        await using var cluster = await StartAsync();
        var (restarted, others) = (cluster.Server.Nodes[2], cluster.Server.Nodes.Take(2).ToList());
        var before = others.Select(node => node.HostId).Append(restarted.HostId).ToList();
        await using var traffic = Traffic.Start(cluster.Session);
        await restarted.KillAsync();
        await Eventually.BecomesTrueAsync(() => !cluster.Metadata.Nodes.Single(node => node.HostId == before[2]).IsUp, "its connections are gone");

        await cluster.Server.ReidentifyAllAsync();
        await restarted.StartAsync();
        await cluster.Cluster.RefreshMetadataAsync();
        await cluster.AllPoolsOpenAsync();
        await traffic.GoOnAsync();
        await traffic.StopAsync();

        traffic.Failures.Should().BeEmpty();
        cluster.Changes.OfType<NodeReidentified>().Select(change => change.Former).Should().BeEquivalentTo(before.Take(2));
        cluster.Changes.OfType<NodeReplaced>().Should().ContainSingle().Which.Replaced.Should().Be(before[2]);
    }

    [Fact]
    public async Task A_node_that_does_not_know_its_new_id_yet_keeps_the_old_one_and_its_connections_until_it_does()
    {
        await using var cluster = await StartAsync();
        var (late, former) = (cluster.Server.Nodes[2], cluster.Server.Nodes[2].HostId);
        var connections = Connections(cluster);
        await using var traffic = Traffic.Start(cluster.Session);

        // Seen on real ones: for most of a second the others' tables are ahead of a node's own.
        late.OverrideRows(row => row.HostId == late.HostId.Value ? row with { HostId = former.Value } : row);
        await cluster.Server.ReidentifyAllAsync();
        await cluster.Cluster.RefreshMetadataAsync();
        await Eventually.BecomesTrueAsync(() => cluster.Changes.OfType<NodeReidentified>().Count() == 2, "those that know it are renamed");
        cluster.Metadata.TryGetNode(former, out _).Should().BeTrue();

        late.RestoreRows();
        await Eventually.BecomesTrueAsync(() => cluster.Metadata.TryGetNode(late.HostId, out _), "the driver asks again by itself");
        await traffic.GoOnAsync();
        await traffic.StopAsync();

        traffic.Failures.Should().BeEmpty();
        cluster.Changes.OfType<NodeReidentified>().Should().HaveCount(3);
        cluster.Changes.Where(change => change is NodeDown or NodeLeft or NodeReplaced or NodeJoined { Node.Ordinal: > 2 }).Should().BeEmpty();
        Connections(cluster).Should().Equal(connections);
    }

    private static async Task AllAreRenamedAsync(WatchedCluster cluster, Traffic traffic)
    {
        await Eventually.BecomesTrueAsync(() => cluster.Server.Nodes.All(cluster.IsUsed), "all are used under their new ids");
        await traffic.GoOnAsync();
        await traffic.StopAsync();

        traffic.Failures.Should().BeEmpty();
        cluster.Server.Nodes.Should().OnlyContain(node => node.Statistics.ConnectionsAccepted == node.Statistics.ConnectionsOpen, "nothing was dialled either");
        cluster.Changes.Where(change => change is NodeDown or NodeLeft or NodeReplaced or NodeJoined { Node.Ordinal: > 2 }).Should().BeEmpty();
    }

    private static List<long> Connections(WatchedCluster cluster) => [.. cluster.Server.Nodes.SelectMany(node => node.Statistics.Connections).Select(open => open.Number).Order()];

    private static async Task<WatchedCluster> StartAsync(EmbeddedScyllaOptions? scylla = null)
    {
        var cluster = await WatchedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 3, Scylla = scylla });
        await cluster.AllPoolsOpenAsync();
        if (scylla is not null)
        {
            await Eventually.BecomesTrueAsync(() => cluster.Server.Nodes.All(node => node.Statistics.Connections.Select(open => open.Shard).Distinct().Count() == scylla.ShardsPerNode), "all shards have connections");
        }

        return cluster;
    }
}
