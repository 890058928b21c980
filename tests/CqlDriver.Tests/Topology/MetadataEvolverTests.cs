using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

public sealed class MetadataEvolverTests
{
    [Fact]
    public void Two_nodes_at_one_endpoint_are_refused_and_the_old_snapshot_stays()
    {
        var before = MetadataEvolver.Apply(Metadata.Empty, [new NodeJoined(new Node(Id(1)) { Endpoint = At(1) }) { Index = 1 }]);

        var apply = () => MetadataEvolver.Apply(before, [new NodeJoined(new Node(Id(2)) { Endpoint = At(1) }) { Index = 2 }]);

        apply.Should().Throw<InvalidOperationException>();
        before.Nodes.Should().ContainSingle();
    }

    [Fact]
    public void Ordinals_of_nodes_that_left_are_not_given_out_again()
    {
        var metadata = MetadataEvolver.Apply(Metadata.Empty, [new NodeJoined(new Node(Id(1))) { Index = 1 }, new NodeJoined(new Node(Id(2))) { Index = 2 }]);
        metadata = MetadataEvolver.Apply(metadata, [new NodeLeft(Id(2)) { Index = 3 }]);
        metadata = MetadataEvolver.Apply(metadata, [new NodeJoined(new Node(Id(2))) { Index = 4 }]);

        metadata.TryGetNode(Id(2), out var again).Should().BeTrue();
        again!.Ordinal.Should().Be(2);
        metadata.NodeAt(1).Should().BeNull();
    }

    [Fact]
    public void A_node_is_its_host_id_and_nothing_else()
    {
        var node = new Node(Id(1)) { Endpoint = At(1), Generation = 1 };
        var moved = node with { Endpoint = At(2), Generation = 2, Status = NodeStatus.Down };
        var set = new HashSet<Node> { node };

        moved.Should().Be(node);
        set.Should().Contain(moved);
        moved.GetHashCode().Should().Be(node.GetHashCode());
        node.Equals((object)At(1)).Should().BeFalse();
    }
}
