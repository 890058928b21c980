using System.Buffers.Binary;
using System.Collections.Immutable;
using CqlDriver.Testing.Model;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Engine;

/// <summary>A SELECT bound to its table: gives rows in the order of the ring, then of the clustering, page by page.</summary>
internal sealed class SelectPlan : Plan
{
    public required TableDefinition Table { get; init; }

    public required Selector[] Selectors { get; init; }

    public required RowScan Scan { get; init; }

    public required bool SortsPartitionsTogether { get; init; }

    public required BoundTerm? Limit { get; init; }

    public required BoundTerm? PerPartitionLimit { get; init; }

    public required ImmutableArray<ColumnSpec> Columns { get; init; }

    public override ImmutableArray<ColumnSpec>? ResultColumns => Columns;

    private bool IsAggregate => Array.Exists(Selectors, selector => selector.IsAggregate);

    public override EngineResult Execute(EngineState state, ExecutionScope scope)
    {
        if (scope.Consistency == ConsistencyLevel.Any)
        {
            throw CqlServerException.Invalid("ANY ConsistencyLevel is only supported for writes");
        }

        var limit = EvaluateLimit(Limit, "LIMIT", scope);
        var perPartition = EvaluateLimit(PerPartitionLimit, "PER PARTITION LIMIT", scope);
        var store = state.Store(Table, scope);
        if (IsAggregate)
        {
            return Aggregate(store, scope, perPartition);
        }

        if (SortsPartitionsTogether)
        {
            return Sorted(store, scope, limit, perPartition);
        }

        var resume = scope.PagingState is { } paging ? PagingPosition.Decode(paging, Table.Id, Table.PartitionKey.Length, Table.Clustering.Length) : null;
        return Page(store, scope, resume, resume?.Remaining ?? limit, perPartition);
    }

    private RowsResult Page(TableStore store, ExecutionScope scope, PagingPosition? resume, int limit, int perPartition)
    {
        var rows = new List<byte[]?[]>();
        var pageSize = scope.PageSize is > 0 ? scope.PageSize.Value : int.MaxValue;
        PartitionKey? current = resume?.Partition;
        var leftInPartition = resume?.RemainingInPartition ?? perPartition;
        foreach (var row in Scan.Run(store, scope, resume))
        {
            if (!row.Partition.Key.Equals(current))
            {
                current = row.Partition.Key;
                leftInPartition = perPartition;
            }

            if (leftInPartition == 0)
            {
                continue;
            }

            rows.Add(Evaluate(scope, row));
            leftInPartition--;
            if (--limit == 0)
            {
                break;
            }

            // As servers do: a full page says that there are more, without looking; the next one may be empty.
            if (rows.Count == pageSize)
            {
                return new RowsResult(Columns, rows, new PagingPosition(current, row.Row?.Clustering, limit, leftInPartition).Encode(Table.Id));
            }
        }

        return new RowsResult(Columns, rows);
    }

    /// <summary>ORDER BY over several partitions: everything is read, sorted, then cut.</summary>
    private RowsResult Sorted(TableStore store, ExecutionScope scope, int limit, int perPartition)
    {
        if (scope.PageSize is > 0)
        {
            throw CqlServerException.Invalid(
                "Cannot page queries with both ORDER BY and a IN restriction on the partition key; "
                + "you must either remove the ORDER BY or the IN and sort client side, or disable paging for this query");
        }

        var found = Limited(store, scope, perPartition).ToList();
        var sign = Scan.IsReversed ? -1 : 1;
        var ordered = found.OrderBy(row => row.Row!.Clustering, Comparer<byte[][]>.Create((left, right) => sign * store.Order.Compare(left, right)));
        return new RowsResult(Columns, [.. ordered.Take(limit).Select(row => Evaluate(scope, row))]);
    }

    private RowsResult Aggregate(TableStore store, ExecutionScope scope, int perPartition)
    {
        if (!Scan.HasPartitionKeys)
        {
            scope.Warnings.Add("Aggregation query used without partition key");
        }

        var accumulators = Array.ConvertAll(Selectors, selector => selector.StartAggregation());
        foreach (var row in Limited(store, scope, perPartition))
        {
            foreach (var accumulator in accumulators)
            {
                accumulator.Add(scope, row);
            }
        }

        return new RowsResult(Columns, [Array.ConvertAll(accumulators, accumulator => accumulator.Finish())]);
    }

    private IEnumerable<RowCursor> Limited(TableStore store, ExecutionScope scope, int perPartition)
    {
        Partition? current = null;
        var left = perPartition;
        foreach (var row in Scan.Run(store, scope, null))
        {
            left = ReferenceEquals(row.Partition, current) ? left : perPartition;
            current = row.Partition;
            if (left-- > 0)
            {
                yield return row;
            }
        }
    }

    private byte[]?[] Evaluate(ExecutionScope scope, RowCursor row)
    {
        var values = new byte[]?[Selectors.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Selectors[i].Evaluate(scope, row);
        }

        return values;
    }

    private static int EvaluateLimit(BoundTerm? term, string name, ExecutionScope scope)
    {
        var value = term?.Evaluate(scope);
        if (term is null || ReferenceEquals(value, CqlBytes.Unset))
        {
            return int.MaxValue;
        }

        if (value is not { Length: 4 })
        {
            throw CqlServerException.Invalid($"Invalid null value of {name}");
        }

        var limit = BinaryPrimitives.ReadInt32BigEndian(value);
        return limit > 0 ? limit : throw CqlServerException.Invalid($"{name} must be strictly positive");
    }
}
