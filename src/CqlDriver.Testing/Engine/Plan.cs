using System.Collections.Immutable;
using CqlDriver.Testing.Model;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Engine;

/// <summary>A statement bound to the schema: what it needs, what it gives, and how to run it. Immutable, shared by executions.</summary>
internal abstract class Plan
{
    public required ImmutableArray<ColumnSpec> Variables { get; init; }

    /// <summary>The names of the markers as the client may bind them; null for <c>?</c>.</summary>
    public ImmutableArray<string?> MarkerNames { get; init; } = [];

    /// <summary>For each column of the partition key, which marker gives it; empty when some are given otherwise.</summary>
    public ImmutableArray<int> PartitionKeyIndexes { get; init; } = [];

    /// <summary>The columns of the answer; null for statements that answer no rows, or rows of a shape that depends on the outcome.</summary>
    public virtual ImmutableArray<ColumnSpec>? ResultColumns => null;

    public virtual bool IsConditional => false;

    /// <summary>The tables it was bound to: it is out of date when one has changed.</summary>
    public ImmutableArray<TableDefinition> Tables { get; init; } = [];

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
}
