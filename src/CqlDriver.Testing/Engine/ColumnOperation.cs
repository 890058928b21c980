using System.Buffers.Binary;
using CqlDriver.Testing.Model;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Engine;

/// <summary>When a write happened and how long it lasts: the same for all cells of a statement.</summary>
internal readonly record struct WriteTime(long Timestamp, int TimeToLive, long ExpiresAt)
{
    public Cell Value(byte[]? value) => value is null ? new Cell(null, Timestamp, 0, 0) : new Cell(value, Timestamp, TimeToLive, ExpiresAt);

    public Cell Tombstone => new(null, Timestamp, 0, 0);
}

/// <summary>One change of one column of a row.</summary>
internal abstract class ColumnOperation(ColumnDefinition column)
{
    public ColumnDefinition Column => column;

    public abstract void Apply(EngineState state, ExecutionScope scope, Partition partition, StoredRow row, WriteTime time);

    /// <summary>The cells of a column that is stored element by element, made when they are not there.</summary>
    protected MultiCell Cells(StoredRow row)
    {
        if (row[column.Slot] is MultiCell cells)
        {
            return cells;
        }

        var order = column.Type switch
        {
            CqlSetType set => new ValueOrder(set.Element),
            CqlMapType map => new ValueOrder(map.Key),
            _ => ValueOrder.ByBytes,
        };
        cells = new MultiCell(order);
        row[column.Slot] = cells;
        return cells;
    }

    protected static List<byte[]?> Split(byte[] bytes, int perEntry) =>
        CqlBytes.TrySplitCollection(bytes, perEntry) ?? throw CqlServerException.Invalid("The bytes of a collection are malformed");

    protected static byte[] FieldPath(int index) => [(byte)(index >> 8), (byte)index];

    /// <summary>Positions sort as unsigned bytes, so the sign is turned.</summary>
    protected static byte[] ListPath(long position) => CqlBytes.Int64(position ^ long.MinValue);

    /// <summary>The paths of a list's elements that are alive, in order.</summary>
    protected static List<byte[]> LivePaths(MultiCell cells, Partition partition, StoredRow row, long now)
    {
        var bound = Math.Max(partition.DeletionOf(row), cells.DeletedAt);
        return [.. cells.Cells.Where(entry => entry.Value.IsLive(bound, now)).Select(entry => entry.Key)];
    }

    protected static byte[] LivePathAt(MultiCell cells, Partition partition, StoredRow row, ExecutionScope scope, byte[] index)
    {
        var paths = LivePaths(cells, partition, row, scope.NowSeconds);
        var at = BinaryPrimitives.ReadInt32BigEndian(index);
        return at >= 0 && at < paths.Count ? paths[at] : throw CqlServerException.Invalid(
            paths.Count == 0 ? "Attempted to set an element on a list which is null" : $"List index {at} out of bound, list has size {paths.Count}");
    }
}

/// <summary><c>c = value</c>; null deletes.</summary>
internal sealed class SetOperation(ColumnDefinition column, BoundTerm term) : ColumnOperation(column)
{
    public override void Apply(EngineState state, ExecutionScope scope, Partition partition, StoredRow row, WriteTime time)
    {
        var value = term.Evaluate(scope);
        if (ReferenceEquals(value, CqlBytes.Unset))
        {
            return;
        }

        if (!Column.IsMultiCell)
        {
            row[Column.Slot] = Cell.Reconcile(row[Column.Slot] as Cell, time.Value(value));
            return;
        }

        // A microsecond before the new elements, which then survive.
        var cells = Cells(row);
        cells.DeletedAt = Math.Max(cells.DeletedAt, time.Timestamp - 1);
        if (value is not null)
        {
            AddOperation.Put(Column, cells, value, time, state, isPrepend: false);
        }
    }
}

/// <summary><c>c = c + value</c> and <c>c = value + c</c> of collections.</summary>
internal sealed class AddOperation(ColumnDefinition column, BoundTerm term, bool isPrepend) : ColumnOperation(column)
{
    public override void Apply(EngineState state, ExecutionScope scope, Partition partition, StoredRow row, WriteTime time)
    {
        var value = term.Evaluate(scope);
        if (value is not null && !ReferenceEquals(value, CqlBytes.Unset))
        {
            Put(Column, Cells(row), value, time, state, isPrepend);
        }
    }

    internal static void Put(ColumnDefinition column, MultiCell cells, byte[] value, WriteTime time, EngineState state, bool isPrepend)
    {
        switch (column.Type)
        {
            case CqlSetType:
                Split(value, 1).ForEach(element => cells.Put(element!, time.Value([])));
                break;
            case CqlMapType:
                var entries = Split(value, 2);
                for (var i = 0; i < entries.Count; i += 2)
                {
                    cells.Put(entries[i]!, time.Value(entries[i + 1]));
                }

                break;
            case CqlListType:
                var elements = Split(value, 1);
                for (var i = 0; i < elements.Count; i++)
                {
                    var position = isPrepend ? -state.NextListPosition() : state.NextListPosition();
                    cells.Put(ListPath(position), time.Value(elements[isPrepend ? elements.Count - 1 - i : i]));
                }

                break;
            case CqlUserType user:
                var fields = CqlBytes.TrySplitTuple(value, user.Fields.Length) ?? throw CqlServerException.Invalid("The bytes of a user type are malformed");
                for (var i = 0; i < fields.Length; i++)
                {
                    cells.Put(FieldPath(i), time.Value(fields[i]));
                }

                break;
        }
    }
}

/// <summary><c>c = c - value</c>: takes elements or keys away.</summary>
internal sealed class SubtractOperation(ColumnDefinition column, BoundTerm term) : ColumnOperation(column)
{
    public override void Apply(EngineState state, ExecutionScope scope, Partition partition, StoredRow row, WriteTime time)
    {
        var value = term.Evaluate(scope);
        if (value is null || ReferenceEquals(value, CqlBytes.Unset))
        {
            return;
        }

        var cells = Cells(row);
        foreach (var element in Split(value, 1))
        {
            if (Column.Type is not CqlListType)
            {
                cells.Put(element!, time.Tombstone);
                continue;
            }

            foreach (var path in LivePaths(cells, partition, row, scope.NowSeconds))
            {
                if (cells.Cells[path].Value.AsSpan().SequenceEqual(element))
                {
                    cells.Put(path, time.Tombstone);
                }
            }
        }
    }
}

/// <summary><c>c[key] = value</c>, and DELETE c[key] with a value of null.</summary>
internal sealed class SetElementOperation(ColumnDefinition column, BoundTerm key, BoundTerm term) : ColumnOperation(column)
{
    public override void Apply(EngineState state, ExecutionScope scope, Partition partition, StoredRow row, WriteTime time)
    {
        var value = term.Evaluate(scope);
        if (ReferenceEquals(value, CqlBytes.Unset))
        {
            return;
        }

        var path = key.Require(scope, Column.Name);
        var cells = Cells(row);
        if (Column.Type is CqlListType)
        {
            path = LivePathAt(cells, partition, row, scope, path);
        }

        cells.Put(path, time.Value(value));
    }
}

/// <summary><c>c.field = value</c>, and DELETE c.field with a value of null.</summary>
internal sealed class SetFieldOperation(ColumnDefinition column, int field, BoundTerm term) : ColumnOperation(column)
{
    public override void Apply(EngineState state, ExecutionScope scope, Partition partition, StoredRow row, WriteTime time)
    {
        var value = term.Evaluate(scope);
        if (!ReferenceEquals(value, CqlBytes.Unset))
        {
            Cells(row).Put(FieldPath(field), time.Value(value));
        }
    }
}

/// <summary><c>c = c + n</c> of a counter.</summary>
internal sealed class CountOperation(ColumnDefinition column, BoundTerm term, int sign) : ColumnOperation(column)
{
    public override void Apply(EngineState state, ExecutionScope scope, Partition partition, StoredRow row, WriteTime time)
    {
        var value = term.Evaluate(scope);
        if (ReferenceEquals(value, CqlBytes.Unset))
        {
            return;
        }

        if (value is not { Length: 8 })
        {
            throw CqlServerException.Invalid("Invalid null value for counter increment");
        }

        var deletedAt = Column.Kind == ColumnKind.Static ? partition.DeletedAt : partition.DeletionOf(row);
        var old = row[Column.Slot] is Cell cell && cell.IsLive(deletedAt, scope.NowSeconds) ? cell : null;
        var sum = unchecked((old is null ? 0 : BinaryPrimitives.ReadInt64BigEndian(old.Value)) + sign * BinaryPrimitives.ReadInt64BigEndian(value));
        var timestamp = Math.Max(time.Timestamp, (old?.Timestamp ?? long.MinValue) + 1);
        row[Column.Slot] = new Cell(CqlBytes.Int64(sum), timestamp, 0, 0);
    }
}
