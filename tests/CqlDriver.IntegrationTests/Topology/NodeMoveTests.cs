using CqlDriver.IntegrationTests.Server;
using CqlDriver.IntegrationTests.Support;
using CqlDriver.Topology;
using Xunit.Abstractions;

namespace CqlDriver.IntegrationTests.Topology;

/// <summary>A node is killed and started again on its data at another address, under traffic: the same node, elsewhere.</summary>
[Collection(ThreeNodesCollection.Name)]
public sealed class NodeMoveTests(ThreeNodes server, ITestOutputHelper output)
{
    /// <summary>The control connection is to another node, or to the one that moves. Each time it goes where it was not before.</summary>
    [SkippableTheory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Node_that_moved_keeps_its_host_id_and_coordinates_at_its_new_address(int contactPoint)
    {
        server.SkipWithoutServer();
        await using var scene = await TrafficScene.OpenAsync(server, output, contactPoint);
        var before = scene.NodeAt(server.Address(3));
        var address = server.OtherAddress(3);

        await server.KillAsync(3);
        await scene.WhenDownAsync(before.HostId);
        await server.StartElsewhereAsync(3, address);
        await scene.WhenAsync(
            $"{before.HostId} is up at {address}",
            metadata => metadata.TryGetNode(before.HostId, out var node) && node.IsUp && node.Endpoint?.Host == address);
        await scene.Traffic.WhenCoordinatedByAsync(scene.HostIds);

        await scene.ShouldHaveLostNothingAsync();
        scene.Metadata.Handovers.Should().BeEmpty();
        scene.Session.Cluster.Handovers.ActiveCount.Should().Be(0);
        scene.Watch.Handovers.Select(handover => handover.HostId).Should().AllBeEquivalentTo(before.HostId);
        scene.Watch.Handovers.Select(handover => handover.Phase).Should().BeInAscendingOrder("nothing went back or was given up")
            .And.Contain([HandoverPhase.Open, HandoverPhase.CatchUp, HandoverPhase.CutOver]).And.EndWith(HandoverPhase.Completed);
        scene.MembershipChanges.Should().ContainSingle("it is the same node, and moved once").Which.Should().BeOfType<NodeMoved>()
            .Which.Should().BeEquivalentTo(new { before.HostId, From = before.Endpoint, To = new NodeEndpoint(address, before.Endpoint!.Port) });
        scene.Metadata.Nodes.Should().HaveCount(3).And.OnlyContain(node => node.IsUp);
        scene.NodeAt(address).Generation.Should().BeGreaterThan(before.Generation);
        scene.NodeAt(address).Tokens.Should().Equal(before.Tokens);
    }
}
