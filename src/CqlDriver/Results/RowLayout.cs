using System.Collections.Frozen;
using System.Collections.Immutable;

namespace CqlDriver;

/// <summary>The columns of a result, with the id by which the server knows them and an index by name. Immutable, shared by all rows.</summary>
internal sealed class RowLayout(ImmutableArray<ColumnSpec> columns, ReadOnlyMemory<byte> metadataId = default)
{
    private FrozenDictionary<string, int>? _byName;

    public static RowLayout Empty { get; } = new([]);

    public ImmutableArray<ColumnSpec> Columns { get; } = columns;

    /// <summary>The result metadata id; empty when the server gave none.</summary>
    public ReadOnlyMemory<byte> MetadataId { get; } = metadataId;

    /// <summary>The ordinal of a column: the exact name first, then without regard to case. -1: none.</summary>
    public int IndexOf(string name)
    {
        if (!(_byName ??= Build()).TryGetValue(name, out var index))
        {
            index = IndexIgnoringCase(name);
        }

        return index;
    }

    private int IndexIgnoringCase(string name)
    {
        for (var i = 0; i < Columns.Length; i++)
        {
            if (string.Equals(Columns[i].Name, name, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return -1;
    }

    private FrozenDictionary<string, int> Build()
    {
        var byName = new Dictionary<string, int>(Columns.Length, StringComparer.Ordinal);
        for (var i = 0; i < Columns.Length; i++)
        {
            byName.TryAdd(Columns[i].Name, i);
        }

        return byName.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
