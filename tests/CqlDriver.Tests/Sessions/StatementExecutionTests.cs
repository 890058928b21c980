using System.Text;
using CqlDriver.Testing;

namespace CqlDriver.Tests.Sessions;

public sealed class StatementExecutionTests
{
    public static TheoryData<ProtocolVersion, CqlCompression> Wires() => new()
    {
        { ProtocolVersion.V4, CqlCompression.None },
        { ProtocolVersion.V4, CqlCompression.Lz4 },
        { ProtocolVersion.V4, CqlCompression.Snappy },
        { ProtocolVersion.V5, CqlCompression.None },
        { ProtocolVersion.V5, CqlCompression.Lz4 },
    };

    [Theory]
    [MemberData(nameof(Wires))]
    public async Task Every_kind_of_statement_writes_and_reads(ProtocolVersion version, CqlCompression compression)
    {
        await using var cluster = await TestCluster.StartAsync(configure: options => (options.ProtocolVersion, options.Compression) = (version, compression));
        var session = cluster.Session;
        var insert = await session.PrepareAsync("INSERT INTO t (id, n, v) VALUES (?, ?, ?)");
        var select = await session.PrepareAsync("SELECT v FROM t WHERE id = ? AND n = ?");

        await session.ExecuteAsync("INSERT INTO t (id, n, v) VALUES (1, 1, 'text')");
        await session.ExecuteAsync(new SimpleStatement("INSERT INTO t (id, n, v) VALUES (?, ?, ?)", 1, 2, "positional"));
        await session.ExecuteAsync(SimpleStatement.WithNames(
            "INSERT INTO t (id, n, v) VALUES (:id, :n, :v)", new Dictionary<string, object?> { ["v"] = "named", ["id"] = 1, ["n"] = 3 }));
        await session.ExecuteAsync(insert, (1, 4, "typed"));
        await session.ExecuteAsync(insert.Bind(1, 5, "bound"));
        await session.ExecuteAsync(insert.Bind([1, 6, "objects"]));
        await session.ExecuteAsync(insert.BindNamed(new Dictionary<string, object?> { ["v"] = "by name", ["id"] = 1, ["n"] = 7 }));

        foreach (var (n, expected) in new[] { (1, "text"), (2, "positional"), (3, "named"), (4, "typed"), (5, "bound"), (6, "objects"), (7, "by name") })
        {
            using var rows = await session.ExecuteAsync(select, (1, n));
            rows.Single().Get<string>("v").Should().Be(expected);
        }
    }

    [Theory]
    [InlineData(BatchType.Logged)]
    [InlineData(BatchType.Unlogged)]
    public async Task A_batch_executes_all_its_statements(BatchType type)
    {
        await using var cluster = await TestCluster.StartAsync();
        var insert = await cluster.Session.PrepareAsync("INSERT INTO t (id, n, v) VALUES (?, ?, ?)");

        await cluster.Session.ExecuteAsync(new BatchStatement(type)
            .Add(insert.Bind(1, 1, "bound"))
            .Add("INSERT INTO t (id, n, v) VALUES (?, ?, ?)", 1, 2, "simple")
            .Add("INSERT INTO t (id, n, v) VALUES (1, 3, 'text')"));

        var rows = await cluster.Session.ExecuteAsync("SELECT v FROM t WHERE id = 1");
        Values(rows).Should().Equal("bound", "simple", "text");
    }

    [Fact]
    public async Task A_counter_batch_adds_to_counters()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Server.Execute("CREATE TABLE ks.c (id int PRIMARY KEY, hits counter)");
        var add = await cluster.Session.PrepareAsync("UPDATE c SET hits = hits + ? WHERE id = ?");

        await cluster.Session.ExecuteAsync(new BatchStatement(BatchType.Counter).Add(add.Bind(2L, 1)).Add(add.Bind(3L, 1)));

        using var rows = await cluster.Session.ExecuteAsync("SELECT hits FROM c WHERE id = 1");
        rows.Single().Get<long>(0).Should().Be(5);
    }

    [Theory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task What_a_statement_says_reaches_the_server(ProtocolVersion version)
    {
        await using var cluster = await TestCluster.StartAsync(configure: options => options.ProtocolVersion = version);
        var statement = new SimpleStatement("SELECT * FROM t WHERE id = ?", 1)
            .WithConsistency(ConsistencyLevel.EachQuorum)
            .WithSerialConsistency(ConsistencyLevel.LocalSerial)
            .WithTimestamp(1234)
            .WithPageSize(17)
            .WithCustomPayload(new Dictionary<string, byte[]?> { ["who"] = Encoding.UTF8.GetBytes("me"), ["none"] = null });

        await cluster.Session.ExecuteAsync(statement);

        var seen = cluster.Node.Statistics.RequestsWith("SELECT * FROM t").Should().ContainSingle().Subject;
        seen.Version.Should().Be((int)version);
        seen.Consistency.Should().Be(ConsistencyLevel.EachQuorum);
        seen.SerialConsistency.Should().Be(ConsistencyLevel.LocalSerial);
        seen.Timestamp.Should().Be(1234);
        seen.PageSize.Should().Be(17);
        seen.CustomPayload.Should().ContainKey("who").WhoseValue.Should().Equal("me"u8.ToArray());
        seen.CustomPayload.Should().ContainKey("none").WhoseValue.Should().BeNull();
    }

    [Fact]
    public async Task What_a_statement_does_not_say_the_session_says()
    {
        await using var cluster = await TestCluster.StartAsync(configure: options =>
        {
            options.Consistency = ConsistencyLevel.Two;
            options.SerialConsistency = ConsistencyLevel.Serial;
            options.PageSize = 99;
        });

        await cluster.Session.ExecuteAsync("SELECT * FROM t");

        var seen = cluster.Node.Statistics.RequestsWith("SELECT * FROM t").Should().ContainSingle().Subject;
        seen.Consistency.Should().Be(ConsistencyLevel.Two);
        seen.SerialConsistency.Should().Be(ConsistencyLevel.Serial);
        seen.PageSize.Should().Be(99);
        seen.Timestamp.Should().NotBeNull("the client gives timestamps that grow");
    }

    [Fact]
    public async Task A_keyspace_and_a_time_of_its_own_need_v5()
    {
        await using var cluster = await TestCluster.StartAsync(configure: options => options.ProtocolVersion = ProtocolVersion.V5);
        cluster.Server.Execute("CREATE KEYSPACE other WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
        cluster.Server.Execute("CREATE TABLE other.t (id int PRIMARY KEY)");

        using var rows = await cluster.Session.ExecuteAsync(new SimpleStatement("SELECT * FROM t").WithKeyspace("other").WithNowInSeconds(77));

        rows.Columns.Should().ContainSingle().Which.Keyspace.Should().Be("other");
        cluster.Node.Statistics.RequestsWith("SELECT * FROM t")[^1].NowInSeconds.Should().Be(77);
    }

    [Fact]
    public async Task A_keyspace_of_its_own_on_v4_is_an_error_that_says_so()
    {
        await using var cluster = await TestCluster.StartAsync(configure: options => options.ProtocolVersion = ProtocolVersion.V4);

        var execute = async () => await cluster.Session.ExecuteAsync(new SimpleStatement("SELECT * FROM t").WithKeyspace("other"));

        (await execute.Should().ThrowAsync<NoNodeAvailableException>()).WithMessage("*protocol v5*V4*");
        cluster.Node.Statistics.RequestsWith("SELECT * FROM t").Should().BeEmpty();
    }

    [Fact]
    public async Task Warnings_and_payloads_of_the_server_are_told()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Faults.Add(new FaultRule(FaultReaction.Attach(["mind the gap"], new Dictionary<string, byte[]?> { ["k"] = [1, 2] })) { StatementContains = "SELECT" });

        using var rows = await cluster.Session.ExecuteAsync("SELECT * FROM t");

        rows.Info.Warnings.Should().Equal("mind the gap");
        rows.Info.CustomPayload["k"].Should().Equal(1, 2);
        rows.Info.Coordinator.HostId.Should().Be(cluster.Node.HostId);
    }

    [Fact]
    public async Task A_traced_request_has_a_trace()
    {
        await using var cluster = await TestCluster.StartAsync();

        using var rows = await cluster.Session.ExecuteAsync(new SimpleStatement("SELECT * FROM t").WithTracing());
        var trace = await cluster.Session.GetTraceAsync(rows.Info.TracingId!.Value);

        trace.Id.Should().Be(rows.Info.TracingId!.Value);
        trace.Events.Should().NotBeEmpty();
    }

    [Fact]
    public async Task A_conditional_write_tells_whether_it_was_applied()
    {
        await using var cluster = await TestCluster.StartAsync();
        const string Insert = "INSERT INTO t (id, n, v) VALUES (1, 1, 'a') IF NOT EXISTS";

        (await cluster.Session.ExecuteAsync(Insert)).WasApplied.Should().BeTrue();
        (await cluster.Session.ExecuteAsync(Insert)).WasApplied.Should().BeFalse();
    }

    [Fact]
    public async Task One_statement_runs_from_many_threads_with_values_of_their_own()
    {
        await using var cluster = await TestCluster.StartAsync();
        var echo = await cluster.Session.PrepareAsync("SELECT n FROM t WHERE id = ? AND n = ?");
        cluster.Fill(1, 64);

        await Parallel.ForEachAsync(Enumerable.Range(0, 20_000), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, token) =>
        {
            using var rows = await cluster.Session.ExecuteAsync(echo, (1, i % 64), token);
            rows.Single().Get<int>(0).Should().Be(i % 64);
        });
    }

    [Fact]
    public async Task What_happens_to_the_callers_objects_afterwards_changes_nothing()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Server.Execute("CREATE TABLE ks.b (id int PRIMARY KEY, v blob)");
        var insert = await cluster.Session.PrepareAsync("INSERT INTO b (id, v) VALUES (?, ?)");
        var gate = new FaultGate();
        cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = RequestKind.Execute, Times = 1 });
        byte[] value = [1, 2, 3];

        var pending = cluster.Session.ExecuteAsync(insert, (1, value)).AsTask();
        var bound = insert.Bind(2, value);
        value.AsSpan().Clear();
        gate.Open();
        await pending;
        await cluster.Session.ExecuteAsync(bound);

        cluster.Stored("SELECT v FROM ks.b").Should().AllSatisfy(row => row[0].Should().Equal(1, 2, 3));
    }

    [Fact]
    public async Task A_value_that_does_not_fit_is_an_error_before_anything_is_sent()
    {
        await using var cluster = await TestCluster.StartAsync();
        var insert = await cluster.Session.PrepareAsync("INSERT INTO t (id, n, v) VALUES (?, ?, ?)");

        FluentActions.Invoking(() => cluster.Session.ExecuteAsync(insert, (1, "two", "v"))).Should().Throw<CqlValueException>()
            .Which.Should().BeEquivalentTo(new { ColumnName = "n", CqlType = CqlType.Int, ClrType = typeof(string) });
        FluentActions.Invoking(() => insert.Bind(1, 2)).Should().Throw<ArgumentException>().WithMessage("*takes 3 value(s) and was given 2*");
        FluentActions.Invoking(() => cluster.Session.ExecuteAsync(new BatchStatement())).Should().Throw<ArgumentException>().WithMessage("*empty*");
        cluster.Node.Statistics.Count(RequestKind.Execute).Should().Be(0);
    }

    [Fact]
    public async Task Null_unset_and_empty_are_three_things()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Server.Execute("INSERT INTO ks.t (id, n, v) VALUES (1, 1, 'old')");
        cluster.Server.Execute("INSERT INTO ks.t (id, n, v) VALUES (1, 2, 'old')");
        var insert = await cluster.Session.PrepareAsync("INSERT INTO t (id, n, v) VALUES (?, ?, ?)");

        await cluster.Session.ExecuteAsync(insert, (1, 1, Unset.Value));
        await cluster.Session.ExecuteAsync(insert, (1, 2, (string?)null));
        await cluster.Session.ExecuteAsync(insert, (1, 3, ""));

        Values(await cluster.Session.ExecuteAsync("SELECT v FROM t WHERE id = 1")).Should().Equal("old", null, "");
    }

    [Fact]
    public async Task Server_errors_carry_their_fields_and_the_node()
    {
        await using var cluster = await TestCluster.StartAsync();

        var syntax = async () => await cluster.Session.ExecuteAsync("SELEKT 1");
        var invalid = async () => await cluster.Session.ExecuteAsync("SELECT nothing FROM t");
        var exists = async () => await cluster.Session.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY)");

        (await syntax.Should().ThrowAsync<SyntaxException>()).Which.HostId.Should().Be(cluster.Node.HostId);
        (await invalid.Should().ThrowAsync<InvalidQueryException>()).Which.MayHaveBeenExecuted.Should().BeFalse();
        (await exists.Should().ThrowAsync<AlreadyExistsException>()).Which.Should().BeEquivalentTo(new { Keyspace = "ks", Table = "t" });
    }

    private static List<string?> Values(RowSet rows)
    {
        var values = new List<string?>();
        foreach (var row in rows)
        {
            values.Add(row.Get<string?>("v"));
        }

        return values;
    }
}
