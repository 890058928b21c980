using CqlDriver.Testing;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Sessions;

/// <summary>Clusters that keep their metadata themselves, and show it in a directory with states.</summary>
public sealed class MetadataDirectoryTests
{
    [Fact]
    public async Task The_directory_is_read_in_place_of_the_peers()
    {
        await using var cluster = await StartAsync();
        await cluster.AllPoolsOpenAsync();

        Read(cluster, "system.peers").Should().Be(0);
        Read(cluster, "cluster_metadata_directory").Should().BePositive();
        cluster.Metadata.Nodes.Should().OnlyContain(node => node.State == TopologyState.Normal && node.Tokens.Length == 16 && node.Datacenter == "datacenter1");
        cluster.Metadata.ClusterName.Should().Be("embedded");
    }

    [Fact]
    public async Task Servers_without_one_are_asked_for_it_once_a_connection()
    {
        await using var cluster = await WatchedCluster.StartAsync();
        await cluster.Cluster.RefreshMetadataAsync();
        await cluster.Cluster.RefreshMetadataAsync();

        Read(cluster, "cluster_metadata_directory").Should().Be(1);
    }

    [Theory]
    [InlineData("REGISTERED", TopologyState.Joining)]
    [InlineData("BOOTSTRAPPING", TopologyState.Joining)]
    [InlineData("BOOT_REPLACING", TopologyState.Joining)]
    [InlineData("JOINED", TopologyState.Normal)]
    [InlineData("MOVING", TopologyState.Normal)]
    [InlineData("LEAVING", TopologyState.Draining)]
    [InlineData("LEFT", TopologyState.Decommissioned)]
    [InlineData("PONDERING", TopologyState.Normal)]
    public async Task States_are_shown(string word, TopologyState expected)
    {
        await using var cluster = await StartAsync();
        await cluster.AllPoolsOpenAsync();

        cluster.Server.Nodes[2].DirectoryState = word;
        await cluster.Cluster.RefreshMetadataAsync();

        cluster.Metadata.NodeOf(cluster.Server.Nodes[2].HostId)!.State.Should().Be(expected);
    }

    [Fact]
    public async Task A_node_that_left_is_decommissioned_then_gone_and_its_row_counts_for_nothing()
    {
        await using var cluster = await StartAsync();
        await cluster.AllPoolsOpenAsync();
        var leaving = cluster.Server.Nodes[2];

        leaving.DirectoryState = "LEAVING";
        await cluster.Cluster.RefreshMetadataAsync();
        leaving.DirectoryState = "LEFT";
        await cluster.Cluster.RefreshMetadataAsync();
        await Eventually.BecomesTrueAsync(() => leaving.Statistics.ConnectionsOpen == 0, "its pool has drained");
        await cluster.Cluster.RefreshMetadataAsync();
        await cluster.Cluster.RefreshMetadataAsync();

        cluster.Changes.OfType<NodeChange>().Where(change => change.HostId == leaving.HostId && change is not (NodeAttributesChanged or TokensChanged)).Select(change => change.GetType())
            .Should().Equal(typeof(NodeJoined), typeof(NodeDraining), typeof(NodeDecommissioned), typeof(NodeLeft));
    }

    [Fact]
    public async Task A_row_of_a_node_that_left_before_is_never_shown()
    {
        await using var server = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2, MetadataService = EmbeddedMetadataService.Initialized });
        server.Nodes[1].DirectoryState = "LEFT";
        await using var cluster = CqlCluster.Create(new CqlClusterOptions { ContactPoints = { server.Nodes[0].Endpoint.ToString() } });
        await using var session = await cluster.ConnectAsync();

        cluster.Metadata.Nodes.Select(node => node.HostId).Should().Equal(server.Nodes[0].HostId);
    }

    [Fact]
    public async Task A_joining_node_is_known_and_gets_requests_when_it_has_joined()
    {
        await using var cluster = await StartAsync();
        var joining = await cluster.Server.AddNodeAsync(new EmbeddedNodeOptions { IsJoining = true });
        await cluster.Cluster.RefreshMetadataAsync();
        cluster.NodeOf(joining).State.Should().Be(TopologyState.Joining);
        cluster.IsUsed(joining).Should().BeFalse();

        await joining.FinishJoiningAsync();

        await cluster.AllPoolsOpenAsync();
        cluster.NodeOf(joining).State.Should().Be(TopologyState.Normal);
    }

    /// <summary>After an upgrade the directory is there, with host ids that no node has yet.</summary>
    [Fact]
    public async Task Before_the_service_is_initialised_the_directory_is_not_believed_and_then_it_is()
    {
        await using var cluster = await StartAsync(EmbeddedMetadataService.NotInitialized);
        await cluster.AllPoolsOpenAsync();
        var before = cluster.Server.Nodes.Select(node => node.HostId).ToArray();
        cluster.Metadata.Nodes.Select(node => node.HostId).Should().BeEquivalentTo(before);
        Read(cluster, "FROM system.peers_v2").Should().BePositive();

        await cluster.Server.ReidentifyAllAsync();
        await cluster.AllPoolsOpenAsync();
        var peers = Read(cluster, "FROM system.peers_v2");
        await cluster.Cluster.RefreshMetadataAsync();

        Read(cluster, "FROM system.peers_v2").Should().Be(peers, "the directory is in force now");
        cluster.Changes.OfType<NodeReidentified>().Select(change => change.Former).Should().BeEquivalentTo(before);
        cluster.Changes.Should().NotContain(change => change is NodeLeft || change is NodeReplaced || change is NodeDown);
    }

    private static int Read(WatchedCluster cluster, string table) => cluster.Server.Nodes.Sum(node => node.Statistics.RequestsWith(table).Length);

    private static Task<WatchedCluster> StartAsync(EmbeddedMetadataService service = EmbeddedMetadataService.Initialized) =>
        WatchedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 3, CassandraVersion = "6.0.0", MetadataService = service });
}
