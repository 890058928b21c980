using System.Collections.Immutable;
using CqlDriver.Testing.Model;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Engine;

/// <summary>A statement bound to the schema: what it needs, what it gives, and how to run it. Complete when the binder gives it away, then shared by executions and never changed.</summary>
internal abstract class Plan
{
    public required ImmutableArray<ColumnSpec> Variables { get; set; }

    /// <summary>Every table is named with its keyspace: the statement means the same whatever keyspace is in use.</summary>
    public bool IsFullyQualified { get; set; }

    /// <summary>For each column of the partition key, which marker gives it; empty when some are given otherwise.</summary>
    public ImmutableArray<int> PartitionKeyIndexes { get; init; } = [];

    /// <summary>The columns of the answer; null for statements that answer no rows, or rows of a shape that depends on the outcome.</summary>
    public virtual ImmutableArray<ColumnSpec>? ResultColumns => null;

    public virtual bool IsConditional => false;

    /// <summary>The tables it was bound to: it is out of date when one has changed.</summary>
    public ImmutableArray<TableDefinition> Tables { get; init; } = [];

    /// <summary>Whether the tables are still what it was bound to.</summary>
    public bool IsCurrent(SchemaSnapshot schema)
    {
        foreach (var table in Tables)
        {
            if (schema.FindTable(table.Keyspace, table.Name) is not { } now || !ReferenceEquals(now.Shape, table.Shape))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Runs it, under the engine's lock.</summary>
    public abstract EngineResult Execute(EngineState state, ExecutionScope scope);
}

/// <summary>Schema and rows, guarded by the engine's lock.</summary>
internal sealed class EngineState(Func<TableDefinition, object?, TableStore> fillVirtual)
{
    private readonly Dictionary<Guid, TableStore> _stores = [];
    private long _listPosition;

    public SchemaSnapshot Schema { get; set; } = SchemaSnapshot.Empty;

    /// <summary>Positions of list elements: appended ones count up, prepended ones down.</summary>
    public long NextListPosition() => ++_listPosition;

    public TableStore Store(TableDefinition table, ExecutionScope scope)
    {
        if (table.IsVirtual)
        {
            return fillVirtual(table, scope.Viewer);
        }

        if (!_stores.TryGetValue(table.Id, out var store))
        {
            _stores[table.Id] = store = new TableStore(table);
        }

        return store;
    }

    public void Drop(TableDefinition table) => _stores.Remove(table.Id);

    /// <summary>A column is gone: so is what rows hold of it.</summary>
    public void Forget(TableDefinition table, int slot) => _stores.GetValueOrDefault(table.Id)?.Forget(slot);
}
