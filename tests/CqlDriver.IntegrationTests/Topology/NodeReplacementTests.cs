using CqlDriver.IntegrationTests.Server;
using CqlDriver.IntegrationTests.Support;
using CqlDriver.Topology;
using Xunit.Abstractions;

namespace CqlDriver.IntegrationTests.Topology;

/// <summary>A dead node's place is taken by another process, with the dead one's data streamed to it, under traffic.</summary>
[Collection(ThreeNodesCollection.Name)]
public sealed class NodeReplacementTests(ThreeNodes server, ITestOutputHelper output)
{
    /// <summary>Cassandra lets a replacement at the dead node's own address take its host id too: to clients it came back, and forgot what was prepared.</summary>
    [SkippableFact]
    public async Task Replacement_at_the_same_address_is_the_node_that_came_back()
    {
        server.SkipWithoutServer();
        SlowTests.SkipUnlessWanted();
        await using var scene = await TrafficScene.OpenAsync(server, output);
        var dead = scene.NodeAt(server.Address(2));

        await server.KillAsync(2);
        await scene.WhenDownAsync(dead.HostId);
        await server.ReplaceAsync(2, server.Address(2));
        await scene.WhenUpAsync(dead.HostId);
        await scene.Traffic.WhenCoordinatedByAsync(scene.HostIds);

        await scene.ShouldHaveLostNothingAsync();
        scene.MembershipChanges.Should().BeEmpty();
        scene.NodeAt(server.Address(2)).HostId.Should().Be(dead.HostId);
    }

    [SkippableFact]
    public async Task Node_removed_and_a_new_one_started_at_its_address_are_two_nodes()
    {
        server.SkipWithoutServer();
        SlowTests.SkipUnlessWanted();
        await using var scene = await TrafficScene.OpenAsync(server, output);
        var removed = scene.NodeAt(server.Address(2));

        await server.KillAsync(2);
        await scene.WhenDownAsync(removed.HostId);
        await server.RemoveAsync(removed.HostId);
        await scene.WhenAsync($"{removed} has left", metadata => !metadata.TryGetNode(removed.HostId, out _));
        await server.StartEmptyAsync(2);
        await WhenThreeServeAsync(scene);

        await scene.ShouldHaveLostNothingAsync();
        var joined = scene.NodeAt(server.Address(2));
        joined.HostId.Should().NotBe(removed.HostId);
        joined.Generation.Should().BeGreaterThan(removed.Generation);
        scene.Watch.Changes.OfType<NodeLeft>().Should().ContainSingle().Which.HostId.Should().Be(removed.HostId);
        scene.Watch.Changes.OfType<NodeJoined>().Should().ContainSingle().Which.HostId.Should().Be(joined.HostId);
    }

    [SkippableFact]
    public async Task Replacement_at_another_address_joins_and_the_dead_node_leaves()
    {
        server.SkipWithoutServer();
        SlowTests.SkipUnlessWanted();
        await using var scene = await TrafficScene.OpenAsync(server, output);
        var dead = scene.NodeAt(server.Address(2));
        var address = server.OtherAddress(2);

        await server.KillAsync(2);
        await scene.WhenDownAsync(dead.HostId);
        await server.ReplaceAsync(2, address);
        await WhenThreeServeAsync(scene);

        await scene.ShouldHaveLostNothingAsync();
        var joined = scene.NodeAt(address);
        joined.HostId.Should().NotBe(dead.HostId);
        joined.Tokens.Should().Equal(dead.Tokens, "it took them over");
        scene.Watch.Changes.OfType<NodeLeft>().Should().ContainSingle().Which.HostId.Should().Be(dead.HostId);
        scene.Watch.Changes.OfType<NodeJoined>().Should().ContainSingle().Which.HostId.Should().Be(joined.HostId);
        scene.Watch.Changes.Should().NotContain(change => change is NodeMoved, "tokens do not make a node").And.NotContain(change => change is NodeReidentified);
    }

    private static async Task WhenThreeServeAsync(TrafficScene scene)
    {
        await scene.WhenAsync(
            "three full members are up",
            metadata => metadata.Nodes.Length == 3 && metadata.Nodes.All(node => node is { IsUp: true, State: TopologyState.Normal, Endpoint: not null }));
        await scene.Traffic.WhenCoordinatedByAsync(scene.HostIds);
    }
}
