using CqlDriver.Testing.Tests.Support;

namespace CqlDriver.Testing.Tests;

public sealed class ExecutionCounterTests : IAsyncLifetime
{
    private EmbeddedCluster _cluster = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _cluster = await EmbeddedCluster.StartAsync();
        _cluster.Execute("CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
        _cluster.Execute("CREATE TABLE ks.t (k int PRIMARY KEY, v bigint)");
        _client = await RawClient.ConnectAsync(_cluster.Nodes[0]);
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Executions_are_counted_by_key_and_what_has_none_is_not()
    {
        using var counter = _cluster.CountExecutions(request => request.Statement!.StartsWith("INSERT", StringComparison.Ordinal) ? request.Integer(1) : null);
        var insert = await _client.PrepareAsync("INSERT INTO ks.t (k, v) VALUES (?, ?)");
        foreach (byte key in new byte[] { 1, 2, 2, 3 })
        {
            await _client.ExecuteAsync(insert, [0, 0, 0, key], [0, 0, 0, 1, 0, 0, 0, key]);
        }

        await _client.QueryAsync("SELECT * FROM ks.t WHERE k = ?", [0, 0, 0, 1]);

        const long High = 1L << 32;
        (counter.Total, counter.DistinctKeys, counter.CountOf(High + 2), counter.CountOf(7)).Should().Be((4, 3, 2, 0));
        counter.RepeatedKeys.Should().Equal(High + 2);
    }

    [Fact]
    public async Task What_was_executed_counts_although_its_answer_was_lost_and_what_was_refused_does_not()
    {
        using var counter = _cluster.CountExecutions(request => request.Integer(0));
        _cluster.Faults.Add(new FaultRule(FaultReaction.Fail(ServerError.Overloaded())) { When = request => request.Integer(0) == 1 });
        _cluster.Faults.Add(new FaultRule(FaultReaction.Fail(ServerError.Overloaded())) { When = request => request.Integer(0) == 2, RunsStatementFirst = true });
        for (byte key = 1; key <= 3; key++)
        {
            await _client.QueryAsync("INSERT INTO ks.t (k) VALUES (?)", [0, 0, 0, key]);
        }

        await _client.QueryAsync("INSERT INTO ks.nowhere (k) VALUES (?)", [0, 0, 0, 4]);

        Enumerable.Range(1, 4).Select(key => counter.CountOf(key)).Should().Equal(0, 1, 1, 0);
    }

    [Fact]
    public async Task A_counter_that_was_disposed_keeps_its_figures()
    {
        var counter = _cluster.CountExecutions(request => request.Integer(0));
        await _client.QueryAsync("INSERT INTO ks.t (k) VALUES (?)", [0, 0, 0, 1]);

        counter.Dispose();
        await _client.QueryAsync("INSERT INTO ks.t (k) VALUES (?)", [0, 0, 0, 1]);

        counter.Total.Should().Be(1);
    }
}
