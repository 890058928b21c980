using CqlDriver.Protocol;
using CqlDriver.Testing.Tests.Support;
using CqlDriver.Tests.Vectors;

namespace CqlDriver.Testing.Tests;

/// <summary>What the schema tables of a real server said of a schema, against ours after the same statements.</summary>
public sealed class SystemSchemaTests
{
    private static readonly string[] NotSupported = ["MATERIALIZED VIEW", "FUNCTION", "AGGREGATE"];
    private static readonly string[] OurKeyspaces = ["library", "archive", "CamelCase"];

    /// <summary>Ids and times are each server's own.</summary>
    private static readonly string[] Incomparable = ["id", "dropped_time"];

    [Theory]
    [InlineData("keyspaces")]
    [InlineData("tables")]
    [InlineData("columns")]
    [InlineData("types")]
    [InlineData("indexes")]
    [InlineData("dropped_columns")]
    public async Task Schema_tables_say_of_a_schema_what_a_real_server_says(string table)
    {
        await using var cluster = await EmbeddedCluster.StartAsync();
        foreach (var statement in VectorFile.Read("schema").Where(line => line.TryGetProperty("ddl", out _)).Select(line => line.Text("ddl")!))
        {
            if (!Array.Exists(NotSupported, part => statement.Contains(part, StringComparison.Ordinal)))
            {
                cluster.Execute(statement, "library");
            }
        }

        var query = $"SELECT * FROM system_schema.{table}";
        var recorded = VectorFile.Read("schema").Single(line => line.Text("query") == query && line.GetProperty("version").GetInt32() == 4).Hex("raw");
        var header = FrameHeader.Read(recorded);
        var expected = new RawAnswer(header, ResponseDecoder.Decode(header, recorded.AsSpan(FrameHeader.Size)), recorded[FrameHeader.Size..]);
        await using var client = await RawClient.ConnectAsync(cluster.Nodes[0], ProtocolVersion.V4);
        var actual = await client.QueryAsync(query);

        actual.RowsHeader.Metadata!.Columns.Should().Equal(expected.RowsHeader.Metadata!.Columns);
        Lines(actual).Should().Equal(Lines(expected));
    }

    private static List<string> Lines(RawAnswer answer)
    {
        var columns = answer.RowsHeader.Metadata!.Columns;
        return
        [
            .. answer.Rows.Where(row => OurKeyspaces.Contains(CellText.Of(CqlType.Text, row[0])) && CellText.Of(CqlType.Text, row[1]) != "books_by_title")
                .Select(row => string.Join(" | ", row.Select((cell, i) => $"{columns[i].Name}={(Incomparable.Contains(columns[i].Name) ? "…" : CellText.Of(columns[i].Type, cell))}"))),
        ];
    }
}
