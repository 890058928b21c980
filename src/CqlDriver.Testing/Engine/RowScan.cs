using CqlDriver.Testing.Model;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Engine;

/// <summary>Which rows a statement reads, and in which order. Immutable; <see cref="Run"/> is lazy.</summary>
internal sealed class RowScan(TableDefinition table)
{
    /// <summary>The values of the partition key's columns; null: a scan.</summary>
    public ValueSet[]? PartitionKey { get; init; }

    public SliceRestriction? TokenRange { get; init; }

    public required ClusteringRanges Ranges { get; init; }

    public required RowFilter[] Filters { get; init; }

    public required bool IsReversed { get; init; }

    /// <summary>One row for each partition.</summary>
    public required bool IsDistinct { get; init; }

    public bool HasPartitionKeys => PartitionKey is not null;

    public IEnumerable<RowCursor> Run(TableStore store, ExecutionScope scope, PagingPosition? resume)
    {
        var tests = Array.ConvertAll(Filters, filter => filter.Prepare(scope));
        var ranges = Ranges.Evaluate(scope, store.Order);
        if (IsReversed)
        {
            ranges.Reverse();
        }

        foreach (var partition in Partitions(store, scope, resume))
        {
            var after = resume is not null && partition.Key.Equals(resume.Partition) ? resume : null;
            var rows = IsDistinct ? Distinct(partition, scope.NowSeconds, after) : Rows(partition, ranges, store.Order, scope.NowSeconds, after);
            foreach (var row in rows)
            {
                if (Array.TrueForAll(tests, test => test(row)))
                {
                    yield return row;
                }
            }
        }
    }

    private IEnumerable<Partition> Partitions(TableStore store, ExecutionScope scope, PagingPosition? resume)
    {
        if (PartitionKey is not null)
        {
            return PartitionKeys.Evaluate(PartitionKey, scope)
                .Where(key => resume is null || key.CompareTo(resume.Partition) >= 0)
                .Select(store.Find)
                .OfType<Partition>();
        }

        return Scan(store.Ordered, scope, resume);
    }

    private IEnumerable<Partition> Scan(List<Partition> ordered, ExecutionScope scope, PagingPosition? resume)
    {
        var (lower, upper) = (Bound(TokenRange?.Lower, scope), Bound(TokenRange?.Upper, scope));

        // A range that ends at the smallest token reaches around the ring: the smallest token belongs to nobody and stands for the end.
        if (upper == long.MinValue)
        {
            upper = null;
        }

        var start = resume is not null ? FirstFrom(ordered, key => key.CompareTo(resume.Partition) >= 0)
            : lower is { } from ? FirstFrom(ordered, key => TokenRange!.IsLowerInclusive ? key.Token >= from : key.Token > from)
            : 0;
        for (var i = start; i < ordered.Count; i++)
        {
            var token = ordered[i].Key.Token;
            if (upper is { } to && (TokenRange!.IsUpperInclusive ? token > to : token >= to))
            {
                yield break;
            }

            yield return ordered[i];
        }
    }

    private static long? Bound(BoundTerm[]? terms, ExecutionScope scope) =>
        terms is null ? null : System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(terms[0].Require(scope, "partition key token"));

    private static int FirstFrom(List<Partition> ordered, Func<PartitionKey, bool> isWithin)
    {
        var (low, high) = (0, ordered.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (isWithin(ordered[middle].Key))
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    private static IEnumerable<RowCursor> Distinct(Partition partition, long now, PagingPosition? after)
    {
        if (after is not null)
        {
            yield break;
        }

        if (partition.Static.HasLiveColumn(partition.DeletedAt, now) || partition.Rows.Exists(row => CellReader.IsLive(partition, row, now)))
        {
            yield return new RowCursor(partition, null, now);
        }
    }

    private IEnumerable<RowCursor> Rows(Partition partition, List<ClusteringRange> ranges, ClusteringOrder order, long now, PagingPosition? after)
    {
        if (after is { Clustering: null })
        {
            yield break;
        }

        var isAnyLive = after is not null;
        foreach (var range in ranges)
        {
            var (from, to) = (partition.IndexOf(range.Start), partition.IndexAfter(range.End));
            for (var i = 0; i < to - from; i++)
            {
                var row = partition.Rows[IsReversed ? to - 1 - i : from + i];
                if (after is not null && order.Compare(row.Clustering, after.Clustering!) * (IsReversed ? -1 : 1) <= 0)
                {
                    continue;
                }

                if (CellReader.IsLive(partition, row, now))
                {
                    isAnyLive = true;
                    yield return new RowCursor(partition, row, now);
                }
            }
        }

        // Static columns show on a row of their own when the partition has no other.
        if (!isAnyLive && table.HasStatics && Ranges.Served == 0 && partition.Static.HasLiveColumn(partition.DeletedAt, now))
        {
            yield return new RowCursor(partition, null, now);
        }
    }
}
