using CqlDriver.Protocol;
using CqlDriver.Testing.Tests.Support;
using static CqlDriver.Testing.Tests.Support.CellText;

namespace CqlDriver.Testing.Tests;

public sealed class PreparedStatementTests : IAsyncLifetime
{
    private EmbeddedCluster _cluster = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        _cluster.Execute("CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
        _cluster.Execute("CREATE TABLE ks.t (k int PRIMARY KEY, v text)");
        _client = await RawClient.ConnectAsync(_cluster.Nodes[0]);
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_statement_is_prepared_on_its_node_only_and_can_be_forgotten()
    {
        var prepared = await _client.PrepareAsync("SELECT * FROM ks.t WHERE k = ?");
        await using var other = await RawClient.ConnectAsync(_cluster.Nodes[1]);

        (await other.ExecuteAsync(prepared, Int(1))).Error.Should().BeOfType<UnpreparedError>();
        (await _client.ExecuteAsync(prepared, Int(1))).Message.Should().BeOfType<RowsResponse>();
        _cluster.Nodes[0].ForgetPrepared();
        (await _client.ExecuteAsync(prepared, Int(1))).Error.Should().BeOfType<UnpreparedError>();
    }

    [Fact]
    public async Task Altering_a_table_forgets_its_statements_and_the_old_metadata_id_is_told_to_have_changed()
    {
        var old = await _client.PrepareAsync("SELECT * FROM ks.t WHERE k = ?");
        await _client.QueryAsync("ALTER TABLE ks.t ADD w int");
        (await _client.ExecuteAsync(old, Int(1))).Error.Should().BeOfType<UnpreparedError>();
        var renewed = await _client.PrepareAsync("SELECT * FROM ks.t WHERE k = ?");
        renewed.Id.Should().Equal(old.Id);

        var answer = await _client.ExecuteAsync(old, p => Skipping(p), Int(1));

        answer.RowsHeader.NewMetadataId.Should().Equal(renewed.ResultMetadataId);
        answer.RowsHeader.Metadata!.Columns.Select(column => column.Name).Should().Equal("k", "v", "w");
        (await _client.ExecuteAsync(renewed, p => Skipping(p), Int(1))).RowsHeader.Metadata.Should().BeNull();
    }

    [Fact]
    public async Task Named_values_find_their_markers_and_unset_ones_leave_what_is_there()
    {
        await _client.QueryAsync("INSERT INTO ks.t (k, v) VALUES (1, 'x')");
        var named = RawNamed(("v", RawClient.Unset), ("k", Int(1)));

        (await _client.QueryAsync("INSERT INTO ks.t (k, v) VALUES (:k, :v)", p => new QueryParameters(p.Consistency) { Values = named, ValueCount = 2, ValuesAreNamed = true }))
            .Message.Should().BeOfType<VoidResponse>();

        (await _client.QueryAsync("SELECT v FROM ks.t WHERE k = 1")).Rows[0][0].Should().Equal(Text("x"));
        (await _client.QueryAsync("INSERT INTO ks.t (k, v) VALUES (?, ?)", Int(1))).Error.Message.Should().StartWith("Invalid amount of bind variables");
    }

    [Fact]
    public async Task The_requests_own_keyspace_time_and_timestamp_count()
    {
        (await _client.QueryAsync("INSERT INTO t (k, v) VALUES (1, 'x') USING TTL 10", p => new QueryParameters(p.Consistency) { Keyspace = "ks", Timestamp = 42, NowInSeconds = 1000 }))
            .Message.Should().BeOfType<VoidResponse>();

        var alive = await _client.QueryAsync("SELECT writetime(v), ttl(v) FROM ks.t WHERE k = 1", p => new QueryParameters(p.Consistency) { NowInSeconds = 1004 });
        alive.Rows[0].Select((cell, i) => Of(i == 0 ? CqlType.Bigint : CqlType.Int, cell)).Should().Equal("42", "6");
        (await _client.QueryAsync("SELECT * FROM ks.t", p => new QueryParameters(p.Consistency) { NowInSeconds = 1010 })).Rows.Should().BeEmpty();
        (await _client.QueryAsync("SELECT * FROM t")).Error.Message.Should().StartWith("No keyspace has been specified");
    }

    [Fact]
    public async Task Batches_mix_texts_and_prepared_statements()
    {
        var prepared = await _client.PrepareAsync("INSERT INTO ks.t (k, v) VALUES (?, ?)");
        var answer = await _client.AskAsync((buffer, head) =>
        {
            using var statements = new Types.GrowableBuffer();
            BatchStatements.AppendPrepared(statements, prepared.Id, 2, RawClient.Values([Int(1), Text("a")]));
            BatchStatements.AppendQuery(statements, "INSERT INTO ks.t (k, v) VALUES (2, ?)", 1, RawClient.Values([Text("b")]));
            return RequestEncoder.Batch(buffer, head, new BatchParameters(BatchKind.Logged, ConsistencyLevel.One) { Statements = statements.WrittenSpan, StatementCount = 2, Timestamp = 7 });
        });

        answer.Message.Should().BeOfType<VoidResponse>();
        _cluster.Execute("SELECT k, writetime(v) FROM ks.t").Should().HaveCount(2).And.OnlyContain(row => row[1]!.SequenceEqual(new byte[] { 0, 0, 0, 0, 0, 0, 0, 7 }));
    }

    [Fact]
    public async Task A_traced_request_leaves_its_trace_in_the_system_tables()
    {
        var stream = await _client.SendAsync(RawClient.QueryEncoder("SELECT * FROM ks.t", p => p), traced: true);
        var id = (await _client.ReceiveAsync(answer => answer.Header.Stream == stream)).Message.Prefix.TracingId;

        id.Should().NotBeNull();
        (await _client.QueryAsync($"SELECT request FROM system_traces.sessions WHERE session_id = {id}")).Rows.Should().ContainSingle();
        (await _client.QueryAsync($"SELECT activity FROM system_traces.events WHERE session_id = {id}")).Rows.Should().HaveCount(2);
    }

    [Fact]
    public async Task Extensions_that_were_offered_and_taken_up_change_what_is_said()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions
        {
            SupportedOptions = { ["SCYLLA_USE_METADATA_ID"] = [""], ["SCYLLA_LWT_ADD_METADATA_MARK"] = ["LWT_OPTIMIZATION_META_BIT_MASK=2147483648"] },
        });
        await using var client = await RawClient.DialAsync(cluster.Nodes[0].Endpoint, ProtocolVersion.V4);
        await client.StartupAsync(null, ("SCYLLA_USE_METADATA_ID", ""), ("SCYLLA_LWT_ADD_METADATA_MARK", "2147483648"));
        client.Extensions = new ProtocolExtensions(HasResultMetadataIds: true);
        await client.QueryAsync("CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
        await client.QueryAsync("CREATE TABLE ks.t (k int PRIMARY KEY, v int)");

        var plain = await client.PrepareAsync("SELECT * FROM ks.t");
        var conditional = await client.PrepareAsync("INSERT INTO ks.t (k, v) VALUES (?, ?) IF NOT EXISTS");

        plain.ResultMetadataId.Should().HaveCount(16);
        (plain.Variables.HasMark(0x8000_0000), conditional.Variables.HasMark(0x8000_0000)).Should().Be((false, true));
    }

    private static QueryParameters Skipping(QueryParameters p) => new(p.Consistency) { Values = p.Values, ValueCount = p.ValueCount, SkipMetadata = true };

    private static byte[] RawNamed(params (string Name, byte[] Value)[] values) =>
        [.. values.SelectMany(value => (byte[])[0, (byte)value.Name.Length, .. Text(value.Name), .. RawClient.Values([value.Value])])];
}
