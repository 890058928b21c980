using System.Buffers.Binary;
using CqlDriver.Protocol;
using CqlDriver.Testing.Tests.Support;
using CqlDriver.Tests.Support;

namespace CqlDriver.Testing.Tests;

/// <summary>What a ScyllaDB node says and does otherwise than Cassandra's, as seen by a client without any cleverness.</summary>
public sealed class ScyllaDialectTests
{
    [Fact]
    public async Task Supported_tells_identity_shards_and_extensions()
    {
        await using var cluster = await StartAsync(new EmbeddedScyllaOptions { ShardsPerNode = 8, IgnoreMsb = 11 });
        await using var client = await RawClient.DialAsync(cluster.Nodes[0].Endpoint, ProtocolVersion.V4);

        var supported = await client.SupportedAsync();

        supported.ToDictionary(entry => entry.Key, entry => string.Join(',', entry.Value)).Should().Contain(new Dictionary<string, string>
        {
            ["SCYLLA_HOST_ID"] = cluster.Nodes[0].HostId.ToString(),
            ["SCYLLA_SHARD"] = "0",
            ["SCYLLA_NR_SHARDS"] = "8",
            ["SCYLLA_PARTITIONER"] = "org.apache.cassandra.dht.Murmur3Partitioner",
            ["SCYLLA_SHARDING_ALGORITHM"] = "biased-token-round-robin",
            ["SCYLLA_SHARDING_IGNORE_MSB"] = "11",
            ["SCYLLA_LWT_ADD_METADATA_MARK"] = "LWT_OPTIMIZATION_META_BIT_MASK=2147483648",
            ["SCYLLA_RATE_LIMIT_ERROR"] = "ERROR_CODE=61440",
            ["SCYLLA_USE_METADATA_ID"] = string.Empty,
            ["PROTOCOL_VERSIONS"] = "4/v4",
        });
        int.Parse(supported["SCYLLA_SHARD_AWARE_PORT"].Single()).Should().NotBe(cluster.Nodes[0].Endpoint.Port);
    }

    [Fact]
    public async Task Newer_versions_than_v4_are_refused()
    {
        await using var cluster = await StartAsync();
        await using var client = await RawClient.DialAsync(cluster.Nodes[0].Endpoint, ProtocolVersion.V5);

        var answer = await client.OptionsAsync();

        (answer.Header.Version, answer.Message).Should().Match<(byte Version, CqlResponse Message)>(told => told.Version == 4 && told.Message is ErrorResponse);
    }

    [Fact]
    public async Task On_the_shard_aware_port_the_clients_port_chooses_the_shard()
    {
        await using var cluster = await StartAsync(new EmbeddedScyllaOptions { ShardsPerNode = 5 });
        foreach (var shard in new[] { 3, 0, 4, 4 })
        {
            await using var client = await RawClient.DialShardAsync(await ShardAwareAsync(cluster.Nodes[0]), shard, 5);

            (await client.SupportedAsync())["SCYLLA_SHARD"].Should().Equal(shard.ToString());
            cluster.Nodes[0].Statistics.Connections.Should().ContainSingle(open => open.IsShardAware && open.Shard == shard && open.ShardCount == 5);
            (await client.StartupAsync()).Message.Should().BeOfType<ReadyResponse>();
        }
    }

    [Fact]
    public async Task On_the_plain_port_the_shard_with_the_fewest_connections_takes_it()
    {
        await using var cluster = await StartAsync(new EmbeddedScyllaOptions { ShardsPerNode = 3 });
        var node = cluster.Nodes[0];
        await using var wished = await RawClient.DialShardAsync(await ShardAwareAsync(node), 0, 3);
        (await wished.SupportedAsync())["SCYLLA_SHARD"].Should().Equal("0");
        var shards = new List<string>();
        var clients = new List<RawClient>();
        for (var i = 0; i < 4; i++)
        {
            clients.Add(await RawClient.DialAsync(node.Endpoint, ProtocolVersion.V4));
            shards.Add((await clients[^1].SupportedAsync())["SCYLLA_SHARD"].Single());
        }

        shards.Should().Equal("1", "2", "0", "1");
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Behind_an_address_translation_the_wish_is_lost()
    {
        var translated = 60_000;
        await using var cluster = await StartAsync(new EmbeddedScyllaOptions { ShardsPerNode = 4, SourcePortTranslation = _ => Interlocked.Increment(ref translated) });
        var port = await ShardAwareAsync(cluster.Nodes[0]);
        var shards = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            await using var client = await RawClient.DialShardAsync(port, 2, 4);
            shards.Add((await client.SupportedAsync())["SCYLLA_SHARD"].Single());
        }

        shards.Should().Equal("1", "2", "3", "0");
    }

    [Fact]
    public async Task There_may_be_no_shard_aware_port_and_no_host_id()
    {
        await using var cluster = await StartAsync(new EmbeddedScyllaOptions { HasShardAwarePort = false, NamesHostId = false });
        await using var client = await RawClient.DialAsync(cluster.Nodes[0].Endpoint, ProtocolVersion.V4);

        (await client.SupportedAsync()).Keys.Should().Contain("SCYLLA_NR_SHARDS").And.NotContain(["SCYLLA_SHARD_AWARE_PORT", "SCYLLA_SHARD_AWARE_PORT_SSL", "SCYLLA_HOST_ID"]);
    }

    [Fact]
    public async Task A_node_with_a_certificate_names_its_shard_aware_port_under_the_other_key()
    {
        using var certificate = HandshakeTests.Certificate();
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Scylla = new EmbeddedScyllaOptions(), ServerCertificate = certificate });
        await using var client = await RawClient.DialAsync(cluster.Nodes[0].Endpoint, ProtocolVersion.V4, certificate.Thumbprint);

        (await client.SupportedAsync()).Keys.Should().Contain("SCYLLA_SHARD_AWARE_PORT_SSL").And.NotContain("SCYLLA_SHARD_AWARE_PORT");
    }

    [Fact]
    public async Task There_is_one_table_of_peers_and_no_port_in_any()
    {
        await using var cluster = await StartAsync(nodes: 3);
        await using var client = await RawClient.ConnectAsync(cluster.Nodes[1], ProtocolVersion.V4);

        (await client.QueryAsync("SELECT * FROM system.peers_v2")).Error.Message.Should().Contain("peers_v2");
        (await client.PeersAsync()).Keys.Should().BeEquivalentTo(new[] { cluster.Nodes[0].HostId.Value, cluster.Nodes[2].HostId.Value });
        (await client.QueryAsync("SELECT rpc_port FROM system.local")).Error.Code.Should().Be(CqlErrorCode.Invalid);
        var local = (await client.QueryAsync("SELECT scylla_nr_shards, release_version FROM system.local")).Rows.Single();
        (BinaryPrimitives.ReadInt32BigEndian(local[0]), System.Text.Encoding.UTF8.GetString(local[1]!)).Should().Be((2, "3.0.8"));
    }

    [Fact]
    public async Task A_resharded_node_tells_new_connections_and_leaves_the_open_ones()
    {
        await using var cluster = await StartAsync(new EmbeddedScyllaOptions { ShardsPerNode = 4 });
        var node = cluster.Nodes[0];
        await using var before = await RawClient.ConnectAsync(node, ProtocolVersion.V4);

        await node.ReshardAsync(6);

        await using var after = await RawClient.ConnectAsync(node, ProtocolVersion.V4);
        (await before.SupportedAsync())["SCYLLA_NR_SHARDS"].Should().Equal("4");
        (await after.SupportedAsync())["SCYLLA_NR_SHARDS"].Should().Equal("6");
        node.Statistics.Connections.Select(open => open.ShardCount).Should().Equal(4, 6);
    }

    [Fact]
    public async Task A_node_that_restarts_to_reshard_resets_its_connections()
    {
        await using var cluster = await StartAsync();
        var node = cluster.Nodes[0];
        await using var before = await RawClient.ConnectAsync(node, ProtocolVersion.V4);

        await node.ReshardAsync(3, restarts: true);

        await FluentActions.Awaiting(before.ReceiveNextAsync).Should().ThrowAsync<IOException>();
        await using var after = await RawClient.ConnectAsync(node, ProtocolVersion.V4);
        (await after.SupportedAsync())["SCYLLA_NR_SHARDS"].Should().Equal("3");
    }

    [Fact]
    public async Task Nodes_of_Cassandra_have_no_shards()
    {
        await using var cluster = await EmbeddedCluster.StartAsync();
        await using var client = await RawClient.ConnectAsync(cluster.Nodes[0]);

        cluster.Nodes[0].ShardCount.Should().Be(0);
        (await client.SupportedAsync()).Keys.Should().NotContain(key => key.StartsWith("SCYLLA_", StringComparison.Ordinal));
        await FluentActions.Awaiting(() => cluster.Nodes[0].ReshardAsync(2)).Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task Options_that_contradict_each_other_are_named()
    {
        var options = new EmbeddedClusterOptions { Layout = EndpointLayout.Ports, Scylla = new EmbeddedScyllaOptions { ShardsPerNode = 0, IgnoreMsb = 64 } };

        (await FluentActions.Awaiting(() => EmbeddedCluster.StartAsync(options)).Should().ThrowAsync<ArgumentException>()).Which.Message
            .Should().Contain("Layout").And.Contain("ShardsPerNode").And.Contain("IgnoreMsb");
    }

    private static Task<EmbeddedCluster> StartAsync(EmbeddedScyllaOptions? scylla = null, int nodes = 1) =>
        EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = nodes, Scylla = scylla ?? new EmbeddedScyllaOptions() });

    private static async Task<NodeEndpoint> ShardAwareAsync(EmbeddedNode node)
    {
        await using var client = await RawClient.DialAsync(node.Endpoint, ProtocolVersion.V4);
        var port = new NodeEndpoint(node.Endpoint.Host, int.Parse((await client.SupportedAsync())["SCYLLA_SHARD_AWARE_PORT"].Single()));
        client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Both);
        await Eventually.BecomesTrueAsync(() => node.Statistics.ConnectionsOpen == 0, "the connection that asked is gone");
        return port;
    }
}
