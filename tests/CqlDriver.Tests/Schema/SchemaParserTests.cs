using CqlDriver.Schema;

namespace CqlDriver.Tests.Schema;

public sealed class SchemaParserTests
{
    private static readonly Guid Id = new(7, 0, 0, [0, 0, 0, 0, 0, 0, 0, 1]);

    [Fact]
    public void ScyllaDB_tells_of_tablets_and_partitioners_in_tables_of_its_own()
    {
        var tables = Small() with
        {
            Keyspaces = HandmadeRows.Of(Keyspace("ks"), Keyspace("ring")),
            ScyllaKeyspaces = HandmadeRows.Of([("keyspace_name", "ks"), ("initial_tablets", 8)], [("keyspace_name", "ring"), ("storage_type", "LOCAL")]),
            ScyllaTables = HandmadeRows.Of([("keyspace_name", "ks"), ("table_name", "t"), ("partitioner", "com.scylladb.dht.CDCPartitioner")]),
        };

        var schema = SchemaParser.Parse(tables);

        schema.Problems.Should().BeEmpty();
        schema.Keyspaces["ks"].UsesTablets.Should().BeTrue();
        schema.Keyspaces["ring"].UsesTablets.Should().BeFalse();
        schema.Keyspaces["ks"].Tables["t"].Partitioner.Should().Be("com.scylladb.dht.CDCPartitioner");
    }

    [Theory]
    [InlineData(false, false, "Cassandra")]
    [InlineData(true, false, "CassandraWithVirtualTables")]
    [InlineData(false, true, "Scylla")]
    [InlineData(true, true, "Scylla")]
    public void What_else_to_ask_is_told_by_the_tables(bool hasNewColumn, bool hasScyllaTable, string dialect)
    {
        var own = hasScyllaTable ? "scylla_tables" : "tables";
        var rows = hasNewColumn
            ? HandmadeRows.Of([("keyspace_name", "system_schema"), ("table_name", own), ("additional_write_policy", "99p")])
            : HandmadeRows.Of([("keyspace_name", "system_schema"), ("table_name", own)]);

        SchemaSource.DialectOf(rows).ToString().Should().Be(dialect);
        SchemaSource.DialectOf(HandmadeRows.Of([("keyspace_name", "ks"), ("table_name", "scylla_tables")])).Should().Be(SchemaDialect.Cassandra, "a user may call a table so");
    }

    [Fact]
    public void Tables_and_columns_that_an_old_server_lacks_are_not_missed()
    {
        var tables = new SchemaTables
        {
            Keyspaces = HandmadeRows.Of([("keyspace_name", "ks")]),
            Tables = HandmadeRows.Of([("keyspace_name", "ks"), ("table_name", "t")]),
            Columns = HandmadeRows.Of(Column("t", "id", "partition_key", 0, "int")),
        };

        var schema = SchemaParser.Parse(tables);

        schema.Problems.Should().BeEmpty();
        var table = schema.Keyspaces["ks"].Tables["t"];
        (table.Id, table.Options.Comment, table.Indexes.Count).Should().Be((null, "", 0));
        (schema.Keyspaces["ks"].ReplicationStrategy, schema.Keyspaces["ks"].UsesTablets).Should().Be(("", null));
    }

    [Fact]
    public void Order_of_rows_does_not_matter()
    {
        (string, object?)[][] columns =
        [
            Column("t", "b", "partition_key", 1, "int"), Column("t", "a", "partition_key", 0, "int"), Column("t", "y", "clustering", 0, "int", "desc"),
            Column("t", "z", "regular", -1, "text"), Column("t", "s", "static", -1, "text"), Column("t", "x", "clustering", 1, "int"), Column("t", "c", "regular", -1, "text"),
        ];

        var schema = SchemaParser.Parse(Small() with { Columns = HandmadeRows.Of(columns) });

        schema.Should().Be(SchemaParser.Parse(Small() with { Columns = HandmadeRows.Of([.. columns.Reverse()]) }));
        schema.Keyspaces["ks"].Tables["t"].Columns.Select(column => column.Name).Should().Equal("a", "b", "y", "x", "s", "c", "z");
    }

    [Fact]
    public void User_types_may_name_each_other_in_any_order()
    {
        var schema = SchemaParser.Parse(Small() with { Types = HandmadeRows.Of(UserType("a", "frozen<list<frozen<b>>>"), UserType("b", "int")) });

        schema.Problems.Should().BeEmpty();
        schema.Keyspaces["ks"].UserTypes["a"].Fields[0].Type.Should().Be(CqlType.List(schema.Keyspaces["ks"].UserTypes["b"].Type));
    }

    [Fact]
    public void User_types_in_a_circle_end_as_problems()
    {
        var schema = SchemaParser.Parse(Small() with { Types = HandmadeRows.Of(UserType("a", "frozen<b>"), UserType("b", "frozen<a>"), UserType("c", "int")) });

        schema.Keyspaces["ks"].UserTypes.Keys.Should().Equal("c");
        schema.Problems.Select(problem => problem.Row).Should().BeEquivalentTo(["type ks.a", "type ks.b"]);
    }

    [Fact]
    public void User_types_nested_without_end_end_as_problems()
    {
        var chain = Enumerable.Range(0, 5_000).Select(i => UserType($"t{i:0000}", $"frozen<t{i + 1:0000}>")).Append(UserType("t5000", "int"));

        var schema = SchemaParser.Parse(Small() with { Types = HandmadeRows.Of([.. chain]) });

        schema.Keyspaces["ks"].UserTypes.Should().ContainKey("t5000");
        schema.Problems.Should().NotBeEmpty();
    }

    [Fact]
    public void A_type_that_is_not_known_costs_one_warning_and_not_the_column()
    {
        var schema = SchemaParser.Parse(Small() with { Columns = HandmadeRows.Of(Column("t", "id", "partition_key", 0, "int"), Column("t", "v", "regular", -1, "quaternion")) });

        schema.Keyspaces["ks"].Tables["t"].Column("v")!.Type.Should().Be(CqlType.Custom("quaternion"));
        schema.Problems.Should().ContainSingle().Which.Row.Should().Be("column ks.t.v");
    }

    [Fact]
    public void The_value_column_of_a_table_without_values_has_the_empty_type()
    {
        var schema = SchemaParser.Parse(Small() with { Columns = HandmadeRows.Of(Column("t", "id", "partition_key", 0, "int"), Column("t", "value", "regular", -1, "empty")) });

        schema.Problems.Should().BeEmpty();
    }

    [Theory]
    [InlineData("regular", null, "column ks.t.v")]                          // no type
    [InlineData("sideways", "int", "column ks.t.v")]                        // no kind that is known
    public void A_malformed_column_costs_one_warning_and_not_its_table(string kind, string? type, string row)
    {
        var columns = HandmadeRows.Of(Column("t", "id", "partition_key", 0, "int"), Column("t", "v", kind, -1, type), Column("t", "w", "regular", -1, "int"));

        var schema = SchemaParser.Parse(Small() with { Columns = columns });

        schema.Keyspaces["ks"].Tables["t"].Columns.Select(column => column.Name).Should().Equal("id", "w");
        schema.Problems.Should().ContainSingle().Which.Row.Should().Be(row);
    }

    [Theory]
    [InlineData("clustering", 1)]                                           // a gap
    [InlineData("partition_key", 0)]                                        // twice the same place
    [InlineData("clustering", null)]
    public void A_table_whose_key_is_not_whole_is_left_out_with_one_warning(string kind, int? position)
    {
        var columns = HandmadeRows.Of(Column("t", "id", "partition_key", 0, "int"), Column("t", "c", kind, position, "int"), Column("u", "id", "partition_key", 0, "int"));
        var tables = HandmadeRows.Of(Table("t"), Table("u"));

        var schema = SchemaParser.Parse(Small() with { Columns = columns, Tables = tables });

        schema.Keyspaces["ks"].Tables.Keys.Should().Equal(position is null ? ["t", "u"] : ["u"]);
        schema.Problems.Should().ContainSingle();
    }

    [Fact]
    public void What_was_created_or_dropped_between_two_queries_is_left_out_without_a_word()
    {
        var tables = Small() with
        {
            Tables = HandmadeRows.Of(Table("t"), Table("without_columns")),
            Columns = HandmadeRows.Of(Column("t", "id", "partition_key", 0, "int"), Column("without_table", "id", "partition_key", 0, "int")),
            Indexes = HandmadeRows.Of([("keyspace_name", "gone"), ("table_name", "t"), ("index_name", "i")]),
        };

        var schema = SchemaParser.Parse(tables);

        schema.Problems.Should().BeEmpty();
        schema.Keyspaces["ks"].Tables.Keys.Should().Equal("t");
    }

    [Fact]
    public void Malformed_rows_of_every_kind_cost_one_warning_each()
    {
        byte[] broken = [0, 0, 0, 9];
        var tables = Small() with
        {
            Keyspaces = HandmadeRows.Of(Keyspace("ks"), [("keyspace_name", "bad"), ("durable_writes", true), ("replication", broken)], [("durable_writes", true)]),
            Functions = HandmadeRows.Of([("keyspace_name", "ks"), ("function_name", "f"), ("argument_types", broken)]),
            Aggregates = HandmadeRows.Of([("keyspace_name", "ks"), ("aggregate_name", "a"), ("state_type", "int"), ("return_type", "int")]),
            Indexes = HandmadeRows.Of([("keyspace_name", "ks"), ("table_name", "t"), ("index_name", "i"), ("options", broken)]),
            Views = HandmadeRows.Of([("keyspace_name", "ks"), ("view_name", "t")]),
            Types = HandmadeRows.Of([("keyspace_name", "ks"), ("type_name", "u"), ("field_names", new[] { "a" })]),
        };

        var schema = SchemaParser.Parse(tables);

        schema.Problems.Select(problem => problem.Row).Should().BeEquivalentTo(
            ["system_schema.keyspaces bad", "system_schema.keyspaces \"\"", "function ks.f", "aggregate ks.a", "index ks.t.i", "view ks.t", "type ks.u"]);
        schema.Keyspaces["ks"].Tables.Should().ContainKey("t");
    }

    [Fact]
    public void What_did_not_change_is_the_same_object_after_another_reading()
    {
        var columns = new List<(string, object?)[]> { Column("t", "id", "partition_key", 0, "int"), Column("u", "id", "partition_key", 0, "int") };
        var small = Small() with { Keyspaces = HandmadeRows.Of(Keyspace("ks"), Keyspace("other")), Tables = HandmadeRows.Of(Table("t"), Table("u")) };
        var before = SchemaParser.Parse(small with { Columns = HandmadeRows.Of([.. columns]) });
        columns.Add(Column("u", "v", "regular", -1, "text"));

        var after = SchemaParser.Parse(small with { Columns = HandmadeRows.Of([.. columns]) }).Keeping(before);

        after.Should().NotBeSameAs(before);
        after.Keyspaces["other"].Should().BeSameAs(before.Keyspaces["other"]);
        after.Keyspaces["ks"].Should().NotBeSameAs(before.Keyspaces["ks"]);
        after.Keyspaces["ks"].Tables["t"].Should().BeSameAs(before.Keyspaces["ks"].Tables["t"]);
        after.Keyspaces["ks"].Tables["u"].Column("v").Should().NotBeNull();
        after.Keyspaces["ks"].UserTypes.Should().BeSameAs(before.Keyspaces["ks"].UserTypes);
    }

    [Fact]
    public void A_dropped_keyspace_and_a_changed_setting_are_changes()
    {
        var before = SchemaParser.Parse(Small() with { Keyspaces = HandmadeRows.Of(Keyspace("ks"), Keyspace("other")) });

        var dropped = SchemaParser.Parse(Small()).Keeping(before);
        var slower = SchemaParser.Parse(Small() with { Keyspaces = HandmadeRows.Of([("keyspace_name", "ks"), ("durable_writes", false)]) }).Keeping(dropped);

        dropped.Keyspaces.Keys.Should().Equal("ks");
        slower.Should().NotBe(dropped);
        slower.Keyspaces["ks"].Tables.Should().BeSameAs(dropped.Keyspaces["ks"].Tables);
    }

    /// <summary>Keyspace ks with table t (id int PRIMARY KEY).</summary>
    internal static SchemaTables Small() => new()
    {
        Keyspaces = HandmadeRows.Of(Keyspace("ks")),
        Tables = HandmadeRows.Of(Table("t")),
        Columns = HandmadeRows.Of(Column("t", "id", "partition_key", 0, "int")),
    };

    private static (string, object?)[] Keyspace(string name) =>
        [("keyspace_name", name), ("durable_writes", true), ("replication", new Dictionary<string, string> { ["class"] = "org.apache.cassandra.locator.SimpleStrategy", ["replication_factor"] = "1" })];

    private static (string, object?)[] Table(string name) => [("keyspace_name", "ks"), ("table_name", name), ("id", Id)];

    private static (string, object?)[] Column(string table, string name, string kind, int? position, string? type, string order = "none") =>
        [("keyspace_name", "ks"), ("table_name", table), ("column_name", name), ("kind", kind), ("position", position), ("type", type), ("clustering_order", order)];

    private static (string, object?)[] UserType(string name, string field) =>
        [("keyspace_name", "ks"), ("type_name", name), ("field_names", new[] { "f" }), ("field_types", new[] { field })];
}
