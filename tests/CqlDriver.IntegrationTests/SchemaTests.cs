using CqlDriver.IntegrationTests.Server;
using CqlDriver.IntegrationTests.Support;
using CqlDriver.Schema;

namespace CqlDriver.IntegrationTests;

/// <summary>The schema as a real server describes it, and how soon.</summary>
[Collection(PlainNodeCollection.Name)]
public sealed class SchemaTests(PlainNode server)
{
    [SkippableFact]
    public async Task Each_statement_shows_on_the_next_line()
    {
        server.SkipWithoutServer();
        await using var session = await server.ConnectAsync();
        var name = await session.UseNewKeyspaceAsync();
        Keyspace().ReplicationStrategy.Should().Be("NetworkTopologyStrategy");
        Keyspace().ReplicationOptions.Should().Equal(new Dictionary<string, string> { [CassandraCluster.Datacenter] = "1" });

        await session.ExecuteAsync("CREATE TYPE isbn (prefix smallint, code text)");
        Keyspace().UserTypes["isbn"].Fields.Should().Equal(new CqlUserTypeField("prefix", CqlType.Smallint), new CqlUserTypeField("code", CqlType.Text));

        await session.ExecuteAsync(
            "CREATE TABLE books (shelf int, year int, title text, \"Odd Name\" frozen<isbn>, keeper text STATIC, tags set<text>, vec vector<float, 3>, " +
            "PRIMARY KEY ((shelf, year), title)) WITH CLUSTERING ORDER BY (title DESC) AND comment = 'it''s' AND default_time_to_live = 60");
        var books = Keyspace().Tables["books"];
        books.Columns.Select(column => (column.Name, column.Kind, column.Type)).Should().Equal(
            ("shelf", ColumnKind.PartitionKey, CqlType.Int),
            ("year", ColumnKind.PartitionKey, CqlType.Int),
            ("title", ColumnKind.Clustering, CqlType.Text),
            ("keeper", ColumnKind.Static, CqlType.Text),
            ("Odd Name", ColumnKind.Regular, Keyspace().UserTypes["isbn"].Type),
            ("tags", ColumnKind.Regular, CqlType.Set(CqlType.Text)),
            ("vec", ColumnKind.Regular, CqlType.Vector(CqlType.Float, 3)));
        books.ClusteringKey.Single().Order.Should().Be(ClusteringOrder.Descending);
        (books.Options.Comment, books.Options.DefaultTimeToLive).Should().Be(("it's", TimeSpan.FromMinutes(1)));

        await session.ExecuteAsync("CREATE INDEX by_keeper ON books (keeper)");
        Keyspace().Tables["books"].Indexes["by_keeper"].Target.Should().Be("keeper");
        Keyspace().Tables["books"].Columns.Should().Equal(books.Columns);

        await session.ExecuteAsync("CREATE TABLE other (id uuid PRIMARY KEY)");
        var other = Keyspace().Tables["other"];
        await session.ExecuteAsync("ALTER TABLE books ADD pages int");
        Keyspace().Tables["books"].Column("pages")!.Type.Should().Be(CqlType.Int);
        Keyspace().Tables["other"].Should().BeSameAs(other);

        await session.ExecuteAsync("DROP TABLE books");
        Keyspace().Tables.Keys.Should().Equal("other");
        await session.ExecuteAsync($"DROP KEYSPACE {name}");
        session.Cluster.Metadata.Schema.Keyspaces.Should().NotContainKey(name).And.ContainKey("system_schema");
        session.Cluster.Metadata.Schema.Problems.Should().BeEmpty("the server's own tables are understood too");

        KeyspaceMetadata Keyspace() => session.Cluster.Metadata.Schema.Keyspaces[name];
    }

    [SkippableFact]
    public async Task Another_sessions_statement_shows_by_itself()
    {
        server.SkipWithoutServer();
        await using var reader = await server.ConnectAsync();
        await using var writer = await server.ConnectAsync();
        var name = await writer.UseNewKeyspaceAsync();

        await writer.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY)");

        await Eventually.TrueAsync("the table that another session created is known", TimeSpan.FromSeconds(10), () => reader.Cluster.Metadata.Schema.TryGetTable(name, "t", out _));
        await writer.ExecuteAsync($"DROP KEYSPACE {name}");
        await Eventually.TrueAsync("the keyspace that another session dropped is gone", TimeSpan.FromSeconds(10), () => !reader.Cluster.Metadata.Schema.Keyspaces.ContainsKey(name));
    }
}
