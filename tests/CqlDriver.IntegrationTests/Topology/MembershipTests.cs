using CqlDriver.IntegrationTests.Server;
using CqlDriver.IntegrationTests.Support;
using CqlDriver.Topology;
using Xunit.Abstractions;

namespace CqlDriver.IntegrationTests.Topology;

/// <summary>A fourth node joins three under traffic, serves, and leaves again.</summary>
[Collection(ThreeNodesCollection.Name)]
public sealed class MembershipTests(ThreeNodes server, ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Node_that_joins_serves_and_after_its_decommission_is_gone()
    {
        server.SkipWithoutServer();
        SlowTests.SkipUnlessWanted();
        await using var scene = await TrafficScene.OpenAsync(server, output);

        await server.JoinAsync(4);
        await scene.WhenAsync(
            "the fourth node is a full member and up",
            metadata => metadata.Nodes.Length == 4 && metadata.Nodes.All(node => node is { IsUp: true, State: TopologyState.Normal }));
        var fourth = scene.NodeAt(server.Address(4)).HostId;
        await scene.Traffic.WhenCoordinatedByAsync(scene.HostIds);

        await server.DecommissionAsync(4);
        await scene.WhenAsync("the fourth node has left", metadata => !metadata.TryGetNode(fourth, out _));
        await scene.Traffic.WhenCoordinatedByAsync(scene.HostIds);

        await scene.ShouldHaveLostNothingAsync();
        scene.Watch.Changes.OfType<NodeJoined>().Should().ContainSingle().Which.HostId.Should().Be(fourth);
        scene.Watch.Changes.OfType<NodeLeft>().Should().ContainSingle().Which.HostId.Should().Be(fourth);
        scene.Metadata.Nodes.Should().HaveCount(3).And.OnlyContain(node => node.IsUp);
        await server.KillAsync(4);
    }
}
