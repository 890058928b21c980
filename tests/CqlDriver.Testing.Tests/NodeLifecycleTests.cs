using System.Net.Sockets;
using CqlDriver.Protocol;
using CqlDriver.Testing.Tests.Support;

namespace CqlDriver.Testing.Tests;

public sealed class NodeLifecycleTests
{
    private static readonly string[] AllEvents = ["TOPOLOGY_CHANGE", "STATUS_CHANGE", "SCHEMA_CHANGE"];

    [Fact]
    public async Task Nodes_have_addresses_of_their_own_on_one_port_and_tell_of_each_other()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 3, Layout = EndpointLayout.LoopbackAddresses });
        await using var client = await RawClient.ConnectAsync(cluster.Nodes[1]);

        cluster.ContactPoints.Select(endpoint => endpoint.Host).Should().Equal("127.0.0.1", "127.0.0.2", "127.0.0.3");
        cluster.ContactPoints.Select(endpoint => endpoint.Port).Distinct().Should().ContainSingle();
        HostIds(await client.QueryAsync("SELECT host_id FROM system.local")).Should().Equal(cluster.Nodes[1].HostId.Value);
        HostIds(await client.QueryAsync("SELECT host_id FROM system.peers")).Should().BeEquivalentTo(new[] { cluster.Nodes[0].HostId.Value, cluster.Nodes[2].HostId.Value });
        (await client.QueryAsync("SELECT peer, native_address, native_port, tokens FROM system.peers_v2")).Rows.Should().HaveCount(2);
    }

    [Fact]
    public async Task Nodes_on_one_address_are_told_apart_by_port_in_peers_v2()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 3, Layout = EndpointLayout.Ports });
        await using var client = await RawClient.ConnectAsync(cluster.Nodes[0]);

        var ports = (await client.QueryAsync("SELECT native_port FROM system.peers_v2")).Rows.Select(row => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(row[0]));

        ports.Should().BeEquivalentTo(cluster.ContactPoints.Skip(1).Select(endpoint => endpoint.Port));
    }

    [Fact]
    public async Task A_stopped_node_ends_its_connections_and_comes_back_with_its_id_and_data_and_without_prepared_statements()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        var node = cluster.Nodes[1];
        cluster.Execute("CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
        cluster.Execute("CREATE TABLE ks.t (k int PRIMARY KEY)");
        cluster.Execute("INSERT INTO ks.t (k) VALUES (1)");
        await using var watcher = await RawClient.ConnectAsync(cluster.Nodes[0]);
        await watcher.RegisterAsync(AllEvents);
        await using var client = await RawClient.ConnectAsync(node);
        var prepared = await client.PrepareAsync("SELECT k FROM ks.t");

        await node.StopAsync();
        (await client.ReceiveNextAsync()).Should().BeNull("the connection is closed in order");
        (await watcher.ReceiveEventAsync<StatusChangeEvent>()).Should().BeEquivalentTo(new { Change = StatusChangeKind.Down, Address = new { node.Endpoint.Port } });
        await ((Func<Task>)(() => RawClient.DialAsync(node.Endpoint))).Should().ThrowAsync<SocketException>();

        await node.StartAsync();
        (await watcher.ReceiveEventAsync<StatusChangeEvent>()).Change.Should().Be(StatusChangeKind.Up);
        await using var again = await RawClient.ConnectAsync(node);
        HostIds(await again.QueryAsync("SELECT host_id FROM system.local")).Should().Equal(node.HostId.Value);
        (await again.ExecuteAsync(prepared)).Error.Should().BeOfType<UnpreparedError>().Which.PreparedId.Should().Equal(prepared.Id);
        (await again.ExecuteAsync(await again.PrepareAsync("SELECT k FROM ks.t"))).Rows.Should().ContainSingle();
    }

    [Fact]
    public async Task A_killed_node_resets_its_connections()
    {
        await using var cluster = await EmbeddedCluster.StartAsync();
        await using var client = await RawClient.ConnectAsync(cluster.Nodes[0]);

        await cluster.Nodes[0].KillAsync();

        var error = (await ((Func<Task>)(() => client.ReceiveNextAsync())).Should().ThrowAsync<IOException>()).Which;
        error.InnerException.Should().BeOfType<SocketException>().Which.SocketErrorCode.Should().Be(SocketError.ConnectionReset);
    }

    [Fact]
    public async Task A_frozen_node_answers_nothing_until_it_is_thawed()
    {
        await using var cluster = await EmbeddedCluster.StartAsync();
        var node = cluster.Nodes[0];
        await using var client = await RawClient.ConnectAsync(node);

        node.Freeze();
        var stream = await client.SendAsync((buffer, head) => RequestEncoder.Options(buffer, head));
        var connecting = RawClient.ConnectAsync(node);
        var before = node.Statistics.Count(RequestKind.Options);
        node.Thaw();

        before.Should().Be(0);
        (await client.ReceiveAsync(answer => answer.Header.Stream == stream)).Message.Should().BeOfType<SupportedResponse>();
        await (await connecting).DisposeAsync();
    }

    [Fact]
    public async Task A_moved_node_keeps_its_id_and_tokens_at_another_address()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        var (node, from) = (cluster.Nodes[1], cluster.Nodes[1].Endpoint);
        await using var watcher = await RawClient.ConnectAsync(cluster.Nodes[0]);
        await watcher.RegisterAsync(AllEvents);

        await node.MoveAsync();

        node.Endpoint.Should().NotBe(from);
        var down = await watcher.ReceiveEventAsync<StatusChangeEvent>();
        var up = await watcher.ReceiveEventAsync<StatusChangeEvent>();
        (down.Change, down.Address.ToString(), up.Change, up.Address.ToString()).Should().Be((StatusChangeKind.Down, from.ToString(), StatusChangeKind.Up, node.Endpoint.ToString()));
        HostIds(await watcher.QueryAsync("SELECT host_id FROM system.peers")).Should().Equal(node.HostId.Value);
        await using var client = await RawClient.ConnectAsync(node);
        HostIds(await client.QueryAsync("SELECT host_id FROM system.local")).Should().Equal(node.HostId.Value);
    }

    [Fact]
    public async Task Nodes_join_leave_and_are_replaced_with_the_events_of_a_real_cluster()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        await using var watcher = await RawClient.ConnectAsync(cluster.Nodes[0]);
        await watcher.RegisterAsync(AllEvents);

        var added = await cluster.AddNodeAsync();
        (await NextEventAsync(watcher)).Should().Be($"NewNode {added.Endpoint}");
        (await NextEventAsync(watcher)).Should().Be($"Up {added.Endpoint}");
        cluster.Nodes.SelectMany(node => node.Tokens).Should().OnlyHaveUniqueItems();

        var replaced = cluster.Nodes[1];
        var replacement = await cluster.ReplaceNodeAsync(replaced);
        (await NextEventAsync(watcher)).Should().Be($"Down {replaced.Endpoint}");
        (await NextEventAsync(watcher)).Should().Be($"NewNode {replaced.Endpoint}");
        (await NextEventAsync(watcher)).Should().Be($"Up {replaced.Endpoint}");
        (replacement.Endpoint, replacement.Tokens.SequenceEqual(replaced.Tokens), replacement.HostId == replaced.HostId).Should().Be((replaced.Endpoint, true, false));

        await cluster.DecommissionNodeAsync(added);
        (await NextEventAsync(watcher)).Should().Be($"RemovedNode {added.Endpoint}");
        HostIds(await watcher.QueryAsync("SELECT host_id FROM system.peers")).Should().Equal(replacement.HostId.Value);

        await cluster.RemoveNodeAsync(replacement);
        (await NextEventAsync(watcher)).Should().Be($"Down {replaced.Endpoint}");
        (await NextEventAsync(watcher)).Should().Be($"RemovedNode {replaced.Endpoint}");
        cluster.Nodes.Should().ContainSingle();
        await ((Func<Task>)(() => replacement.StartAsync())).Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task Schema_changes_are_told_on_every_node_to_who_registered_for_them()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        await using var watcher = await RawClient.ConnectAsync(cluster.Nodes[1]);
        await watcher.RegisterAsync("SCHEMA_CHANGE");
        await using var client = await RawClient.ConnectAsync(cluster.Nodes[0]);

        await client.QueryAsync("CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");

        (await watcher.ReceiveEventAsync<SchemaChangeEvent>()).Change.Should().BeEquivalentTo(new { Change = SchemaChangeKind.Created, Target = SchemaChangeTarget.Keyspace, Keyspace = "ks" });
        cluster.Nodes[1].SchemaVersionOverride = Guid.Empty;
        var versions = (await client.QueryAsync("SELECT schema_version FROM system.peers")).Rows;
        versions.Should().ContainSingle().Which[0].Should().Equal(new byte[16]);
    }

    [Fact]
    public async Task Rows_about_nodes_can_be_made_to_lie()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 3 });
        var (viewer, hidden, odd) = (cluster.Nodes[0], cluster.Nodes[1], cluster.Nodes[2]);
        await using var client = await RawClient.ConnectAsync(viewer);

        viewer.OverrideRows(row => row.HostId == hidden.HostId.Value ? null : row.HostId == odd.HostId.Value ? row with { HostId = null, Tokens = default } : row);
        (await client.QueryAsync("SELECT host_id, tokens FROM system.peers")).Rows.Should().ContainSingle().Which.Should().OnlyContain(cell => cell == null);

        viewer.RestoreRows();
        HostIds(await client.QueryAsync("SELECT host_id FROM system.peers")).Should().HaveCount(2);
    }

    [Fact]
    public async Task Disposal_leaves_no_connection_open_whatever_is_going_on()
    {
        var gate = new FaultGate();
        var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        var held = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = RequestKind.Options });
        var nodes = cluster.Nodes.ToList();
        await using var waiting = await RawClient.ConnectAsync(nodes[0]);
        await waiting.SendAsync((buffer, head) => RequestEncoder.Options(buffer, head));
        await held.WaitForHitsAsync(1);
        await using var frozen = await RawClient.ConnectAsync(nodes[1]);
        nodes[1].Freeze();

        await cluster.DisposeAsync();

        nodes.Should().OnlyContain(node => node.Statistics.ConnectionsOpen == 0 && !node.IsRunning);
        (await waiting.ReceiveNextAsync()).Should().BeNull();
        await cluster.DisposeAsync();
        await ((Func<Task>)(() => cluster.AddNodeAsync())).Should().ThrowAsync<ObjectDisposedException>();
    }

    private static async Task<string> NextEventAsync(RawClient client) => ((EventResponse)(await client.ReceiveEventAsync()).Message).Event switch
    {
        StatusChangeEvent status => $"{status.Change} {status.Address}",
        TopologyChangeEvent topology => $"{topology.Change} {topology.Address}",
        var other => other.ToString(),
    };

    private static IEnumerable<Guid> HostIds(RawAnswer answer) => answer.Rows.Select(row => new Guid(row[0], bigEndian: true));
}
