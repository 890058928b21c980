using CqlDriver.IntegrationTests.Server;
using CqlDriver.IntegrationTests.Support;
using CqlDriver.Topology;
using Xunit.Abstractions;

namespace CqlDriver.IntegrationTests.Topology;

/// <summary>One of three nodes does not answer for a while, under traffic, and serves again.</summary>
[Collection(ThreeNodesCollection.Name)]
public sealed class NodeLossTests(ThreeNodes server, ITestOutputHelper output)
{
    /// <summary>The control connection is lost as well.</summary>
    [SkippableFact]
    public async Task Node_killed_goes_down_and_comes_up_and_no_request_fails()
    {
        server.SkipWithoutServer();
        await using var scene = await TrafficScene.OpenAsync(server, output, contactPoint: 3);
        var killed = scene.NodeAt(server.Address(3));

        await server.KillAsync(3);
        await scene.WhenDownAsync(killed.HostId);
        await scene.Traffic.ProceedAsync(300);
        await server.StartAgainAsync(3);
        await scene.WhenUpAsync(killed.HostId);
        await scene.Traffic.WhenCoordinatedByAsync(scene.HostIds);

        await scene.ShouldHaveLostNothingAsync();
        scene.MembershipChanges.Should().BeEmpty("a node that goes and comes is a member all the time");
        scene.Watch.Changes.OfType<NodeDown>().Should().ContainSingle().Which.HostId.Should().Be(killed.HostId);
        scene.Watch.Changes.OfType<NodeUp>().Should().ContainSingle().Which.HostId.Should().Be(killed.HostId);
        scene.NodeAt(server.Address(3)).Generation.Should().Be(killed.Generation);
    }

    [SkippableFact]
    public async Task Node_frozen_for_less_than_the_heartbeat_timeout_keeps_its_connections()
    {
        server.SkipWithoutServer();
        await using var scene = await TrafficScene.OpenAsync(server, output, contactPoint: 3, heartbeatTimeout: TimeSpan.FromSeconds(15));
        var ended = scene.Log.ConnectionsEnded;

        // A few only: in the end all of the application's tasks wait for the frozen node, and none goes on before the limit.
        await server.FreezeAsync(3);
        await scene.Traffic.ProceedAsync(3);
        await server.ReleaseAsync(3);
        await scene.Traffic.WhenCoordinatedByAsync(scene.HostIds);

        await scene.ShouldHaveLostNothingAsync();
        scene.Log.ConnectionsEnded.Should().Be(ended, "whoever answers within the limit was only slow");
        scene.Watch.Changes.Should().NotContain(change => change is NodeDown).And.NotContain(change => change is NodeUp);
    }

    [SkippableFact]
    public async Task Node_frozen_for_longer_is_down_its_requests_go_elsewhere_and_it_serves_when_released()
    {
        server.SkipWithoutServer();
        await using var scene = await TrafficScene.OpenAsync(server, output, contactPoint: 3);
        var frozen = scene.NodeAt(server.Address(3)).HostId;

        await server.FreezeAsync(3);
        await scene.WhenDownAsync(frozen);
        await scene.Traffic.ProceedAsync(300);
        await server.ReleaseAsync(3);
        await scene.WhenUpAsync(frozen);
        await scene.Traffic.WhenCoordinatedByAsync(scene.HostIds);

        await scene.ShouldHaveLostNothingAsync();
        scene.MembershipChanges.Should().BeEmpty("a node that goes and comes is a member all the time");
    }

    /// <summary>Its process goes on and the others believe it up all the time: no event says that it does not serve.</summary>
    [SkippableFact]
    public async Task Node_that_stops_serving_clients_is_down_until_it_serves_again()
    {
        server.SkipWithoutServer();
        await using var scene = await TrafficScene.OpenAsync(server, output, contactPoint: 3);
        var silent = scene.NodeAt(server.Address(3)).HostId;

        await server.StopServingClientsAsync(3);
        await scene.WhenDownAsync(silent);
        await scene.Traffic.ProceedAsync(300);
        await server.ServeClientsAgainAsync(3);
        await scene.WhenUpAsync(silent);
        await scene.Traffic.WhenCoordinatedByAsync(scene.HostIds);

        await scene.ShouldHaveLostNothingAsync();
        scene.MembershipChanges.Should().BeEmpty("a node that goes and comes is a member all the time");
    }

    [SkippableFact]
    public async Task Rolling_restart_of_all_nodes_fails_no_request()
    {
        server.SkipWithoutServer();
        SlowTests.SkipUnlessWanted();
        await using var scene = await TrafficScene.OpenAsync(server, output);

        for (var node = 1; node <= server.NodeCount; node++)
        {
            // As an operator does it: the next one only when the cluster is whole again, or two copies of three would be away.
            var restarted = scene.NodeAt(server.Address(node)).HostId;
            await server.DrainAsync(node);
            await scene.WhenDownAsync(restarted);
            await server.KillAsync(node);
            await server.StartAgainAsync(node);
            await scene.WhenUpAsync(restarted);
            await server.WhenWholeAsync();
        }

        await scene.Traffic.WhenCoordinatedByAsync(scene.HostIds);
        await scene.ShouldHaveLostNothingAsync();
        scene.MembershipChanges.Should().BeEmpty("a node that goes and comes is a member all the time");
    }
}
