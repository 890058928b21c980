using System.Collections.Immutable;
using CqlDriver.Partitioning;
using CqlDriver.Tests.Topology;

namespace CqlDriver.Tests.Partitioning;

public sealed class ReplicationStrategyTests
{
    [Fact]
    public void Simple_takes_the_next_nodes_on_the_ring_whatever_their_datacenter()
    {
        var ring = Build("SimpleStrategy", "replication_factor=2", Node(1, "a", "r", 0), Node(2, "b", "r", 10), Node(3, "a", "r", 20));

        Replicas(ring, 0).Should().Equal(1, 2);
        Replicas(ring, 5).Should().Equal(2, 3);
        Replicas(ring, 15).Should().Equal(3, 1);
        Replicas(ring, 25).Should().Equal([1, 2], "the ring goes round");
    }

    [Fact]
    public void More_replicas_than_nodes_are_all_nodes()
    {
        var ring = Build("SimpleStrategy", "replication_factor=5", Node(1, "a", "r", 0, 15), Node(2, "a", "r", 10));

        Replicas(ring, 11).Should().Equal(1, 2);
        Replicas(ring, 5).Should().Equal(2, 1);
        ring!.GroupCount.Should().Be(2, "ranges with the same replicas share a group");
    }

    [Fact]
    public void Network_topology_counts_each_datacenter_by_itself_in_the_order_of_the_ring()
    {
        var ring = Build(
            "NetworkTopologyStrategy",
            "a=2,b=1",
            Node(1, "a", "r1", 0), Node(2, "b", "r1", 1), Node(3, "a", "r2", 2), Node(4, "b", "r2", 3), Node(5, "a", "r1", 4));

        Replicas(ring, 0).Should().Equal(1, 2, 3);
        Replicas(ring, 1).Should().Equal(2, 3, 5);
        Replicas(ring, 3).Should().Equal([4, 5, 3], "node 1 is on the rack of node 5");
        Replicas(ring, 5).Should().Equal(1, 2, 3);
    }

    [Fact]
    public void Racks_are_spread_over_first()
    {
        var ring = Build(
            "NetworkTopologyStrategy",
            "a=3",
            Node(1, "a", "r1", 0), Node(2, "a", "r1", 1), Node(3, "a", "r1", 2), Node(4, "a", "r2", 3), Node(5, "a", "r3", 4), Node(6, "a", "r2", 5));

        Replicas(ring, 0).Should().Equal(1, 4, 5);
        Replicas(ring, 4).Should().Equal(5, 6, 1);
    }

    [Fact]
    public void A_rack_has_a_second_replica_when_there_are_fewer_racks_than_replicas()
    {
        var ring = Build(
            "NetworkTopologyStrategy",
            "a=3",
            Node(1, "a", "r1", 0), Node(2, "a", "r1", 1), Node(3, "a", "r1", 2), Node(4, "a", "r2", 3));

        Replicas(ring, 0).Should().Equal([1, 2, 4], "one repeat is allowed, the next on the ring takes it");
        Replicas(ring, 3).Should().Equal(4, 1, 2);
    }

    [Fact]
    public void A_datacenter_that_is_not_there_has_no_replicas()
    {
        var ring = Build("NetworkTopologyStrategy", "a=1,gone=3", Node(1, "a", "r1", 0), Node(2, "b", "r1", 1));

        Replicas(ring, 1).Should().Equal(1);
    }

    [Fact]
    public void Of_transient_replication_all_replicas_count() =>
        Replicas(Build("NetworkTopologyStrategy", "a=2/1", Node(1, "a", "r1", 0), Node(2, "a", "r2", 1)), 0).Should().Equal(1, 2);

    [Theory]
    [InlineData("LocalStrategy", "")]
    [InlineData("EverywhereStrategy", "")]
    [InlineData("com.example.OwnStrategy", "replication_factor=2")]
    [InlineData("SimpleStrategy", "replication_factor=many")]
    public void Where_replicas_do_not_follow_from_tokens_there_is_no_ring(string strategy, string options) =>
        Build(strategy, options, Node(1, "a", "r", 0)).Should().BeNull();

    [Fact]
    public void A_thousand_nodes_of_many_tokens_have_three_racks_in_every_range()
    {
        var random = new Random(5);
        var nodes = Enumerable.Range(1, 60).Select(number => Node(number, number % 2 == 0 ? "a" : "b", $"r{number % 3}", [.. Enumerable.Range(0, 16).Select(_ => random.NextInt64())])).ToArray();
        var ring = Build("NetworkTopologyStrategy", "a=3,b=2", nodes)!;
        var racks = nodes.ToDictionary(node => node.HostId, node => (node.Datacenter, node.Rack));

        ring.Ranges.Should().OnlyContain(entry => entry.Group.Replicas.Select(replica => racks[replica.HostId]).Distinct().Count() == 5);
    }

    private static RoutingTable? Build(string strategy, string options, params RingNode[] nodes)
    {
        var map = options.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(option => option.Split('=')).ToImmutableSortedDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        return ReplicationStrategy.Of(strategy, map) is { } known ? RoutingTableOfRing.Build([.. nodes], known) : null;
    }

    private static RingNode Node(int id, string datacenter, string rack, params long[] tokens) =>
        new(TopologyWorld.Id(id), datacenter, rack, [.. tokens.Order().Select(token => new Token(token))]);

    private static int[] Replicas(RoutingTable? ring, long token) =>
        [.. ring!.Find(new Token(token))!.Replicas.Select(replica => Enumerable.Range(1, 99).First(id => TopologyWorld.Id(id) == replica.HostId))];
}
