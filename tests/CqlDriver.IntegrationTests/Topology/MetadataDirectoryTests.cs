using CqlDriver.IntegrationTests.Server;
using CqlDriver.IntegrationTests.Support;
using CqlDriver.Topology;
using Xunit.Abstractions;

namespace CqlDriver.IntegrationTests.Topology;

/// <summary>A cluster that keeps its metadata itself shows who is on the way in and on the way out.</summary>
[Collection(SixNodesCollection.Name)]
public sealed class MetadataDirectoryTests(SixNodes server, ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Node_that_joins_and_leaves_is_seen_in_every_state_under_traffic()
    {
        server.SkipWithoutServer();
        SlowTests.SkipUnlessWanted();
        await using var scene = await TrafficScene.OpenAsync(server, output, refreshInterval: TimeSpan.FromMilliseconds(50));
        scene.Metadata.Nodes.Should().OnlyContain(node => node.SchemaVersion == null, "the directory is read, which tells none");

        await server.JoinAsync(3);
        await scene.WhenAsync(
            "the third node is a full member and up",
            metadata => metadata.Nodes.Length == 3 && metadata.Nodes.All(node => node is { IsUp: true, State: TopologyState.Normal }));
        var third = scene.NodeAt(server.Address(3)).HostId;
        await scene.Traffic.WhenCoordinatedByAsync(scene.HostIds);

        await server.DecommissionAsync(3);
        await scene.WhenAsync("the third node has left", metadata => !metadata.TryGetNode(third, out _));
        await scene.Session.Cluster.RefreshMetadataAsync();
        await scene.Traffic.WhenCoordinatedByAsync(scene.HostIds);

        await scene.ShouldHaveLostNothingAsync(IsRefusedDuringStep);
        scene.Metadata.Nodes.Should().HaveCount(2).And.OnlyContain(node => node.IsUp);
        var joined = scene.Watch.Changes.OfType<NodeJoined>().Should().ContainSingle().Which;
        joined.Node.State.Should().Be(TopologyState.Joining);
        scene.MembershipChanges.OfType<NodeChange>().Where(change => change.HostId == third).Select(change => change.GetType())
            .Should().Equal(typeof(NodeJoined), typeof(NodePromoted), typeof(NodeDraining), typeof(NodeDecommissioned), typeof(NodeLeft));
        await server.KillAsync(3);
    }

    /// <summary>
    /// For some milliseconds around a step of the cluster's log its nodes know different owners: they refuse each other, or what was read
    /// from the former owners. With two copies of two there is nobody else; which request meets that is the server's affair.
    /// </summary>
    private static bool IsRefusedDuringStep(Exception error) =>
        error.Message.Contains("INVALID_ROUTING", StringComparison.Ordinal) || error.Message.Contains("the ring has changed", StringComparison.Ordinal);
}
