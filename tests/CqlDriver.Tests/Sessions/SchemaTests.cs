using CqlDriver.Schema;
using CqlDriver.Testing;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Sessions;

public sealed class SchemaTests
{
    [Fact]
    public async Task What_a_statement_created_is_there_on_the_next_line()
    {
        await using var cluster = await WatchedCluster.StartAsync();
        await cluster.AllPoolsOpenAsync();

        await cluster.Session.ExecuteAsync("CREATE TYPE ks.point (x int, y int)");
        Keyspace(cluster).UserTypes["point"].Fields.Select(field => field.Name).Should().Equal("x", "y");
        for (var i = 0; i < 10; i++)
        {
            await cluster.Session.ExecuteAsync($"CREATE TABLE ks.made_{i} (a int, b int, c frozen<point>, PRIMARY KEY (a, b)) WITH CLUSTERING ORDER BY (b DESC)");
            Keyspace(cluster).Tables[$"made_{i}"].ClusteringKey.Single().Order.Should().Be(ClusteringOrder.Descending);
        }

        var untouched = Keyspace(cluster).Tables["made_1"];
        await cluster.Session.ExecuteAsync("ALTER TABLE ks.made_0 ADD d text");
        Keyspace(cluster).Tables["made_0"].Column("d")!.Type.Should().Be(CqlType.Text);
        Keyspace(cluster).Tables["made_1"].Should().BeSameAs(untouched);
        await cluster.Session.ExecuteAsync("CREATE INDEX by_b ON ks.made_0 (b)");
        Keyspace(cluster).Tables["made_0"].Indexes["by_b"].Target.Should().Be("b");
        await cluster.Session.ExecuteAsync("DROP TABLE ks.made_0");
        Keyspace(cluster).Tables.Should().NotContainKey("made_0");
        await cluster.Session.ExecuteAsync("DROP KEYSPACE ks");
        cluster.Metadata.Schema.Keyspaces.Should().NotContainKey("ks");
    }

    [Fact]
    public async Task Statements_at_once_each_see_what_they_created()
    {
        await using var cluster = await WatchedCluster.StartAsync();
        await cluster.AllPoolsOpenAsync();

        var made = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            await cluster.Session.ExecuteAsync($"CREATE TABLE ks.made_{i} (a int PRIMARY KEY)");
            return Keyspace(cluster).Tables.ContainsKey($"made_{i}");
        }));

        made.Should().AllBeEquivalentTo(true);
        Readings(cluster).Should().BeLessThan(45, "those that wait at the same time are served by one reading");
    }

    [Fact]
    public async Task What_others_change_is_read_in_time()
    {
        await using var cluster = await WatchedCluster.StartAsync(configure: options => options.SchemaRefreshWindow = TimeSpan.FromMilliseconds(50));
        await Eventually.BecomesTrueAsync(() => cluster.Metadata.Schema.IsRead, "the schema was read");

        for (var i = 0; i < 100; i++)
        {
            cluster.Server.Execute($"CREATE TABLE ks.made_{i} (a int PRIMARY KEY)");
        }

        await Eventually.BecomesTrueAsync(() => Keyspace(cluster).Tables.Count(table => table.Key.StartsWith("made_", StringComparison.Ordinal)) == 100, "all tables are known");
        cluster.Changes.OfType<SchemaReplaced>().Should().NotBeEmpty();
        Readings(cluster).Should().BeLessThan(40);
    }

    [Fact]
    public async Task What_was_missed_without_a_control_connection_is_made_good()
    {
        await using var cluster = await WatchedCluster.StartAsync();
        await cluster.AllPoolsOpenAsync();
        var gate = new FaultGate();
        var registering = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = RequestKind.Register });
        await cluster.ControlNode.KillAsync();
        await registering.WaitForHitsAsync(1);
        cluster.Server.Execute("CREATE TABLE ks.missed (a int PRIMARY KEY)");

        gate.Open();

        await Eventually.BecomesTrueAsync(() => cluster.Metadata.Schema.TryGetTable("ks", "missed", out _), "the table that nobody was told of is known");
    }

    [Fact]
    public async Task A_refresh_on_demand_brings_the_schema_too()
    {
        await using var cluster = await WatchedCluster.StartAsync(new EmbeddedClusterOptions { Scylla = new EmbeddedScyllaOptions() });

        await cluster.Cluster.RefreshMetadataAsync();

        cluster.Metadata.Schema.TryGetTable("ks", "t", out var table).Should().BeTrue();
        table!.Columns.Select(column => column.Name).Should().Equal("id", "n", "v");
        Keyspace(cluster).ReplicationOptions.Should().Contain("replication_factor", "1");
        cluster.Metadata.Schema.Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task Cassandras_system_tables_are_described_without_a_problem()
    {
        await using var cluster = await WatchedCluster.StartAsync();

        await cluster.Cluster.RefreshMetadataAsync();

        cluster.Metadata.Schema.Problems.Should().BeEmpty();
        cluster.Metadata.Schema.Keyspaces["system"].Tables["local"].PartitionKey.Single().Name.Should().Be("key");
    }

    [Fact]
    public async Task Switched_off_it_is_not_read_and_statements_do_not_wait_for_it()
    {
        await using var cluster = await WatchedCluster.StartAsync(configure: options => options.ReadSchema = false);

        await cluster.Session.ExecuteAsync("CREATE TABLE ks.made (a int PRIMARY KEY)");
        await cluster.Cluster.RefreshMetadataAsync();

        Readings(cluster).Should().Be(0);
        cluster.Metadata.Schema.IsRead.Should().BeFalse();
        cluster.Metadata.Schema.Keyspaces.Should().BeEmpty();
    }

    [Fact]
    public async Task A_node_that_cannot_describe_the_schema_costs_a_statement_its_limit_and_no_more()
    {
        await using var cluster = await WatchedCluster.StartAsync(configure: options => options.SchemaAgreementTimeout = TimeSpan.FromMilliseconds(300));
        await Eventually.BecomesTrueAsync(() => cluster.Metadata.Schema.IsRead, "the schema was read");
        cluster.Faults.Add(new FaultRule(FaultReaction.Drop()) { StatementContains = "FROM system_schema.tables" });

        var made = await cluster.Session.ExecuteAsync("CREATE TABLE ks.made (a int PRIMARY KEY)");

        made.Info.IsSchemaInAgreement.Should().BeTrue();
        Keyspace(cluster).Tables.Should().NotContainKey("made");
    }

    private static KeyspaceMetadata Keyspace(WatchedCluster cluster) => cluster.Metadata.Schema.Keyspaces["ks"];

    private static int Readings(WatchedCluster cluster) => cluster.Server.Nodes.Sum(node => node.Statistics.RequestsWith("FROM system_schema.tables").Length);
}
