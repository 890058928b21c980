using CqlDriver.IntegrationTests.Server;
using CqlDriver.IntegrationTests.Support;

namespace CqlDriver.IntegrationTests;

/// <summary>What a newcomer does first, with each protocol version and compression.</summary>
[Collection(PlainNodeCollection.Name)]
public sealed class FirstStepsTests(PlainNode server)
{
    private const int Rows = 2_000;
    private const int AtOnce = 64;

    [SkippableTheory]
    [InlineData(ProtocolVersion.V4, CqlCompression.None)]
    [InlineData(ProtocolVersion.V4, CqlCompression.Lz4)]
    [InlineData(ProtocolVersion.V4, CqlCompression.Snappy)]
    [InlineData(ProtocolVersion.V5, CqlCompression.None)]
    [InlineData(ProtocolVersion.V5, CqlCompression.Lz4)]
    public async Task Rows_written_at_once_are_read_back_page_by_page(ProtocolVersion version, CqlCompression compression)
    {
        server.SkipWithoutServer();
        await using var session = await server.ConnectAsync(version, compression);
        await session.UseNewKeyspaceAsync();
        await session.ExecuteAsync("CREATE TABLE readings (sensor int, at int, value text, PRIMARY KEY (sensor, at))");
        var insert = await session.PrepareAsync("INSERT INTO readings (sensor, at, value) VALUES (?, ?, ?)");

        await Parallel.ForEachAsync(
            Enumerable.Range(0, Rows),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (i, _) => await session.ExecuteAsync(insert, (i % 10, i, Text(i)), CancellationToken.None));

        var select = new SimpleStatement("SELECT sensor, at, value FROM readings").WithPageSize(300);
        var read = await (await session.ExecuteAsync(select)).ReadAllAsync(row => (row.Get<int>("sensor"), row.Get<int>("at"), row.Get<string>("value")));
        read.OrderBy(row => row.Item2).Should().Equal(Enumerable.Range(0, Rows).Select(i => (i % 10, i, Text(i))));
    }

    [SkippableTheory]
    [InlineData(ProtocolVersion.V4, CqlCompression.Snappy)]
    [InlineData(ProtocolVersion.V4, CqlCompression.None)]
    [InlineData(ProtocolVersion.V5, CqlCompression.Lz4)]
    [InlineData(ProtocolVersion.V5, CqlCompression.None)]
    public async Task Value_larger_than_many_segments_comes_back_whole(ProtocolVersion version, CqlCompression compression)
    {
        server.SkipWithoutServer();
        await using var session = await server.ConnectAsync(version, compression);
        await session.UseNewKeyspaceAsync();
        await session.ExecuteAsync("CREATE TABLE files (id int PRIMARY KEY, content blob)");
        var insert = await session.PrepareAsync("INSERT INTO files (id, content) VALUES (?, ?)");
        var content = new byte[1_500_000];
        new Random(1).NextBytes(content.AsSpan(0, content.Length / 2));

        await session.ExecuteAsync(insert, (1, content));

        var rows = await session.ExecuteAsync("SELECT content FROM files WHERE id = 1");
        rows.Single().Get<byte[]>(0).Should().Equal(content);
    }

    [SkippableFact]
    public async Task Topology_shows_the_node_as_the_server_describes_itself()
    {
        server.SkipWithoutServer();
        await using var session = await server.ConnectAsync();

        var row = (await session.ExecuteAsync("SELECT host_id, data_center, rack, release_version FROM system.local")).Single();

        var node = session.Cluster.Metadata.Nodes.Should().ContainSingle().Subject;
        node.HostId.ToString().Should().Be(row.Get<Guid>("host_id").ToString());
        node.Endpoint.Should().Be(new NodeEndpoint(server.ContactPoint, 9042));
        (node.Datacenter, node.Rack, node.ReleaseVersion).Should().Be((row.Get<string>("data_center"), row.Get<string>("rack"), row.Get<string>("release_version")));
        node.IsUp.Should().BeTrue();
    }

    [SkippableFact]
    public async Task Connection_string_is_enough_to_connect()
    {
        server.SkipWithoutServer();

        await using var session = await CqlSession.ConnectAsync($"Contact Points={server.ContactPoint};Local Datacenter={CassandraCluster.Datacenter};Keyspace=system");

        session.Keyspace.Should().Be("system");
        (await session.ExecuteAsync("SELECT key FROM local")).Single().Get<string>(0).Should().Be("local");
    }

    [SkippableFact]
    public async Task Mistakes_in_a_statement_are_told_as_what_they_are()
    {
        server.SkipWithoutServer();
        await using var session = await server.ConnectAsync();
        var keyspace = await session.UseNewKeyspaceAsync();

        await FluentActions.Awaiting(async () => await session.ExecuteAsync("SELEC 1")).Should().ThrowAsync<SyntaxException>();
        await FluentActions.Awaiting(async () => await session.ExecuteAsync("SELECT * FROM nowhere")).Should().ThrowAsync<InvalidQueryException>();
        await FluentActions.Awaiting(() => session.PrepareAsync("SELECT * FROM nowhere")).Should().ThrowAsync<InvalidQueryException>();
        var exists = await FluentActions.Awaiting(async () => await session.ExecuteAsync(
            $"CREATE KEYSPACE {keyspace} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}")).Should().ThrowAsync<AlreadyExistsException>();
        exists.Which.Keyspace.Should().Be(keyspace);
    }

    [SkippableFact]
    public async Task Keyspace_that_does_not_exist_is_told_at_connect()
    {
        server.SkipWithoutServer();
        var options = server.Options();
        options.Keyspace = "no_such_keyspace";

        var refused = await FluentActions.Awaiting(() => CqlSession.ConnectAsync(options)).Should().ThrowAsync<CqlException>();

        refused.Which.Message.Should().Contain("no_such_keyspace");
    }

    private static string Text(int number) => $"value {number} {new string('x', number % 50)}";
}
