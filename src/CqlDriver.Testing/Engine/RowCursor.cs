using CqlDriver.Testing.Model;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Engine;

/// <summary>A row as a query sees it: a partition, one of its rows (or none, when only static columns are there), and the second it is.</summary>
internal readonly record struct RowCursor(Partition Partition, StoredRow? Row, long NowSeconds)
{
    public byte[]? Read(ColumnDefinition column)
    {
        switch (column.Kind)
        {
            case ColumnKind.PartitionKey:
                return Partition.Key.Components[column.Position];
            case ColumnKind.Clustering:
                return Row?.Clustering[column.Position];
            default:
                var (data, deletedAt) = Find(column);
                return CellReader.Read(column, data, deletedAt, NowSeconds);
        }
    }

    /// <summary>The cell of a column that is stored in one piece, if it is alive.</summary>
    public Cell? LiveCell(ColumnDefinition column)
    {
        var (data, deletedAt) = Find(column);
        return data is Cell cell && cell.IsLive(deletedAt, NowSeconds) ? cell : null;
    }

    private (ColumnData? Data, long DeletedAt) Find(ColumnDefinition column)
    {
        if (column.Kind == ColumnKind.Static)
        {
            return (Partition.Static[column.Slot], Partition.DeletedAt);
        }

        return Row is null ? (null, 0) : (Row[column.Slot], Partition.DeletionOf(Row));
    }
}

/// <summary>What a column's data amounts to at a given second.</summary>
internal static class CellReader
{
    public static byte[]? Read(ColumnDefinition column, ColumnData? data, long deletedAt, long nowSeconds) => data switch
    {
        Cell cell => cell.IsLive(deletedAt, nowSeconds) ? cell.Value : null,
        MultiCell cells => Assemble(column.Type, cells, deletedAt, nowSeconds),
        _ => null,
    };

    /// <summary>Whether the row exists: it was inserted, or one of its columns lives.</summary>
    public static bool IsLive(Partition partition, StoredRow row, long nowSeconds)
    {
        var deletedAt = partition.DeletionOf(row);
        return (row.Marker?.IsLive(deletedAt, nowSeconds) ?? false) || row.HasLiveColumn(deletedAt, nowSeconds);
    }

    private static byte[]? Assemble(CqlType type, MultiCell cells, long deletedAt, long nowSeconds)
    {
        var bound = Math.Max(deletedAt, cells.DeletedAt);
        if (type is CqlUserType user)
        {
            return AssembleUserType(user, cells, bound, nowSeconds);
        }

        var parts = new List<byte[]?>();
        foreach (var (path, cell) in cells.Cells)
        {
            if (!cell.IsLive(bound, nowSeconds))
            {
                continue;
            }

            if (type.Kind != CqlTypeKind.List)
            {
                parts.Add(path);
            }

            if (type.Kind != CqlTypeKind.Set)
            {
                parts.Add(cell.Value);
            }
        }

        return parts.Count == 0 ? null : type.Kind == CqlTypeKind.Map ? CqlBytes.Map(parts) : CqlBytes.Collection(parts);
    }

    private static byte[]? AssembleUserType(CqlUserType user, MultiCell cells, long deletedAt, long nowSeconds)
    {
        var fields = new byte[]?[user.Fields.Length];
        var isAnyLive = false;
        foreach (var (path, cell) in cells.Cells)
        {
            if (cell.IsLive(deletedAt, nowSeconds))
            {
                fields[(path[0] << 8) | path[1]] = cell.Value;
                isAnyLive = true;
            }
        }

        return isAnyLive ? CqlBytes.Tuple(fields) : null;
    }
}
