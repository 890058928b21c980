using CqlDriver.IntegrationTests.Server;
using CqlDriver.IntegrationTests.Support;

namespace CqlDriver.IntegrationTests;

/// <summary>Values the server made from literals are read, and written back with the same bytes.</summary>
[Collection(PlainNodeCollection.Name)]
public sealed class TypeTests(PlainNode server)
{
    public static TheoryData<string> Types => [.. TypeCase.All.Select(sample => sample.Type)];

    [SkippableTheory]
    [MemberData(nameof(Types))]
    public async Task Value_is_read_and_written_as_the_server_does(string type)
    {
        server.SkipWithoutServer();
        await using var session = await server.ConnectAsync();
        await session.UseNewKeyspaceAsync();

        await TypeCase.All.Single(sample => sample.Type == type).CheckAsync(session);
    }

    [SkippableFact]
    public async Task User_type_is_read_and_written_by_field()
    {
        server.SkipWithoutServer();
        await using var session = await server.ConnectAsync();
        await session.UseNewKeyspaceAsync();
        await session.ExecuteAsync("CREATE TYPE address (street text, number int, tags set<text>)");
        await session.ExecuteAsync("CREATE TABLE people (id int PRIMARY KEY, home frozen<address>)");
        await session.ExecuteAsync("INSERT INTO people (id, home) VALUES (1, {street: 'Main', number: 5, tags: {'a'}})");

        var home = (await session.ExecuteAsync("SELECT home FROM people WHERE id = 1")).Single().Get<UdtValue>(0);
        home.Set("number", 6).Set("tags", (HashSet<string>?)null);
        await session.ExecuteAsync(await session.PrepareAsync("INSERT INTO people (id, home) VALUES (?, ?)"), (2, home));
        var moved = (await session.ExecuteAsync("SELECT home FROM people WHERE id = 2")).Single().Get<UdtValue>(0);

        (moved.Get<string>("street"), moved.Get<int>("number"), moved.IsNull("tags")).Should().Be(("Main", 6, true));
    }

    [SkippableTheory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task Vector_and_duration_work_in_both_versions(ProtocolVersion version)
    {
        server.SkipWithoutServer();
        await using var session = await server.ConnectAsync(version);
        await session.UseNewKeyspaceAsync();
        await session.ExecuteAsync("CREATE TABLE samples (id int PRIMARY KEY, v vector<float, 2>, d duration)");
        var insert = await session.PrepareAsync("INSERT INTO samples (id, v, d) VALUES (?, ?, ?)");

        await session.ExecuteAsync(insert, (1, new[] { 0.25f, 8f }, new CqlDuration(1, 2, 3)));

        var row = (await session.ExecuteAsync("SELECT v, d FROM samples WHERE id = 1")).Single();
        row.Get<float[]>("v").Should().Equal(0.25f, 8f);
        row.Get<CqlDuration>("d").Should().Be(new CqlDuration(1, 2, 3));
    }
}
