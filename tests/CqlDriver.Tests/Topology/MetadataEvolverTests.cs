using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

public sealed class MetadataEvolverTests
{
    [Fact]
    public void Random_changes_give_what_a_plain_model_gives_and_an_index_that_is_a_bijection()
    {
        var random = new Random(11);
        var model = new Dictionary<HostId, NodeEndpoint?>();
        var metadata = Metadata.Empty;
        for (var step = 1; step <= 20_000; step++)
        {
            var change = RandomChange(random, model);
            metadata = MetadataEvolver.Apply(metadata, [change with { Index = step }]);

            if (metadata.Nodes.Length != model.Count || metadata.AppliedIndex != step)
            {
                Assert.Fail($"{metadata} after {change}");
            }

            foreach (var (hostId, endpoint) in model)
            {
                if (!metadata.TryGetNode(hostId, out var node) || !Equals(node.Endpoint, endpoint) || metadata.NodeAt(node.Ordinal) != node)
                {
                    Assert.Fail($"{hostId} is not at {endpoint} after {change}");
                }

                if (endpoint is not null && (!metadata.TryGetHostId(endpoint, out var owner) || owner != hostId))
                {
                    Assert.Fail($"{endpoint} does not lead to {hostId} after {change}");
                }
            }

            var lost = Enumerable.Range(1, 12).Count(address => metadata.TryGetHostId(At(address), out _));
            if (lost != model.Values.Count(endpoint => endpoint is not null))
            {
                Assert.Fail($"the index has entries of nobody after {change}");
            }
        }
    }

    [Fact]
    public void Changes_of_unknown_nodes_do_nothing_but_move_the_position()
    {
        var before = MetadataEvolver.Apply(Metadata.Empty, [new NodeJoined(new Node(Id(1)) { Endpoint = At(1) }) { Index = 1 }]);

        var after = MetadataEvolver.Apply(before, [new NodeDown(Id(2), NodeStatus.Down, "") { Index = 2 }, new NodeLeft(Id(3)) { Index = 3 }]);

        after.Nodes.Should().Equal(before.Nodes);
        after.AppliedIndex.Should().Be(3);
    }

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

    private static TopologyChange RandomChange(Random random, Dictionary<HostId, NodeEndpoint?> model)
    {
        var free = Enumerable.Range(1, 12).Where(address => !model.ContainsValue(At(address))).ToArray();
        var target = free.Length == 0 || random.Next(5) == 0 ? null : At(free[random.Next(free.Length)]);
        var hostId = Id(random.Next(1, 9));
        if (!model.TryGetValue(hostId, out var endpoint))
        {
            model[hostId] = target;
            return new NodeJoined(new Node(hostId) { Endpoint = target });
        }

        switch (random.Next(4))
        {
            case 0:
                model.Remove(hostId);
                return new NodeLeft(hostId);
            case 1:
                model[hostId] = target;
                return new NodeMoved(hostId, endpoint, target, 1);
            case 2:
                var other = model.Keys.OrderBy(key => key).Last();
                (model[hostId], model[other]) = (model[other], model[hostId]);
                return new ChangeBatch([new NodeMoved(hostId, endpoint, model[hostId], 1), new NodeMoved(other, model[hostId], model[other], 1)]);
            default:
                return new NodeDown(hostId, NodeStatus.Down, "model");
        }
    }
}
