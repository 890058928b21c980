using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

/// <summary>A snapshot is the fold of its changes, whatever they are and in whatever order they come.</summary>
public sealed class FoldTests
{
    private const int Changes = 100_000;
    private const int Nodes = 12;

    [Fact]
    public void Index_and_ordinals_hold_through_a_hundred_thousand_random_changes()
    {
        var random = new Random(20_240_601);
        var metadata = Metadata.Empty;
        for (var index = 1L; index <= Changes; index++)
        {
            var change = Next(random, metadata) with { Index = index };
            var next = MetadataEvolver.Apply(metadata, [change]);
            Check(next, index);
            next.AppliedIndex.Should().Be(index);
            metadata = next;
        }

        metadata.Nodes.Should().NotBeEmpty();
    }

    [Fact]
    public void Change_that_names_nobody_known_changes_the_position_only()
    {
        var before = MetadataEvolver.Apply(Metadata.Empty, [new NodeJoined(new Node(Id(1)) { Endpoint = At(1), Generation = 1 }) { Index = 1 }]);
        TopologyChange[] changes =
        [
            new NodePromoted(Id(9)), new NodeDemoted(Id(9)), new NodeDraining(Id(9)), new NodeDecommissioned(Id(9)), new NodeLeft(Id(9)),
            new NodeUp(Id(9), NodeStatus.Up, ""), new NodeDown(Id(9), NodeStatus.Down, ""), new NodeMoved(Id(9), null, At(9), 9),
            new TokensChanged(Id(9), [], false), new ShardingChanged(Id(9), null, 9), new HandoverAborted(Id(9), 1, ""),
        ];

        foreach (var change in changes)
        {
            var after = MetadataEvolver.Apply(before, [change with { Index = 2 }]);
            after.Nodes.Should().Equal(before.Nodes, "{0}", change);
            after.AppliedIndex.Should().Be(2);
        }
    }

    [Theory]
    [InlineData(TopologyState.Joining, TopologyState.Normal)]
    [InlineData(TopologyState.Normal, TopologyState.Normal)]
    [InlineData(TopologyState.Draining, TopologyState.Draining)]
    [InlineData(TopologyState.Decommissioned, TopologyState.Decommissioned)]
    public void Only_who_joins_is_promoted(TopologyState before, TopologyState after)
    {
        var metadata = MetadataEvolver.Apply(Metadata.Empty, [new NodeJoined(new Node(Id(1)) { State = before }) { Index = 1 }]);

        MetadataEvolver.Apply(metadata, [new NodePromoted(Id(1)) { Index = 2 }]).NodeOf(Id(1))!.State.Should().Be(after);
    }

    private static TopologyChange Next(Random random, Metadata metadata)
    {
        var id = Id(1 + random.Next(Nodes));
        var free = Enumerable.Range(1, 2 * Nodes).Select(At).Where(endpoint => !metadata.TryGetHostId(endpoint, out _)).ToArray();
        var endpoint = free[random.Next(free.Length)];
        if (!metadata.TryGetNode(id, out var node))
        {
            return new NodeJoined(new Node(id) { Endpoint = random.Next(5) == 0 ? null : endpoint, Generation = random.Next(1, 1_000) });
        }

        var other = metadata.Nodes[random.Next(metadata.Nodes.Length)];
        return random.Next(9) switch
        {
            0 => new NodeLeft(id),
            1 => new NodeMoved(id, node.Endpoint, endpoint, node.Generation + 1),
            2 => new NodeMoved(id, node.Endpoint, null, node.Generation + 1),
            3 => new ChangeBatch([new NodeMoved(id, node.Endpoint, other.Endpoint, 7), new NodeMoved(other.HostId, other.Endpoint, other.HostId == id ? other.Endpoint : node.Endpoint, 8)]),
            4 when Unknown(metadata) is { } newcomer => new NodeReplaced(id, new Node(newcomer) { Endpoint = node.Endpoint, Generation = 1 }),
            5 when Unknown(metadata) is { } alias => new NodeReidentified(id, new Node(alias) { Endpoint = node.Endpoint, Generation = node.Generation, Ordinal = node.Ordinal }),
            6 => new NodeDraining(id),
            7 => new NodeDown(id, NodeStatus.Down, "so it is"),
            _ => new NodeUp(id, NodeStatus.Up, "so it is"),
        };
    }

    private static HostId? Unknown(Metadata metadata) =>
        Enumerable.Range(1, Nodes).Select(Id).Where(id => !metadata.TryGetNode(id, out _)).Select(id => (HostId?)id).FirstOrDefault();

    /// <summary>The index is what one built from nothing would be.</summary>
    private static void Check(Metadata metadata, long index)
    {
        var withEndpoint = 0;
        foreach (var node in metadata.Nodes)
        {
            if (node.Endpoint is { } endpoint)
            {
                withEndpoint++;
                if (!metadata.TryGetHostId(endpoint, out var owner) || owner != node.HostId)
                {
                    throw new InvalidOperationException($"At {index}: {endpoint} leads to {owner}, not to {node}.");
                }
            }

            if (!ReferenceEquals(metadata.NodeAt(node.Ordinal), node))
            {
                throw new InvalidOperationException($"At {index}: ordinal {node.Ordinal} is not {node}.");
            }
        }

        var found = Enumerable.Range(1, 2 * Nodes).Count(number => metadata.TryGetHostId(At(number), out _));
        if (found != withEndpoint)
        {
            throw new InvalidOperationException($"At {index}: the index has {found} entries for {withEndpoint} nodes.");
        }
    }
}
