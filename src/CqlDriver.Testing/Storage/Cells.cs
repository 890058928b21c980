namespace CqlDriver.Testing.Storage;

/// <summary>What a row holds of one column.</summary>
internal abstract class ColumnData;

/// <summary>A value with its timestamp (microseconds), or a tombstone when it is null. Expires at a second, or never (0).</summary>
internal sealed class Cell(byte[]? value, long timestamp, int timeToLive, long expiresAt) : ColumnData
{
    public byte[]? Value { get; } = value;

    public long Timestamp { get; } = timestamp;

    public int TimeToLive { get; } = timeToLive;

    public long ExpiresAt { get; } = expiresAt;

    public bool IsLive(long deletedAt, long nowSeconds) => Value is not null && Timestamp > deletedAt && (ExpiresAt == 0 || ExpiresAt > nowSeconds);

    /// <summary>Last write wins; at the same microsecond a tombstone does, then the greater bytes, so that every node decides alike.</summary>
    public static Cell Reconcile(Cell? old, Cell written)
    {
        if (old is null || written.Timestamp != old.Timestamp)
        {
            return old is null || written.Timestamp > old.Timestamp ? written : old;
        }

        if (old.Value is null || written.Value is null)
        {
            return old.Value is null ? old : written;
        }

        return written.Value.AsSpan().SequenceCompareTo(old.Value) >= 0 ? written : old;
    }
}

/// <summary>A collection or user type stored element by element: cells by path (element, key, position, field).</summary>
internal sealed class MultiCell(ValueOrder pathOrder) : ColumnData
{
    public SortedList<byte[], Cell> Cells { get; } = new(pathOrder);

    /// <summary>Elements up to this microsecond are gone.</summary>
    public long DeletedAt { get; set; } = long.MinValue;

    public void Put(byte[] path, Cell cell) => Cells[path] = Cell.Reconcile(Cells.GetValueOrDefault(path), cell);
}
