using CqlDriver.Protocol;
using CqlDriver.Testing.Tests.Support;

namespace CqlDriver.Testing.Tests;

public sealed class HandshakeTests
{
    public static TheoryData<ProtocolVersion, string?> Ways => new()
    {
        { ProtocolVersion.V4, null }, { ProtocolVersion.V4, "lz4" }, { ProtocolVersion.V4, "snappy" }, { ProtocolVersion.V5, null }, { ProtocolVersion.V5, "lz4" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Every_version_and_compression_carries_small_and_large_statements(ProtocolVersion version, string? compression)
    {
        await using var cluster = await EmbeddedCluster.StartAsync();
        cluster.Execute("CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
        cluster.Execute("CREATE TABLE ks.t (id int PRIMARY KEY, v blob)");
        await using var client = await RawClient.ConnectAsync(cluster.Nodes[0], version, compression);
        var large = new byte[700_000];
        new Random(7).NextBytes(large.AsSpan(0, 350_000));

        (await client.QueryAsync("INSERT INTO ks.t (id, v) VALUES (?, ?)", [0, 0, 0, 1], large)).Message.Should().BeOfType<VoidResponse>();
        var rows = (await client.QueryAsync("SELECT v FROM ks.t WHERE id = 1")).Rows;

        rows.Should().ContainSingle().Which[0].Should().Equal(large);
    }
}
