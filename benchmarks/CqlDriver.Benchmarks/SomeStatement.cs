using System.Collections.Immutable;
using CqlDriver.LoadBench.Answerer;
using CqlDriver.Protocol;

namespace CqlDriver.Benchmarks;

/// <summary>The statements and columns of the load generator, without a server.</summary>
internal static class SomeStatement
{
    public const string Text = "value-00000";

    public static ImmutableArray<ColumnSpec> Columns { get; } =
    [
        new(CannedBodies.Keyspace, CannedBodies.ReadTable, "id", CqlType.Uuid),
        new(CannedBodies.Keyspace, CannedBodies.ReadTable, "n", CqlType.Int),
        new(CannedBodies.Keyspace, CannedBodies.ReadTable, "v", CqlType.Text),
    ];

    public static PreparedCore Insert() => new(
        "INSERT INTO loadbench.written (id, n, v) VALUES (?, ?, ?)", "loadbench", CannedStatements.Id(CannedStatement.Insert).ToArray(), Columns, [0], RowLayout.Empty, CodecRegistry.Default);

    /// <summary>The body of a ROWS answer, as <see cref="CannedBodies.DataRows"/> gives it, taken apart.</summary>
    public static RowsHeader ReadHeader(ReadOnlySpan<byte> body, KnownColumns? known = null)
    {
        var reader = new CqlReader(body, "RESULT");
        reader.ReadInt();
        return RowsHeader.Read(ref reader, known);
    }
}
