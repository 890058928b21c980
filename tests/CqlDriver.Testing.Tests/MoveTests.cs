using System.Net.Sockets;
using CqlDriver.Protocol;
using CqlDriver.Testing.Tests.Support;

namespace CqlDriver.Testing.Tests;

/// <summary>Nodes that change their address or their identity, and what becomes of the old one.</summary>
public sealed class MoveTests
{
    private static readonly string[] AllEvents = ["TOPOLOGY_CHANGE", "STATUS_CHANGE"];

    [Theory]
    [InlineData(OldAddress.Closed)]
    [InlineData(OldAddress.Reset)]
    public async Task A_node_that_restarts_elsewhere_ends_its_connections_and_refuses_dials_to_the_old_address(OldAddress oldAddress)
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        var (node, from) = (cluster.Nodes[1], cluster.Nodes[1].Endpoint);
        await using var client = await RawClient.ConnectAsync(node);

        await node.MoveAsync(oldAddress);

        if (oldAddress == OldAddress.Closed)
        {
            (await client.ReceiveNextAsync()).Should().BeNull();
        }
        else
        {
            await FluentActions.Awaiting(client.ReceiveNextAsync).Should().ThrowAsync<IOException>();
        }

        await FluentActions.Awaiting(() => RawClient.DialAsync(from)).Should().ThrowAsync<SocketException>();
        await using var moved = await RawClient.ConnectAsync(node);
        (await moved.HostIdAsync()).Should().Be(node.HostId.Value);
    }

    [Fact]
    public async Task A_kept_address_answers_beside_the_new_one_until_it_is_closed()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        var (node, from) = (cluster.Nodes[1], cluster.Nodes[1].Endpoint);
        cluster.Execute("CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
        cluster.Execute("CREATE TABLE ks.t (k int PRIMARY KEY)");
        await using var watcher = await RawClient.ConnectAsync(cluster.Nodes[0]);
        await watcher.RegisterAsync(AllEvents);
        await using var old = await RawClient.ConnectAsync(from);
        await old.RegisterAsync(AllEvents);
        var prepared = await old.PrepareAsync("SELECT k FROM ks.t");

        await node.MoveAsync(OldAddress.Kept);

        (await watcher.ReceiveEventAsync<StatusChangeEvent>()).Should().BeEquivalentTo(new { Change = StatusChangeKind.Up, Address = EmbeddedNode.ToIPEndPoint(node.Endpoint) }, "nothing went down");
        (await old.ExecuteAsync(prepared)).Rows.Should().BeEmpty();
        await using var late = await RawClient.ConnectAsync(from);
        (await late.HostIdAsync()).Should().Be(node.HostId.Value);
        (await watcher.PeersAsync()).Should().Equal(new Dictionary<Guid, string> { [node.HostId.Value] = node.Endpoint.Host });
        cluster.Nodes[0].SendStatusChange(from, isUp: true);
        node.SendStatusChange(from, isUp: true);
        (await old.ReceiveEventAsync<StatusChangeEvent>()).Change.Should().Be(StatusChangeKind.Up, "who registered at the old address is still told");

        await node.CloseOldAddressAsync();

        (await old.ReceiveNextAsync()).Should().BeNull();
        await FluentActions.Awaiting(() => RawClient.DialAsync(from)).Should().ThrowAsync<SocketException>();
        node.IsRunning.Should().BeTrue();
        await (await RawClient.ConnectAsync(node)).DisposeAsync();
    }

    [Fact]
    public async Task A_kept_address_ends_with_its_process()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        var (node, from) = (cluster.Nodes[1], cluster.Nodes[1].Endpoint);
        await using var old = await RawClient.ConnectAsync(from);
        await node.MoveAsync(OldAddress.Kept);

        await node.KillAsync();

        await FluentActions.Awaiting(old.ReceiveNextAsync).Should().ThrowAsync<IOException>();
        await FluentActions.Awaiting(() => RawClient.DialAsync(from)).Should().ThrowAsync<SocketException>();
    }

    [Fact]
    public async Task A_hanging_address_accepts_and_answers_nothing()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        var (node, from) = (cluster.Nodes[1], cluster.Nodes[1].Endpoint);
        await using var old = await RawClient.ConnectAsync(from);

        await node.MoveAsync(OldAddress.Hangs);

        await old.SendAsync((buffer, head) => RequestEncoder.Options(buffer, head));
        await using var late = await RawClient.DialAsync(from);
        await late.SendAsync((buffer, head) => RequestEncoder.Options(buffer, head));
        await using var moved = await RawClient.ConnectAsync(node);
        (await moved.HostIdAsync()).Should().Be(node.HostId.Value, "the node itself is not frozen");
        node.IsFrozen.Should().BeFalse();
        node.Statistics.Count(RequestKind.Options).Should().Be(0);
        (old.Socket.Poll(0, SelectMode.SelectRead), late.Socket.Poll(0, SelectMode.SelectRead)).Should().Be((false, false), "no answer, no end");

        await node.CloseOldAddressAsync(abruptly: true);

        await FluentActions.Awaiting(old.ReceiveNextAsync).Should().ThrowAsync<IOException>();
        await FluentActions.Awaiting(() => RawClient.DialAsync(from)).Should().ThrowAsync<SocketException>();
    }

    [Fact]
    public async Task A_replacement_gets_the_dials_while_the_old_ones_connections_hang_at_the_same_address()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        var replaced = cluster.Nodes[1];
        await using var old = await RawClient.ConnectAsync(replaced);

        var replacement = await cluster.ReplaceNodeAsync(replaced, OldAddress.Hangs);

        replacement.Endpoint.Should().Be(replaced.Endpoint);
        await using var client = await RawClient.ConnectAsync(replacement);
        (await client.HostIdAsync()).Should().Be(replacement.HostId.Value).And.NotBe(replaced.HostId.Value);
        await old.SendAsync((buffer, head) => RequestEncoder.Options(buffer, head));
        replaced.Statistics.ConnectionsOpen.Should().Be(1);
        await replaced.CloseOldAddressAsync(abruptly: true);
        await FluentActions.Awaiting(old.ReceiveNextAsync).Should().ThrowAsync<IOException>();
    }

    [Fact]
    public async Task A_node_is_replaced_at_another_address()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        var replaced = cluster.Nodes[1];
        await using var watcher = await RawClient.ConnectAsync(cluster.Nodes[0]);
        var elsewhere = new NodeEndpoint("127.0.0.77", replaced.Endpoint.Port);

        var replacement = await cluster.ReplaceNodeAsync(replaced, elsewhere);

        (await watcher.PeersAsync()).Should().Equal(new Dictionary<Guid, string> { [replacement.HostId.Value] = "127.0.0.77" });
        await FluentActions.Awaiting(() => RawClient.DialAsync(replaced.Endpoint)).Should().ThrowAsync<SocketException>();
    }

    [Fact]
    public async Task A_node_moves_there_and_back()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2, Scylla = new EmbeddedScyllaOptions() });
        var (node, home) = (cluster.Nodes[1], cluster.Nodes[1].Endpoint);
        foreach (var oldAddress in Enum.GetValues<OldAddress>())
        {
            await node.MoveAsync(oldAddress);
            node.Endpoint.Should().NotBe(home);
            await node.MoveAsync(oldAddress, home);

            await using var client = await RawClient.ConnectAsync(home, ProtocolVersion.V4);
            (await client.HostIdAsync()).Should().Be(node.HostId.Value);
        }
    }

    [Fact]
    public async Task Two_nodes_swap_their_addresses()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 3 });
        var (one, other) = (cluster.Nodes[1], cluster.Nodes[2]);
        var (first, second) = (one.Endpoint, other.Endpoint);
        await using var watcher = await RawClient.ConnectAsync(cluster.Nodes[0]);

        await cluster.SwapEndpointsAsync(one, other);

        (await watcher.PeersAsync()).Should().BeEquivalentTo(new Dictionary<Guid, string> { [one.HostId.Value] = second.Host, [other.HostId.Value] = first.Host });
        await using var client = await RawClient.ConnectAsync(first);
        (await client.HostIdAsync()).Should().Be(other.HostId.Value);
    }

    [Fact]
    public async Task All_nodes_get_new_identities_while_their_connections_stay_open()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 3, NamesHostIdInSupported = true });
        var before = cluster.Nodes.Select(node => node.HostId).ToList();
        await using var client = await RawClient.ConnectAsync(cluster.Nodes[0]);
        await client.RegisterAsync("SCHEMA_CHANGE");

        await cluster.ReidentifyAllAsync();

        (await client.ReceiveEventAsync<SchemaChangeEvent>()).Change.Should().BeEquivalentTo(new { Target = SchemaChangeTarget.Keyspace, Keyspace = "system_cluster_metadata" });
        (await client.ReceiveEventAsync<SchemaChangeEvent>()).Change.Should().BeEquivalentTo(new { Target = SchemaChangeTarget.Table, Name = "distributed_metadata_log" });
        cluster.Nodes.Select(node => node.HostId).Should().OnlyHaveUniqueItems().And.NotIntersectWith(before);
        (await client.HostIdAsync()).Should().Be(cluster.Nodes[0].HostId.Value);
        (await client.PeersAsync()).Keys.Should().BeEquivalentTo(cluster.Nodes.Skip(1).Select(node => node.HostId.Value));
        (await client.SupportedAsync())["SCYLLA_HOST_ID"].Should().Equal(cluster.Nodes[0].HostId.ToString());
        cluster.Nodes[0].Statistics.ConnectionsAccepted.Should().Be(1);
    }

    [Fact]
    public async Task A_host_id_that_left_comes_back()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        var left = cluster.Nodes[1];
        await cluster.RemoveNodeAsync(left);

        var again = await cluster.AddNodeAsync(new EmbeddedNodeOptions { HostId = left.HostId, Endpoint = left.Endpoint });

        await using var watcher = await RawClient.ConnectAsync(cluster.Nodes[0]);
        (await watcher.PeersAsync()).Should().Equal(new Dictionary<Guid, string> { [left.HostId.Value] = left.Endpoint.Host });
        (again == left).Should().BeFalse();
        await FluentActions.Awaiting(() => cluster.AddNodeAsync(new EmbeddedNodeOptions { HostId = left.HostId })).Should().ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task A_joining_node_has_a_row_without_tokens_until_it_has_joined()
    {
        await using var cluster = await EmbeddedCluster.StartAsync();
        await using var watcher = await RawClient.ConnectAsync(cluster.Nodes[0]);
        await watcher.RegisterAsync(AllEvents);

        var joining = await cluster.AddNodeAsync(new EmbeddedNodeOptions { IsJoining = true });
        (await watcher.QueryAsync("SELECT host_id, tokens FROM system.peers")).Rows.Should().ContainSingle().Which[1].Should().BeNull();
        await FluentActions.Awaiting(() => RawClient.DialAsync(joining.Endpoint)).Should().ThrowAsync<SocketException>();

        await joining.FinishJoiningAsync();

        (await watcher.ReceiveEventAsync<TopologyChangeEvent>()).Change.Should().Be(CqlDriver.Protocol.TopologyChangeKind.NewNode);
        (await watcher.ReceiveEventAsync<StatusChangeEvent>()).Change.Should().Be(StatusChangeKind.Up);
        (await watcher.QueryAsync("SELECT host_id, tokens FROM system.peers")).Rows.Single()[1].Should().NotBeNull();
        await (await RawClient.ConnectAsync(joining)).DisposeAsync();
    }

    [Fact]
    public async Task Disposal_ends_what_hangs_and_what_was_kept_of_nodes_that_are_there_or_gone()
    {
        var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 3 });
        var (hanging, kept) = (cluster.Nodes[1], cluster.Nodes[2]);
        await using var one = await RawClient.ConnectAsync(hanging);
        await using var two = await RawClient.ConnectAsync(kept);
        await cluster.ReplaceNodeAsync(hanging, OldAddress.Hangs);
        await kept.MoveAsync(OldAddress.Kept);

        await cluster.DisposeAsync();

        (hanging.Statistics.ConnectionsOpen, kept.Statistics.ConnectionsOpen).Should().Be((0, 0));
        (await one.ReceiveNextAsync(), await two.ReceiveNextAsync()).Should().Be((null, null));
    }
}
