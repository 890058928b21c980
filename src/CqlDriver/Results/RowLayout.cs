using System.Collections.Frozen;
using System.Collections.Immutable;

namespace CqlDriver;

/// <summary>
/// The columns of a result, with what reading them takes: the codecs, what to expect of each cell, and the way from a name to a
/// place. Immutable, shared by all rows.
/// </summary>
internal sealed class RowLayout
{
    // Names are found by comparing them up to here: three that begin alike cost 4 ns so and 5.5 by hashing, six 6.5 and 5.
    private const int MostCompared = 4;

    private readonly string[] _names;
    private readonly FrozenDictionary<string, int>? _byName;

    public RowLayout(ImmutableArray<ColumnSpec> columns, CodecRegistry codecs, ReadOnlyMemory<byte> metadataId = default)
    {
        Columns = columns;
        Codecs = codecs;
        MetadataId = metadataId;
        Shapes = [.. columns.Select(column => new CellShape(column.Type, codecs))];
        _names = [.. columns.Select(static column => column.Name)];
        _byName = columns.Length > MostCompared ? IndexByName(_names) : null;
    }

    public static RowLayout Empty { get; } = new([], CodecRegistry.Default);

    public ImmutableArray<ColumnSpec> Columns { get; }

    public CodecRegistry Codecs { get; }

    /// <summary>The result metadata id; empty when the server gave none.</summary>
    public ReadOnlyMemory<byte> MetadataId { get; }

    /// <summary>What to expect of the cells of each column. Never changed: an array, because its elements are read by reference.</summary>
    public CellShape[] Shapes { get; }

    /// <summary>The ordinal of a column: the exact name first, then without regard to case. -1: none.</summary>
    public int IndexOf(string name)
    {
        if (_byName is not null)
        {
            return _byName.TryGetValue(name, out var index) ? index : IndexIgnoringCase(name);
        }

        var names = _names;
        for (var i = 0; i < names.Length; i++)
        {
            if (string.Equals(names[i], name))
            {
                return i;
            }
        }

        return IndexIgnoringCase(name);
    }

    private int IndexIgnoringCase(string name)
    {
        for (var i = 0; i < _names.Length; i++)
        {
            if (string.Equals(_names[i], name, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return -1;
    }

    private static FrozenDictionary<string, int> IndexByName(string[] names)
    {
        var byName = new Dictionary<string, int>(names.Length, StringComparer.Ordinal);
        for (var i = 0; i < names.Length; i++)
        {
            byName.TryAdd(names[i], i);
        }

        return byName.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
