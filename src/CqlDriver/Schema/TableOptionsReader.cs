using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using CqlDriver.Protocol;

namespace CqlDriver.Schema;

/// <summary>
/// The options of a table or view: every column of its row that is not something else. So an option that a later server adds is
/// there by its name without being known.
/// </summary>
internal static class TableOptionsReader
{
    private static readonly string[] NoOptions =
    [
        "keyspace_name", "table_name", "view_name", "id", "flags", "base_table_id", "base_table_name", "include_all_columns", "where_clause",
    ];

    public static TableOptions Read(SchemaRow row)
    {
        var all = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var column in row.Rows.Columns)
        {
            if (Array.IndexOf(NoOptions, column.Name) < 0 && row.Rows.TryCell(row.Index, column.Name, out var cell) && Literal(column, cell.Span) is { } text)
            {
                all[column.Name] = text;
            }
        }

        return new TableOptions
        {
            All = all.ToImmutable(),
            Comment = row.Find("comment") ?? "",
            DefaultTimeToLive = TimeSpan.FromSeconds(row.Int("default_time_to_live") ?? 0),
            GcGrace = TimeSpan.FromSeconds(row.Int("gc_grace_seconds") ?? 0),
            Compaction = row.Map("compaction"),
            Compression = row.Map("compression"),
            Caching = row.Map("caching"),
        };
    }

    /// <summary>The value as CQL writes it; null for types that no option has.</summary>
    private static string? Literal(ColumnSpec column, ReadOnlySpan<byte> cell) => column.Type.Kind switch
    {
        CqlTypeKind.Text or CqlTypeKind.Ascii => Quoted(cell),
        CqlTypeKind.Boolean when cell.Length == 1 => cell[0] != 0 ? "true" : "false",
        CqlTypeKind.Int when cell.Length == 4 => BinaryPrimitives.ReadInt32BigEndian(cell).ToString(CultureInfo.InvariantCulture),
        CqlTypeKind.Double when cell.Length == 8 => Number(BinaryPrimitives.ReadDoubleBigEndian(cell)),
        CqlTypeKind.Map when column.Type is CqlMapType map => Map(map, cell, column.Name),
        _ => null,
    };

    private static string Map(CqlMapType type, ReadOnlySpan<byte> cell, string column)
    {
        var entries = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var reader = new CqlReader(cell, column);
        var count = cell.IsEmpty ? 0 : reader.ReadInt();
        reader.EnsureFits(count, 2 * sizeof(int), column);
        for (var i = 0; i < count; i++)
        {
            var key = reader.TryReadBytes(out var keyBytes) ? Quoted(keyBytes) : "null";
            var isValue = reader.TryReadBytes(out var value);
            entries[key] = !isValue ? "null" : type.Value.Kind == CqlTypeKind.Blob ? "0x" + Convert.ToHexStringLower(value) : Quoted(value);
        }

        return $"{{{string.Join(", ", entries.Select(static entry => $"{entry.Key}: {entry.Value}"))}}}";
    }

    private static string Quoted(ReadOnlySpan<byte> text) => $"'{Encoding.UTF8.GetString(text).Replace("'", "''", StringComparison.Ordinal)}'";

    private static string Number(double number)
    {
        var text = number.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().ContainsAny('.', 'E', 'N') ? text : text + ".0";
    }
}
