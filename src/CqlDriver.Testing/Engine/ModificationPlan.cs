using System.Buffers.Binary;
using System.Collections.Immutable;
using CqlDriver.Testing.Model;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Engine;

/// <summary>An INSERT, UPDATE or DELETE bound to its table.</summary>
internal sealed class ModificationPlan : Plan
{
    private const int MaxTimeToLive = 20 * 365 * 24 * 60 * 60;

    public required TableDefinition Table { get; init; }

    public required ValueSet[] PartitionKey { get; init; }

    public required ClusteringRanges Ranges { get; init; }

    public required ColumnOperation[] Operations { get; init; }

    public required BoundTerm? Timestamp { get; init; }

    public required BoundTerm? TimeToLive { get; init; }

    public required RowCondition[] Conditions { get; init; }

    public bool IfExists { get; init; }

    public bool IfNotExists { get; init; }

    public bool IsInsert { get; init; }

    /// <summary>DELETE without columns: of rows, ranges of rows or partitions.</summary>
    public bool DeletesRows { get; init; }

    public override bool IsConditional => IfExists || IfNotExists || Conditions.Length > 0;

    public override EngineResult Execute(EngineState state, ExecutionScope scope)
    {
        if (!IsConditional)
        {
            Apply(state, scope);
            return EngineResult.Void;
        }

        return ConditionalWrites.Execute([(this, scope)], state, isBatch: false);
    }

    /// <summary>Writes, whatever the conditions.</summary>
    public void Apply(EngineState state, ExecutionScope scope, long? batchTimestamp = null)
    {
        var time = EvaluateTime(scope, batchTimestamp);
        var store = state.Store(Table, scope);
        foreach (var key in PartitionKeys.Evaluate(PartitionKey, scope))
        {
            Apply(state, scope, store, store.GetOrAdd(key), time);
        }
    }

    /// <summary>The row that the conditions are about; a missing one shows nulls.</summary>
    public RowCursor Current(EngineState state, ExecutionScope scope)
    {
        var store = state.Store(Table, scope);
        var keys = PartitionKeys.Evaluate(PartitionKey, scope);
        if (keys.Count != 1)
        {
            throw CqlServerException.Invalid("IN on the partition key is not supported with conditional updates");
        }

        var partition = store.Find(keys[0]) ?? new Partition(keys[0], store.Order);
        var row = Ranges.IsFull && !IsStaticOnly ? partition.Find(Ranges.Prefixes(scope)[0]) : null;
        return new RowCursor(partition, row is not null && CellReader.IsLive(partition, row, scope.NowSeconds) ? row : null, scope.NowSeconds);
    }

    /// <summary>Whether there is something where the statement points.</summary>
    public bool Exists(RowCursor current) => IsStaticOnly
        ? current.Partition.Static.HasLiveColumn(current.Partition.DeletedAt, current.NowSeconds)
        : current.Row is not null;

    /// <summary>Touches static columns only, and names no row.</summary>
    public bool IsStaticOnly => Table.Clustering.Length > 0 && !Ranges.IsFull && !DeletesRows;

    public IEnumerable<PartitionKey> Partitions(ExecutionScope scope) => PartitionKeys.Evaluate(PartitionKey, scope);

    private void Apply(EngineState state, ExecutionScope scope, TableStore store, Partition partition, WriteTime time)
    {
        if (DeletesRows)
        {
            Delete(scope, store, partition, time);
            return;
        }

        foreach (var operation in Operations)
        {
            if (operation.Column.Kind == ColumnKind.Static)
            {
                operation.Apply(state, scope, partition, partition.Static, time);
            }
        }

        if (IsStaticOnly)
        {
            return;
        }

        // INSERT of static columns alone names no row either, unless the clustering columns are there.
        foreach (var clustering in Ranges.Prefixes(scope))
        {
            var row = partition.GetOrAdd(clustering);
            if (IsInsert)
            {
                row.Mark(time.Value([]));
            }

            foreach (var operation in Operations)
            {
                if (operation.Column.Kind == ColumnKind.Regular)
                {
                    operation.Apply(state, scope, partition, row, time);
                }
            }
        }
    }

    private void Delete(ExecutionScope scope, TableStore store, Partition partition, WriteTime time)
    {
        if (Ranges.Served == 0 && Table.Clustering.Length > 0)
        {
            partition.DeletedAt = Math.Max(partition.DeletedAt, time.Timestamp);
            return;
        }

        foreach (var range in Ranges.Evaluate(scope, store.Order))
        {
            if (Ranges.IsFull)
            {
                var row = partition.GetOrAdd(range.Start.Prefix);
                row.DeletedAt = Math.Max(row.DeletedAt, time.Timestamp);
            }
            else
            {
                partition.Delete(new RangeDeletion(range.Start, range.End, time.Timestamp));
            }
        }
    }

    private WriteTime EvaluateTime(ExecutionScope scope, long? batchTimestamp)
    {
        var timestamp = batchTimestamp ?? scope.Timestamp;
        if (Timestamp?.Evaluate(scope) is { } own && !ReferenceEquals(own, CqlBytes.Unset))
        {
            timestamp = BinaryPrimitives.ReadInt64BigEndian(own);
        }

        if (timestamp == long.MinValue)
        {
            throw CqlServerException.Invalid($"Timestamp must be greater than {long.MinValue}");
        }

        var ttl = Table.Options.DefaultTimeToLive;
        var given = TimeToLive?.Evaluate(scope);
        if (TimeToLive is not null && !ReferenceEquals(given, CqlBytes.Unset))
        {
            ttl = given is null ? 0 : BinaryPrimitives.ReadInt32BigEndian(given);
        }

        return ttl switch
        {
            < 0 => throw CqlServerException.Invalid($"A TTL must be greater or equal to 0, but was {ttl}"),
            > MaxTimeToLive => throw CqlServerException.Invalid($"ttl is too large. requested ({ttl}) maximum ({MaxTimeToLive})"),
            _ => new WriteTime(timestamp, ttl, ttl == 0 ? 0 : scope.NowSeconds + ttl),
        };
    }
}

/// <summary>Statements with IF, alone or in a batch: all conditions hold, or nothing is written and the answer shows why.</summary>
internal static class ConditionalWrites
{
    public static RowsResult Execute(IReadOnlyList<(ModificationPlan Plan, ExecutionScope Scope)> writes, EngineState state, bool isBatch)
    {
        var currents = writes.Select(write => (write.Plan, Row: write.Plan.Current(state, write.Scope))).ToList();
        var table = writes[0].Plan.Table;
        if (writes.Select((write, i) => Holds(write.Plan, currents[i].Row, write.Scope)).All(holds => holds))
        {
            foreach (var (plan, scope) in writes)
            {
                plan.Apply(state, scope);
            }

            return new RowsResult([Applied(table)], [[CqlBytes.Boolean(true)]]);
        }

        return Refused(table, currents, isBatch);
    }

    private static bool Holds(ModificationPlan plan, RowCursor current, ExecutionScope scope)
    {
        if ((plan.IfExists && !plan.Exists(current)) || (plan.IfNotExists && plan.Exists(current)))
        {
            return false;
        }

        return Array.TrueForAll(plan.Conditions, condition => condition.Holds(scope, current));
    }

    private static RowsResult Refused(TableDefinition table, List<(ModificationPlan Plan, RowCursor Row)> currents, bool isBatch)
    {
        var showsAll = currents.Exists(entry => entry.Plan.IfNotExists);
        var conditioned = currents.SelectMany(entry => entry.Plan.Conditions).Select(condition => condition.Column).Distinct().ToList();
        var columns = showsAll ? [.. table.Columns]
            : conditioned.Count == 0 ? []
            : table.Columns.Where(column => conditioned.Contains(column) || (isBatch && column.IsPrimaryKey)).ToList();
        var rows = new List<byte[]?[]>();
        foreach (var row in currents.Where(entry => entry.Plan.IsConditional && entry.Plan.Exists(entry.Row)).Select(entry => entry.Row).DistinctBy(row => row.Row as object ?? row.Partition))
        {
            rows.Add([CqlBytes.Boolean(false), .. columns.Select(row.Read)]);
        }

        if (rows.Count == 0 || columns.Count == 0)
        {
            return new RowsResult([Applied(table)], [[CqlBytes.Boolean(false)]]);
        }

        ImmutableArray<ColumnSpec> specs = [Applied(table), .. columns.Select(column => new ColumnSpec(table.Keyspace, table.Name, column.Name, column.Type))];
        return new RowsResult(specs, rows);
    }

    private static ColumnSpec Applied(TableDefinition table) => new(table.Keyspace, table.Name, "[applied]", CqlType.Boolean);
}
