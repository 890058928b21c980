using System.Net.NetworkInformation;
using CqlDriver.IntegrationTests.Server;
using CqlDriver.IntegrationTests.Support;
using CqlDriver.Topology;
using Xunit.Abstractions;

namespace CqlDriver.IntegrationTests.Topology;

/// <summary>
/// Initialising the metadata service of a cluster that came from 5.0 gives every node another host id, while its connections
/// stay open. Nothing has to be dialled, and nothing may be closed.
/// </summary>
[Collection(UpgradedNodesCollection.Name)]
public sealed class ReidentificationTests(UpgradedNodes server, ITestOutputHelper output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [SkippableFact]
    public async Task All_nodes_get_other_host_ids_and_no_connection_is_closed()
    {
        server.SkipWithoutServer();
        SlowTests.SkipUnlessWanted();
        await using var scene = await TrafficScene.OpenAsync(server, output);
        var before = scene.Metadata.Nodes.ToDictionary(node => node.HostId);
        var foretold = await DirectoryAsync(scene);
        foretold.Should().HaveCount(2).And.NotIntersectWith(before.Keys, "the directory shows host ids that no node has yet, and is not believed");
        var sockets = ClientPorts();
        var ended = scene.Log.ConnectionsEnded;

        await server.InitializeMetadataServiceAsync();

        // The server announces it to nobody: only that a keyspace of its own was created, before the ids change. For a second
        // the nodes disagree about it: a reading may show that one node has its new host id, and the next one that all have.
        await Eventually.TrueAsync("all nodes have other host ids", Limit, () => scene.HostIds.All(id => !before.ContainsKey(id)));
        await scene.Traffic.ProceedAsync(500);
        await scene.Traffic.WhenCoordinatedByAsync(scene.HostIds);

        // While it initialises, a node may doubt the other one for a moment, and two copies of two are no quorum then. It says so, and
        // the driver asks the other node, once.
        await scene.ShouldHaveLostNothingAsync(isServersOwn: error => error is UnavailableException { EarlierAttempts.Length: > 0 });
        scene.Traffic.Retried.Should().AllBeOfType<UnavailableException>();
        scene.Log.ConnectionsEnded.Should().Be(ended);
        ClientPorts().Should().BeEquivalentTo(sockets, "the connections are those from before, and there are no others");
        scene.MembershipChanges.Should().AllBeOfType<NodeReidentified>();
        scene.MembershipChanges.Cast<NodeReidentified>().Select(change => change.Former).Should().BeEquivalentTo(before.Keys);
        foreach (var change in scene.MembershipChanges.Cast<NodeReidentified>())
        {
            change.Node.Endpoint.Should().Be(before[change.Former].Endpoint);
            change.Node.Generation.Should().BeGreaterThan(before[change.Former].Generation);
        }

        scene.HostIds.Should().BeEquivalentTo(foretold);
        await scene.Session.Cluster.RefreshMetadataAsync();
        scene.Metadata.Nodes.Should().OnlyContain(node => node.SchemaVersion == null, "the directory is in force, and tells none");
        scene.Watch.Changes.Should().NotContain(change => change is NodeDown).And.NotContain(change => change is NodeUp);
        await ShouldBeDialledByItsNewHostIdAsync(scene);
    }

    /// <summary>A connection opened from now on asks who answers, and must expect the new one. Without traffic: two copies of two are a quorum.</summary>
    private async Task ShouldBeDialledByItsNewHostIdAsync(TrafficScene scene)
    {
        var second = scene.NodeAt(server.Address(2)).HostId;
        await server.KillAsync(2);
        await scene.WhenDownAsync(second);
        await server.StartUpgradedAsync(2);
        await scene.WhenUpAsync(second);
        scene.Log.Texts.Should().NotContain(text => text.Contains("was dialled", StringComparison.Ordinal), "nobody else answered");
        scene.Metadata.Nodes.Should().HaveCount(2);
    }

    private static async Task<List<HostId>> DirectoryAsync(TrafficScene scene)
    {
        var rows = await scene.Session.ExecuteAsync("SELECT host_id FROM system_views.cluster_metadata_directory");
        return [.. Enumerable.Range(0, rows.Count).Select(row => new HostId(rows[row].Get<Guid>("host_id")))];
    }

    /// <summary>The local ports of all connections to the nodes, as the operating system has them.</summary>
    private List<int> ClientPorts()
    {
        var nodes = Enumerable.Range(1, server.NodeCount).Select(server.Address).ToHashSet();
        return [.. IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections()
            .Where(connection => connection.RemoteEndPoint.Port == 9042 && connection.State == TcpState.Established && nodes.Contains(connection.RemoteEndPoint.Address.ToString()))
            .Select(connection => connection.LocalEndPoint.Port).Order()];
    }
}
