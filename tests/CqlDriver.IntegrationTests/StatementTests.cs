using CqlDriver.IntegrationTests.Server;
using CqlDriver.IntegrationTests.Support;

namespace CqlDriver.IntegrationTests;

/// <summary>Paging, batches, conditional statements, schema changes under prepared statements, tracing, warnings.</summary>
[Collection(PlainNodeCollection.Name)]
public sealed class StatementTests(PlainNode server)
{
    [SkippableTheory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task Paging_goes_on_from_a_state_in_another_session(ProtocolVersion version)
    {
        server.SkipWithoutServer();
        await using var first = await server.ConnectAsync(version);
        var keyspace = await first.UseNewKeyspaceAsync();
        await first.ExecuteAsync("CREATE TABLE numbers (part int, n int, PRIMARY KEY (part, n))");
        var insert = await first.PrepareAsync("INSERT INTO numbers (part, n) VALUES (0, ?)");
        for (var n = 0; n < 25; n++)
        {
            await first.ExecuteAsync(insert, n);
        }

        var select = new SimpleStatement($"SELECT n FROM {keyspace}.numbers WHERE part = ?", 0).WithPageSize(10);
        var page = await first.ExecuteAsync(select);
        var state = PagingState.Parse(page.PagingState!.ToString());
        await using var second = await server.ConnectAsync(version);
        var rest = await second.ExecuteAsync(select.WithPagingState(state));

        page.Count.Should().Be(10);
        page.HasMorePages.Should().BeTrue();
        (await rest.ReadAllAsync(row => row.Get<int>(0))).Should().Equal(Enumerable.Range(10, 15));
    }

    [SkippableFact]
    public async Task Page_by_page_with_a_prepared_statement()
    {
        server.SkipWithoutServer();
        await using var session = await server.ConnectAsync();
        await session.UseNewKeyspaceAsync();
        await session.ExecuteAsync("CREATE TABLE numbers (part int, n int, PRIMARY KEY (part, n))");
        var insert = await session.PrepareAsync("INSERT INTO numbers (part, n) VALUES (0, ?)");
        for (var n = 0; n < 7; n++)
        {
            await session.ExecuteAsync(insert, n);
        }

        var select = await session.PrepareAsync("SELECT n FROM numbers WHERE part = ?");
        var pages = new List<int[]>();
        var page = await session.ExecuteAsync(select.Bind(0).WithPageSize(3));
        pages.Add(Numbers(page));
        while (page.HasMorePages)
        {
            page = await page.FetchNextPageAsync();
            pages.Add(Numbers(page));
        }

        pages.SelectMany(numbers => numbers).Should().Equal(Enumerable.Range(0, 7));
        pages[0].Should().HaveCount(3);

        static int[] Numbers(RowSet page)
        {
            var numbers = new List<int>();
            foreach (var row in page)
            {
                numbers.Add(row.Get<int>("n"));
            }

            return [.. numbers];
        }
    }

    [SkippableTheory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task Batch_of_simple_and_bound_statements_is_applied(ProtocolVersion version)
    {
        server.SkipWithoutServer();
        await using var session = await server.ConnectAsync(version);
        await session.UseNewKeyspaceAsync();
        await session.ExecuteAsync("CREATE TABLE items (id int PRIMARY KEY, name text)");
        await session.ExecuteAsync("CREATE TABLE hits (id int PRIMARY KEY, count counter)");
        var insert = await session.PrepareAsync("INSERT INTO items (id, name) VALUES (?, ?)");
        var hit = await session.PrepareAsync("UPDATE hits SET count = count + ? WHERE id = ?");

        await session.ExecuteAsync(new BatchStatement(BatchType.Logged).Add(insert.Bind(1, "one")).Add("INSERT INTO items (id, name) VALUES (?, ?)", 2, "two"));
        await session.ExecuteAsync(new BatchStatement(BatchType.Unlogged).Add(insert.Bind(3, "three")).WithTimestamp(1_700_000_000_000_000));
        await session.ExecuteAsync(new BatchStatement(BatchType.Counter).Add(hit.Bind(2L, 1)).Add(hit.Bind(5L, 1)));

        var names = await (await session.ExecuteAsync("SELECT id, name FROM items")).ReadAllAsync(row => (row.Get<int>(0), row.Get<string>(1)));
        names.Should().BeEquivalentTo([(1, "one"), (2, "two"), (3, "three")]);
        (await session.ExecuteAsync("SELECT WRITETIME(name) FROM items WHERE id = 3")).Single().Get<long>(0).Should().Be(1_700_000_000_000_000);
        (await session.ExecuteAsync("SELECT count FROM hits WHERE id = 1")).Single().Get<long>(0).Should().Be(7);
    }

    [SkippableTheory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task Conditional_insert_tells_whether_it_was_applied(ProtocolVersion version)
    {
        server.SkipWithoutServer();
        await using var session = await server.ConnectAsync(version);
        await session.UseNewKeyspaceAsync();
        await session.ExecuteAsync("CREATE TABLE names (id int PRIMARY KEY, owner text)");
        var claim = await session.PrepareAsync("INSERT INTO names (id, owner) VALUES (?, ?) IF NOT EXISTS");

        var won = await session.ExecuteAsync(claim.Bind(1, "first").WithSerialConsistency(ConsistencyLevel.LocalSerial));
        var lost = await session.ExecuteAsync(claim, (1, "second"));

        won.WasApplied.Should().BeTrue();
        lost.WasApplied.Should().BeFalse();
        lost.Single().Get<string>("owner").Should().Be("first");
    }

    [SkippableTheory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task Prepared_statement_survives_an_altered_table(ProtocolVersion version)
    {
        server.SkipWithoutServer();
        await using var session = await server.ConnectAsync(version);
        await session.UseNewKeyspaceAsync();
        await session.ExecuteAsync("CREATE TABLE items (id int PRIMARY KEY, name text)");
        var insert = await session.PrepareAsync("INSERT INTO items (id, name) VALUES (?, ?)");
        var select = await session.PrepareAsync("SELECT * FROM items WHERE id = ?");
        await session.ExecuteAsync(insert, (1, "one"));
        (await session.ExecuteAsync(select, 1)).Single().Columns.Should().HaveCount(2);

        await session.ExecuteAsync("ALTER TABLE items ADD a_price int");
        await session.ExecuteAsync("UPDATE items SET a_price = 7 WHERE id = 1");
        await session.ExecuteAsync(insert, (2, "two"));
        var row = (await session.ExecuteAsync(select, 1)).Single();

        (row.Get<int>("a_price"), row.Get<string>("name")).Should().Be((7, "one"));
        (await session.ExecuteAsync(select, 2)).Single().IsNull("a_price").Should().BeTrue();
    }

    [SkippableTheory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task Traced_request_has_a_trace_with_events(ProtocolVersion version)
    {
        server.SkipWithoutServer();
        await using var session = await server.ConnectAsync(version);

        var rows = await session.ExecuteAsync(new SimpleStatement("SELECT * FROM system.local").WithTracing());
        var trace = await session.GetTraceAsync(rows.Info.TracingId!.Value);

        trace.Duration.Should().BePositive();
        trace.Events.Should().NotBeEmpty();
        trace.Parameters.Should().ContainKey("query");
        (await session.ExecuteAsync("SELECT key FROM system.local")).Info.TracingId.Should().BeNull();
    }

    [SkippableFact]
    public async Task Warnings_of_the_server_come_with_the_result()
    {
        server.SkipWithoutServer();
        await using var session = await server.ConnectAsync();
        await session.UseNewKeyspaceAsync();
        await session.ExecuteAsync("CREATE TABLE items (id int PRIMARY KEY)");
        var insert = await session.PrepareAsync("INSERT INTO items (id) VALUES (?)");
        var manyPartitions = new BatchStatement(BatchType.Unlogged);
        for (var id = 0; id < 30; id++)
        {
            manyPartitions.Add(insert.Bind(id));
        }

        var result = await session.ExecuteAsync(manyPartitions);

        result.Info.Warnings.Should().ContainSingle().Which.Should().Contain("Unlogged batch covering 30 partitions");
        result.Info.Coordinator.Endpoint!.Host.Should().Be(server.ContactPoint);
    }

    [SkippableTheory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task Values_by_position_and_by_name_null_and_unset(ProtocolVersion version)
    {
        server.SkipWithoutServer();
        await using var session = await server.ConnectAsync(version);
        await session.UseNewKeyspaceAsync();
        await session.ExecuteAsync("CREATE TABLE items (id int PRIMARY KEY, a text, b text)");
        var insert = await session.PrepareAsync("INSERT INTO items (id, a, b) VALUES (:id, :a, :b)");

        await session.ExecuteAsync(insert, (1, "a", "b"));
        await session.ExecuteAsync(insert.Bind(1, null, Unset.Value));
        await session.ExecuteAsync(insert.BindNamed(new Dictionary<string, object?> { ["b"] = "named", ["id"] = 2 }));
        await session.ExecuteAsync(SimpleStatement.WithNames(
            "INSERT INTO items (id, a) VALUES (:id, :a)", new Dictionary<string, object?> { ["a"] = "by name", ["id"] = 3 }));

        var rows = await (await session.ExecuteAsync("SELECT id, a, b FROM items"))
            .ReadAllAsync(row => (row.Get<int>(0), row.Get<string?>(1), row.Get<string?>(2)));
        rows.Should().BeEquivalentTo([(1, (string?)null, "b"), (2, null, "named"), (3, "by name", null)]);
    }
}
