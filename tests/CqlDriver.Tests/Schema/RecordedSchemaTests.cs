using System.Text.Json;
using CqlDriver.Connections;
using CqlDriver.Protocol;
using CqlDriver.Schema;
using CqlDriver.Tests.Vectors;
using CqlDriver.Types;

namespace CqlDriver.Tests.Schema;

/// <summary>
/// The rows that a Cassandra 5.0 node told of its schema, against what the same node printed for DESCRIBE: the model must say
/// enough, and right, to print the same.
/// </summary>
public sealed class RecordedSchemaTests
{
    private static readonly SchemaMetadata Schema = SchemaParser.Parse(Tables());
    private static readonly KeyspaceMetadata Library = Schema.Keyspaces["library"];

    [Fact]
    public void Nothing_of_it_is_a_problem()
    {
        Schema.Problems.Should().BeEmpty();
        Schema.IsRead.Should().BeTrue();
        Schema.Keyspaces.Keys.Should().BeInAscendingOrder(StringComparer.Ordinal).And.Contain(["CamelCase", "archive", "library", "system", "system_schema", "system_views"]);
        Schema.Keyspaces.Values.Where(keyspace => keyspace.IsVirtual).Select(keyspace => keyspace.Name).Should().Equal("system_views", "system_virtual_schema");
        Schema.Keyspaces["system_views"].Tables["settings"].IsVirtual.Should().BeTrue();
        Schema.Keyspaces.Values.Sum(keyspace => keyspace.Tables.Count).Should().Be(57 + 46);
    }

    [Fact]
    public void Every_table_is_described_as_the_server_describes_it()
    {
        var described = Described("table").ToList();

        foreach (var (keyspace, name, statement) in described)
        {
            var table = Schema.Keyspaces[keyspace].Tables[name];
            Declaration(table).Should().Be(DeclarationOf(statement));
            OptionsOf(statement).Except(table.Options.All.Select(option => $"{option.Key} = {option.Value}"))
                .Should().BeSubsetOf(["memtable = 'default'", "allow_auto_snapshot = true", "cdc = false", "incremental_backups = true"], "what {0} does not have as an option is what the server adds by itself", table);
        }

        described.Count.Should().BeGreaterThan(5);
    }

    [Fact]
    public void Every_user_type_is_described_as_the_server_describes_it()
    {
        var described = Described("type").ToList();

        foreach (var (keyspace, name, statement) in described)
        {
            var type = Schema.Keyspaces[keyspace].UserTypes[name];
            var fields = type.Fields.Select(field => $"{CqlIdentifier.Quote(field.Name)} {field.Type.ToString()!.Replace(keyspace + ".", "", StringComparison.Ordinal)}");
            $"CREATE TYPE {type.Type} ( {string.Join(", ", fields)} );".Should().Be(Unfrozen(OneLine(statement)));
        }

        described.Should().HaveCount(3);
    }

    [Fact]
    public void Keyspaces_tell_how_they_replicate()
    {
        var archive = Schema.Keyspaces["archive"];

        (archive.ReplicationStrategy, archive.HasDurableWrites, archive.UsesTablets).Should().Be(("NetworkTopologyStrategy", false, null));
        archive.ReplicationOptions.Should().Equal(new Dictionary<string, string> { ["datacenter1"] = "2" });
        (Library.ReplicationStrategy, Library.HasDurableWrites, Library.IsVirtual).Should().Be(("SimpleStrategy", true, false));
        Schema.Keyspaces["system"].ReplicationStrategy.Should().Be("LocalStrategy");
    }

    [Fact]
    public void Columns_come_by_key_and_then_by_name()
    {
        var books = Library.Tables["books"];

        books.Columns.Select(column => column.Name).Should().Equal(
            "shelf", "year", "added", "title", "keeper", "authors", "cover", "embedding", "isbn", "odd", "prices", "tags");
        books.PartitionKey.Select(column => column.Name).Should().Equal("shelf", "year");
        books.ClusteringKey.Select(column => (column.Name, column.Order)).Should().Equal(("added", ClusteringOrder.Descending), ("title", ClusteringOrder.Ascending));
        books.StaticColumns.Select(column => column.Name).Should().Equal("keeper");
        books.Id.Should().NotBeNull().And.NotBe(Guid.Empty);
        books.Column("authors")!.Type.Should().Be(CqlType.List(Library.UserTypes["author"].Type));
        books.Column("embedding")!.Type.Should().Be(CqlType.Vector(CqlType.Float, 4));
        books.Column("nothing").Should().BeNull();
        Library.Tables["every_type"].Column("k").Should().BeNull("it was dropped");
    }

    [Fact]
    public void Options_that_all_servers_have_are_read()
    {
        var options = Library.Tables["books"].Options;

        (options.Comment, options.DefaultTimeToLive, options.GcGrace).Should().Be(("it's a shelf", TimeSpan.FromDays(1), TimeSpan.FromHours(1)));
        options.Compaction["sstable_size_in_mb"].Should().Be("32");
        options.Compression["chunk_length_in_kb"].Should().Be("16");
        options.Caching["rows_per_partition"].Should().Be("10");
    }

    [Fact]
    public void Indexes_belong_to_their_tables()
    {
        var indexes = Library.Tables["books"].Indexes;

        indexes.Values.Select(index => (index.Name, index.Kind, index.Target, index.ClassName)).Should().Equal(
            ("books_ann", IndexKind.Custom, "embedding", "StorageAttachedIndex"),
            ("books_by_keeper", IndexKind.Composites, "keeper", null),
            ("books_by_price", IndexKind.Composites, "entries(prices)", null),
            ("books_by_tag", IndexKind.Composites, "values(tags)", null));
        indexes["books_ann"].Options["similarity_function"].Should().Be("cosine");
        Library.Tables["loans"].Indexes.Should().BeEmpty();
    }

    [Fact]
    public void Views_have_columns_and_a_key_of_their_own()
    {
        var view = Library.Views.Should().ContainSingle().Subject.Value;

        (view.Name, view.BaseTable, view.IncludesAllColumns).Should().Be(("books_by_title", "books", false));
        view.WhereClause.Should().Be("title IS NOT NULL AND shelf IS NOT NULL AND year IS NOT NULL AND added IS NOT NULL");
        view.PartitionKey.Select(column => column.Name).Should().Equal("title");
        view.ClusteringKey.Select(column => (column.Name, column.Order)).Should().Equal(
            ("shelf", ClusteringOrder.Ascending), ("year", ClusteringOrder.Descending), ("added", ClusteringOrder.Descending));
        view.Options.Comment.Should().Be("by title");
    }

    [Fact]
    public void Functions_and_aggregates_are_found_by_signature()
    {
        Library.Functions.Keys.Should().Equal("add_len(int, text)", "final_len(int)", "longer(text, int)");
        var function = Library.Functions["longer(text, int)"];
        function.Parameters.Should().Equal(new FunctionParameter("a", CqlType.Text), new FunctionParameter("b", CqlType.Int));
        (function.ReturnType, function.IsCalledOnNullInput, function.Language, function.Body).Should().Be((CqlType.Text, true, "java", "return a;"));
        var aggregate = Library.Aggregates["total_len(text)"];
        (aggregate.StateFunction, aggregate.FinalFunction, aggregate.InitialCondition).Should().Be(("add_len", "final_len", "0"));
        (aggregate.StateType, aggregate.ReturnType).Should().Be((CqlType.Int, CqlType.Bigint));
    }

    [Fact]
    public void Reading_the_same_again_changes_nothing()
    {
        var again = SchemaParser.Parse(Tables());

        again.Should().Be(Schema);
        again.Keeping(Schema).Should().BeSameAs(Schema);
    }

    internal static SchemaTables Tables() => new()
    {
        Keyspaces = Rows("keyspaces")!,
        Tables = Rows("tables")!,
        Columns = Rows("columns")!,
        Types = Rows("types"),
        Functions = Rows("functions"),
        Aggregates = Rows("aggregates"),
        Indexes = Rows("indexes"),
        Views = Rows("views"),
        VirtualKeyspaces = Rows("keyspaces", "system_virtual_schema"),
        VirtualTables = Rows("tables", "system_virtual_schema"),
        VirtualColumns = Rows("columns", "system_virtual_schema"),
    };

    private static SystemRows? Rows(string table, string keyspace = "system_schema")
    {
        var recorded = VectorFile.Read("schema").First(line => line.Text("query") == $"SELECT * FROM {keyspace}.{table}" && line.GetProperty("version").GetInt32() == 4);
        var raw = recorded.Hex("raw");
        FrameReader.TryReadHeader(raw, expectResponse: true, FrameReader.DefaultMaxBodyBytes, out var header).Should().BeTrue();
        var body = raw.AsMemory(FrameHeader.Size);
        return new SystemRows(((RowsResponse)ResponseDecoder.Decode(header, body.Span)).Rows, body);
    }

    /// <summary>What DESCRIBE printed for things that were there already when the rows were read.</summary>
    private static IEnumerable<(string Keyspace, string Name, string Statement)> Described(string kind)
    {
        foreach (var line in VectorFile.Read("schema").Where(line => line.Text("described") == "DESCRIBE SCHEMA" && line.Text("type") == kind))
        {
            var (keyspace, name) = (Unquoted(line, "keyspace_name"), Unquoted(line, "name"));
            if (keyspace is "library" or "archive" or "CamelCase")
            {
                yield return (keyspace, name, line.Text("create_statement")!);
            }
        }
    }

    private static string Unquoted(JsonElement line, string property) => line.Text(property)!.Trim('"').Replace("\"\"", "\"", StringComparison.Ordinal);

    /// <summary>The statement without its options. The server orders columns that are no key in a way of its own, so they are sorted here.</summary>
    private static string Declaration(RelationMetadata table)
    {
        var columns = table.Columns.Select(column => $"{Quoted(column.Name)} {column.TypeText}{(column.Kind == ColumnKind.Static ? " static" : "")}");
        var partition = string.Join(", ", table.PartitionKey.Select(column => Quoted(column.Name)));
        var clustering = string.Concat(table.ClusteringKey.Select(column => $", {Quoted(column.Name)}"));
        var isShort = table.PartitionKey.Length == 1 && table.ClusteringKey.IsEmpty;
        var key = isShort ? "" : table.PartitionKey.Length == 1 ? $"PRIMARY KEY ({partition}{clustering})" : $"PRIMARY KEY (({partition}){clustering})";
        var declared = columns.Select(column => isShort && column.StartsWith(partition + " ", StringComparison.Ordinal) ? column + " PRIMARY KEY" : column);
        var order = string.Join(", ", table.ClusteringKey.Select(column => $"{Quoted(column.Name)} {(column.Order == ClusteringOrder.Descending ? "DESC" : "ASC")}"));
        return $"{table}: {string.Join("; ", declared.Order(StringComparer.Ordinal))}; {key}; {order}";
    }

    /// <summary>As the server quotes, which minds reserved words.</summary>
    private static string Quoted(string name) => name == "select" ? "\"select\"" : CqlIdentifier.Quote(name);

    private static string DeclarationOf(string statement)
    {
        var lines = statement.Split('\n').Select(line => line.Trim().TrimEnd(',')).ToList();
        var name = lines[0]["CREATE TABLE ".Length..^" (".Length];
        var end = lines.FindIndex(line => line.StartsWith(')'));
        var columns = lines.Take(1..end).Where(line => !line.StartsWith("PRIMARY KEY", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        var key = lines.Take(1..end).FirstOrDefault(line => line.StartsWith("PRIMARY KEY", StringComparison.Ordinal), "");
        const string Order = "CLUSTERING ORDER BY (";
        var order = lines[end].IndexOf(Order, StringComparison.Ordinal) is >= 0 and var at ? lines[end][(at + Order.Length)..^1] : "";
        return $"{name}: {string.Join("; ", columns)}; {key}; {order}";
    }

    private static IEnumerable<string> OptionsOf(string statement) =>
        statement.TrimEnd(';').Split('\n').Select(line => line.Trim()).Select(line => line.StartsWith(") WITH ", StringComparison.Ordinal) ? line[7..] : line)
            .Where(line => line.Contains(" = ", StringComparison.Ordinal)).Select(line => line.StartsWith("AND ", StringComparison.Ordinal) ? line[4..] : line);

    private static string OneLine(string statement) => string.Join(' ', statement.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string Unfrozen(string text)
    {
        while (text.IndexOf("frozen<", StringComparison.Ordinal) is >= 0 and var at)
        {
            var depth = 1;
            var end = at + "frozen<".Length;
            while (depth > 0)
            {
                depth += text[end] == '<' ? 1 : text[end] == '>' ? -1 : 0;
                end++;
            }

            text = text[..at] + text[(at + "frozen<".Length)..(end - 1)] + text[end..];
        }

        return text;
    }
}
