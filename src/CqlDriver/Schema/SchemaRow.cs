using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Types;

namespace CqlDriver.Schema;

/// <summary>One row of a table that describes the schema. What must be there and is not is a <see cref="FormatException"/>.</summary>
internal readonly record struct SchemaRow(SystemRows Rows, int Index)
{
    public static IEnumerable<SchemaRow> All(SystemRows? rows) => rows is null ? [] : Enumerable.Range(0, rows.Count).Select(index => new SchemaRow(rows, index));

    public string? Find(string column) => Rows.Text(Index, column);

    public string Get(string column) => Find(column) is { Length: > 0 } text ? text : throw new FormatException($"it has no {column}");

    public bool? Boolean(string column) => Rows.Boolean(Index, column);

    public int? Int(string column) => Rows.Int(Index, column);

    public Guid? Guid(string column) => Rows.Guid(Index, column);

    public ImmutableArray<string> Texts(string column) => Rows.Texts(Index, column);

    public ImmutableSortedDictionary<string, string> Map(string column) => Rows.TextMap(Index, column).ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>The row's name in a warning: the value of these columns, as far as they can be read.</summary>
    public string Name(string table, params ReadOnlySpan<string> columns)
    {
        var names = new List<string>();
        foreach (var column in columns)
        {
            names.Add(CqlIdentifier.Quote(Find(column) ?? ""));
        }

        return $"{table} {string.Join('.', names)}";
    }
}
