namespace CqlDriver.Testing.Storage;

/// <summary>A row: its clustering values, when it was inserted and deleted, and what each column holds, by slot.</summary>
internal sealed class StoredRow(byte[][] clustering)
{
    private ColumnData?[] _columns = [];

    public byte[][] Clustering { get; } = clustering;

    public long DeletedAt { get; set; } = long.MinValue;

    /// <summary>INSERT leaves a mark, UPDATE does not: a row without a mark lives as long as one of its columns.</summary>
    public Cell? Marker { get; private set; }

    public ReadOnlySpan<ColumnData?> Columns => _columns;

    public ColumnData? this[int slot]
    {
        get => slot < _columns.Length ? _columns[slot] : null;
        set
        {
            if (slot >= _columns.Length)
            {
                Array.Resize(ref _columns, Math.Max(slot + 1, _columns.Length * 2));
            }

            _columns[slot] = value;
        }
    }

    public void Mark(Cell marker) => Marker = Cell.Reconcile(Marker, marker);

    public bool HasLiveColumn(long deletedAt, long nowSeconds)
    {
        foreach (var data in _columns)
        {
            if (data is Cell cell ? cell.IsLive(deletedAt, nowSeconds) : data is MultiCell cells && HasLiveCell(cells, deletedAt, nowSeconds))
            {
                return true;
            }
        }

        return false;
    }

    public void Forget(int slot)
    {
        if (slot < _columns.Length)
        {
            _columns[slot] = null;
        }
    }

    private static bool HasLiveCell(MultiCell cells, long deletedAt, long nowSeconds)
    {
        var bound = Math.Max(deletedAt, cells.DeletedAt);
        foreach (var cell in cells.Cells.Values)
        {
            if (cell.IsLive(bound, nowSeconds))
            {
                return true;
            }
        }

        return false;
    }
}
