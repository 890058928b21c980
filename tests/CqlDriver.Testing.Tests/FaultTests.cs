using CqlDriver.Protocol;
using CqlDriver.Testing.Tests.Support;

namespace CqlDriver.Testing.Tests;

public sealed class FaultTests : IAsyncLifetime
{
    private EmbeddedCluster _cluster = null!;
    private RawClient _client = null!;

    private EmbeddedNode Node => _cluster.Nodes[0];

    public async Task InitializeAsync()
    {
        _cluster = await EmbeddedCluster.StartAsync();
        _cluster.Execute("CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
        _cluster.Execute("CREATE TABLE ks.t (k int PRIMARY KEY, v text)");
        _client = await RawClient.ConnectAsync(Node);
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    public static TheoryData<ServerError> Errors =>
    [
        ServerError.Unavailable(ConsistencyLevel.Quorum, 2, 1), ServerError.Overloaded(), ServerError.Bootstrapping(), ServerError.Internal("x"),
        ServerError.ReadTimeout(ConsistencyLevel.One, 0, 1, true), ServerError.WriteTimeout(ConsistencyLevel.All, 1, 3, WriteType.Cas, 4),
        ServerError.ReadFailure(ConsistencyLevel.Two, 1, 2, [new ReplicaFailure(System.Net.IPAddress.Loopback, RequestFailureReason.NodeDown)]),
        ServerError.WriteFailure(ConsistencyLevel.Two, 1, 2, [new ReplicaFailure(System.Net.IPAddress.IPv6Loopback, RequestFailureReason.Timeout)], WriteType.Batch),
        ServerError.FunctionFailure("f", "ks", "g", "int"), ServerError.CasWriteUnknown(ConsistencyLevel.Serial, 1, 2), ServerError.WithCode(0x4321, "new"),
    ];

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Any_error_can_be_answered_with_all_its_fields(ServerError error)
    {
        _cluster.Faults.Add(new FaultRule(FaultReaction.Fail(error)) { StatementContains = "FROM ks.t" });

        (await _client.QueryAsync("SELECT * FROM ks.t")).Error.Should().BeEquivalentTo(error.Response, options => options.RespectingRuntimeTypes());
    }

    [Fact]
    public async Task A_rule_reacts_to_what_matches_after_skipping_and_so_often()
    {
        var rule = _cluster.Faults.Add(new FaultRule(FaultReaction.Fail(ServerError.Overloaded())) { Kind = RequestKind.Query, StatementContains = "ks.T", Skip = 1, Times = 2 });
        var outcomes = new List<bool>();
        for (var i = 0; i < 5; i++)
        {
            outcomes.Add((await _client.QueryAsync("SELECT * FROM ks.t")).Message is ErrorResponse);
        }

        outcomes.Should().Equal(false, true, true, false, false);
        rule.Hits.Should().Be(2);
        await rule.WaitForHitsAsync(2);
        await ((Func<Task>)(() => rule.WaitForHitsAsync(3, TimeSpan.FromMilliseconds(1)))).Should().ThrowAsync<TimeoutException>().WithMessage("*3 hits*there were 2, of 5 matching requests*");
    }

    [Fact]
    public async Task A_statement_may_have_been_executed_although_its_answer_says_otherwise()
    {
        var timeout = FaultReaction.Fail(ServerError.WriteTimeout(ConsistencyLevel.One, 0, 1));
        _cluster.Faults.Add(new FaultRule(timeout) { StatementContains = "VALUES (1", RunsStatementFirst = true });
        _cluster.Faults.Add(new FaultRule(timeout) { StatementContains = "VALUES (2" });

        (await _client.QueryAsync("INSERT INTO ks.t (k) VALUES (1)")).Error.Should().BeOfType<WriteTimeoutError>();
        (await _client.QueryAsync("INSERT INTO ks.t (k) VALUES (2)")).Error.Should().BeOfType<WriteTimeoutError>();

        _cluster.Execute("SELECT k FROM ks.t").Should().ContainSingle().Which[0].Should().Equal(0, 0, 0, 1);
    }

    [Fact]
    public async Task An_answer_is_held_back_until_the_gate_opens_while_others_pass()
    {
        var gate = new FaultGate();
        var rule = _cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { StatementContains = "k = 1" });
        var slow = await _client.SendAsync(RawClient.QueryEncoder("SELECT * FROM ks.t WHERE k = 1", p => p));
        await rule.WaitForHitsAsync(1);

        (await _client.QueryAsync("SELECT * FROM ks.t WHERE k = 2")).Message.Should().BeOfType<RowsResponse>();
        gate.Open();

        (await _client.ReceiveAsync(answer => answer.Header.Stream == slow)).Message.Should().BeOfType<RowsResponse>();
    }

    [Fact]
    public async Task A_dropped_answer_never_comes()
    {
        _cluster.Faults.Add(new FaultRule(FaultReaction.Drop()) { StatementContains = "k = 1" });
        var lost = await _client.SendAsync(RawClient.QueryEncoder("SELECT * FROM ks.t WHERE k = 1", p => p));

        var next = await _client.QueryAsync("SELECT * FROM ks.t WHERE k = 2");

        next.Header.Stream.Should().NotBe(lost);
        (await _client.OptionsAsync()).Header.Stream.Should().NotBe(lost);
    }

    [Fact]
    public async Task Connections_are_closed_reset_and_half_closed()
    {
        _cluster.Faults.Add(new FaultRule(FaultReaction.Close()) { StatementContains = "close" });
        _cluster.Faults.Add(new FaultRule(FaultReaction.Reset()) { StatementContains = "reset" });
        _cluster.Faults.Add(new FaultRule(FaultReaction.HalfClose()) { StatementContains = "half" });
        await using var second = await RawClient.ConnectAsync(Node);
        await using var third = await RawClient.ConnectAsync(Node);

        await _client.SendAsync(RawClient.QueryEncoder("close", p => p));
        (await _client.ReceiveNextAsync()).Should().BeNull();
        await second.SendAsync(RawClient.QueryEncoder("reset", p => p));
        await ((Func<Task>)(() => second.ReceiveNextAsync())).Should().ThrowAsync<IOException>();
        await third.SendAsync(RawClient.QueryEncoder("half", p => p));
        (await third.ReceiveNextAsync()).Should().BeNull();
        await third.SendAsync(RawClient.QueryEncoder("SELECT * FROM ks.t", p => p));
    }

    [Fact]
    public async Task Garbage_comes_as_it_was_given()
    {
        _cluster.Faults.Add(new FaultRule(FaultReaction.SendBytes("HTTP/1.1 400\r\n"u8.ToArray())) { Kind = RequestKind.Connect });
        await using var client = await RawClient.DialAsync(Node.Endpoint);
        var bytes = new byte[14];

        (await client.ReadRawAsync(bytes)).Should().Be(14);
        System.Text.Encoding.ASCII.GetString(bytes).Should().Be("HTTP/1.1 400\r\n");
    }

    [Fact]
    public async Task Dials_are_held_back_and_refused()
    {
        var gate = new FaultGate();
        var held = _cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = RequestKind.Connect, Times = 1 });
        var connecting = RawClient.ConnectAsync(Node);
        await held.WaitForHitsAsync(1);
        connecting.IsCompleted.Should().BeFalse();
        gate.Open();
        await (await connecting).DisposeAsync();

        _cluster.Faults.Clear();
        _cluster.Faults.Add(new FaultRule(FaultReaction.Reset()) { Kind = RequestKind.Connect });
        await ((Func<Task>)(() => RawClient.ConnectAsync(Node))).Should().ThrowAsync<Exception>();
    }

    [Fact]
    public async Task Another_host_id_is_reported_where_the_node_names_itself()
    {
        var stranger = Guid.NewGuid();
        _cluster.Faults.Add(new FaultRule(FaultReaction.ReportHostId(stranger)) { StatementContains = "system.local" });

        var rows = (await _client.QueryAsync("SELECT host_id FROM system.local WHERE key = 'local'")).Rows;

        new Guid(rows[0][0], bigEndian: true).Should().Be(stranger);
    }

    [Fact]
    public async Task Answers_come_in_pieces_and_are_whole()
    {
        _cluster.Faults.Add(new FaultRule(FaultReaction.WriteInPieces(3)) { Times = 1 });

        for (var i = 0; i < 3; i++)
        {
            (await _client.QueryAsync("SELECT * FROM system.local")).Rows.Should().ContainSingle();
        }
    }

    [Fact]
    public async Task A_slow_reader_reads_on_when_the_gate_opens()
    {
        var gate = new FaultGate();
        _cluster.Faults.Add(new FaultRule(FaultReaction.StopReading(gate)) { Times = 1 });
        (await _client.OptionsAsync()).Message.Should().BeOfType<SupportedResponse>();
        var seen = Node.Statistics.Count(RequestKind.Query);
        var stream = await _client.SendAsync(RawClient.QueryEncoder("SELECT * FROM ks.t", p => p));
        await using var other = await RawClient.ConnectAsync(Node);
        await other.OptionsAsync();
        Node.Statistics.Count(RequestKind.Query).Should().Be(seen);

        gate.Open();

        (await _client.ReceiveAsync(answer => answer.Header.Stream == stream)).Message.Should().BeOfType<RowsResponse>();
    }

    [Fact]
    public async Task Warnings_and_payload_are_attached()
    {
        var payload = new Dictionary<string, byte[]?> { ["k"] = [1], ["n"] = null };
        _cluster.Faults.Add(new FaultRule(FaultReaction.Attach(["beware"], payload)) { Times = 1 });

        var answer = await _client.QueryAsync("SELECT * FROM ks.t");

        answer.Message.Prefix.Warnings.Should().Equal("beware");
        answer.Message.Prefix.CustomPayload.Should().BeEquivalentTo(payload);
    }

    [Fact]
    public async Task Requests_are_counted_and_remembered_with_what_they_carried()
    {
        var prepared = await _client.PrepareAsync("INSERT INTO ks.t (k, v) VALUES (?, ?)");
        await _client.ExecuteAsync(prepared, p => new QueryParameters(ConsistencyLevel.Quorum) { Values = p.Values, ValueCount = p.ValueCount, Timestamp = 77, PageSize = 5 }, CellText.Int(1), null);

        var record = Node.Statistics.RequestsWith("insert into ks.t").Single(request => request.Kind == RequestKind.Execute);

        record.Should().BeEquivalentTo(new { Consistency = ConsistencyLevel.Quorum, Timestamp = 77L, PageSize = 5, Version = 5, Statement = "INSERT INTO ks.t (k, v) VALUES (?, ?)" });
        record.Values[0].Should().Equal(0, 0, 0, 1);
        record.Values[1].Should().BeNull();
        (Node.Statistics.Count(RequestKind.Prepare), Node.PreparedCount, Node.Statistics.ConnectionsOpen).Should().Be((1, 1, 1));
    }
}
