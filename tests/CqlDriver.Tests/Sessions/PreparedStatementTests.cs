using CqlDriver.Testing;
using CqlDriver.Tests.Support;

namespace CqlDriver.Tests.Sessions;

public sealed class PreparedStatementTests
{
    [Fact]
    public async Task A_statement_is_prepared_once_for_each_node_however_many_ask()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 3);
        await cluster.AllPoolsOpenAsync();

        var prepared = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => cluster.Session.PrepareAsync("SELECT n FROM t WHERE id = ?")));

        prepared.Select(statement => statement.Id.ToArray()).Should().AllSatisfy(id => id.Should().Equal(prepared[0].Id.ToArray()));
        await Eventually.BecomesTrueAsync(() => cluster.Server.Nodes.All(node => node.PreparedCount == 1), "every node has prepared it");
        cluster.Server.Nodes.Sum(node => node.Statistics.Count(RequestKind.Prepare)).Should().Be(3);
    }

    [Fact]
    public async Task Parameters_and_partition_key_are_known()
    {
        await using var cluster = await TestCluster.StartAsync();

        var insert = await cluster.Session.PrepareAsync("INSERT INTO t (n, v, id) VALUES (?, ?, ?)");
        var select = await cluster.Session.PrepareAsync("SELECT v FROM t WHERE id = ?");

        insert.Parameters.Select(parameter => (parameter.Name, parameter.Type)).Should().Equal(("n", CqlType.Int), ("v", CqlType.Text), ("id", CqlType.Int));
        insert.PartitionKeyIndexes.Should().Equal(2);
        insert.ResultColumns.Should().BeEmpty();
        select.ResultColumns.Should().ContainSingle().Which.Name.Should().Be("v");
    }

    [Theory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task A_node_that_has_forgotten_is_told_again_once_and_nobody_notices(ProtocolVersion version)
    {
        await using var cluster = await TestCluster.StartAsync(configure: options => options.ProtocolVersion = version);
        var insert = await cluster.Session.PrepareAsync("INSERT INTO t (id, n, v) VALUES (?, ?, ?)");
        cluster.Node.ForgetPrepared();

        await Task.WhenAll(Enumerable.Range(0, 200).Select(n => cluster.Session.ExecuteAsync(insert, (1, n, "v")).AsTask()));

        cluster.Stored("SELECT n FROM ks.t").Should().HaveCount(200);
        cluster.Node.Statistics.Count(RequestKind.Prepare).Should().BeLessThan(10, "requests that meet the same gap share one PREPARE");
    }

    [Fact]
    public async Task The_statements_of_a_batch_are_each_told_again()
    {
        await using var cluster = await TestCluster.StartAsync();
        var insert = await cluster.Session.PrepareAsync("INSERT INTO t (id, n, v) VALUES (?, ?, ?)");
        var other = await cluster.Session.PrepareAsync("INSERT INTO t (id, n) VALUES (?, ?)");
        cluster.Node.ForgetPrepared();

        await cluster.Session.ExecuteAsync(new BatchStatement().Add(insert.Bind(1, 1, "v")).Add(other.Bind(1, 2)));

        cluster.Stored("SELECT n FROM ks.t").Should().HaveCount(2);
    }

    [Fact]
    public async Task A_node_that_forgets_again_and_again_is_an_error_not_a_loop()
    {
        await using var cluster = await TestCluster.StartAsync();
        var insert = await cluster.Session.PrepareAsync("INSERT INTO t (id, n, v) VALUES (?, ?, ?)");
        cluster.Faults.Add(new FaultRule(FaultReaction.Fail(ServerError.Unprepared(insert.Id.ToArray()))) { Kind = RequestKind.Execute });

        var execute = async () => await cluster.Session.ExecuteAsync(insert, (1, 1, "v"));

        await execute.Should().ThrowAsync<UnpreparedException>();
        cluster.Node.Statistics.Count(RequestKind.Execute).Should().Be(2);
    }

    [Theory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task A_column_added_later_is_seen_by_statements_prepared_before(ProtocolVersion version)
    {
        await using var cluster = await TestCluster.StartAsync(configure: options => options.ProtocolVersion = version);
        cluster.Server.Execute("INSERT INTO ks.t (id, n, v) VALUES (1, 1, 'v')");
        var select = await cluster.Session.PrepareAsync("SELECT * FROM t WHERE id = ?");
        using (var before = await cluster.Session.ExecuteAsync(select, 1))
        {
            before.Columns.Should().HaveCount(3);
        }

        await cluster.Session.ExecuteAsync("ALTER TABLE t ADD a int");
        await cluster.Session.ExecuteAsync("UPDATE t SET a = 7 WHERE id = 1 AND n = 1");

        for (var i = 0; i < 3; i++)
        {
            using var after = await cluster.Session.ExecuteAsync(select, 1);
            after.Columns.Should().HaveCount(4);
            after.Single().Get<int>("a").Should().Be(7);
            after.Single().Get<string>("v").Should().Be("v");
        }
    }

    [Fact]
    public async Task A_statement_that_cannot_be_prepared_can_be_tried_again()
    {
        await using var cluster = await TestCluster.StartAsync();
        var prepare = async () => await cluster.Session.PrepareAsync("SELECT * FROM later");
        await prepare.Should().ThrowAsync<InvalidQueryException>();

        cluster.Server.Execute("CREATE TABLE ks.later (id int PRIMARY KEY)");

        (await prepare()).ResultColumns.Should().ContainSingle();
    }
}
