using CqlDriver.Testing.Model;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Engine;

/// <summary>A stretch of rows of a partition, both bounds in the table's own order.</summary>
internal readonly record struct ClusteringRange(ClusteringBound Start, ClusteringBound End)
{
    public static ClusteringRange All { get; } = new(ClusteringBound.Open, ClusteringBound.Open);
}

/// <summary>
/// Turns restrictions of clustering columns into ranges of rows: equal values and INs of the first columns make prefixes,
/// one slice may follow. What comes after that can only be tested row by row, and is left to the caller.
/// </summary>
internal sealed class ClusteringRanges
{
    private readonly TableDefinition _table;
    private readonly List<object> _prefix = [];
    private readonly SliceRestriction? _slice;

    public ClusteringRanges(TableDefinition table, WhereBinder where)
    {
        _table = table;
        var at = 0;
        while (at < table.Clustering.Length)
        {
            if (where.Values.TryGetValue(table.Clustering[at].Name, out var values))
            {
                _prefix.Add(values);
                at++;
            }
            else if (where.TupleIn is { } tuples && tuples.Columns[0].Position == at)
            {
                _prefix.Add(tuples.Tuples);
                at += tuples.Columns.Length;
            }
            else
            {
                break;
            }
        }

        PrefixLength = at;
        if (at < table.Clustering.Length)
        {
            _slice = where.Slices.GetValueOrDefault(table.Clustering[at].Name)
                ?? (where.TupleSlice?.Columns[0].Position == at ? where.TupleSlice : null);
            CheckDirections();
        }

        Served = at + (_slice?.Columns.Length ?? 0);
    }

    /// <summary>Clustering columns with one value or some.</summary>
    public int PrefixLength { get; }

    /// <summary>Clustering columns that the ranges restrict.</summary>
    public int Served { get; }

    public bool HasSlice => _slice is not null;

    /// <summary>The whole clustering key is given.</summary>
    public bool IsFull => PrefixLength == _table.Clustering.Length;

    /// <summary>Single values only: at most one row.</summary>
    public bool IsSingle => IsFull && _prefix.TrueForAll(part => part is ValueSet { IsEquality: true });

    public List<ClusteringRange> Evaluate(ExecutionScope scope, ClusteringOrder order)
    {
        if (Served == 0)
        {
            return [ClusteringRange.All];
        }

        var ranges = Prefixes(scope).ConvertAll(prefix => RangeOf(prefix, scope));
        if (ranges.Count > 1)
        {
            ranges.Sort((left, right) => order.Compare(left.Start.Prefix, right.Start.Prefix));
            for (var i = ranges.Count - 1; i > 0; i--)
            {
                if (order.Compare(ranges[i].Start.Prefix, ranges[i - 1].Start.Prefix) == 0)
                {
                    ranges.RemoveAt(i);
                }
            }
        }

        return ranges;
    }

    /// <summary>The prefixes alone: whole clustering keys when <see cref="IsFull"/>.</summary>
    public List<byte[][]> Prefixes(ExecutionScope scope)
    {
        var prefixes = new List<byte[][]> { Array.Empty<byte[]>() };
        foreach (var part in _prefix)
        {
            var continuations = part is ValueSet values
                ? values.Evaluate(scope).ConvertAll(value => new[] { value })
                : [.. ((BoundTerm[][])part).Select(tuple => tuple.Select((term, i) => term.Require(scope, $"tuple[{i}]")).ToArray())];
            var longer = new List<byte[][]>(prefixes.Count * continuations.Count);
            foreach (var prefix in prefixes)
            {
                foreach (var continuation in continuations)
                {
                    longer.Add([.. prefix, .. continuation]);
                }
            }

            prefixes = longer;
        }

        return prefixes;
    }

    private ClusteringRange RangeOf(byte[][] prefix, ExecutionScope scope)
    {
        var whole = new ClusteringBound(prefix, true);
        if (_slice is null)
        {
            return new ClusteringRange(whole, whole);
        }

        var lower = _slice.Lower is null ? whole : new ClusteringBound([.. prefix, .. Require(_slice.Lower, scope)], _slice.IsLowerInclusive);
        var upper = _slice.Upper is null ? whole : new ClusteringBound([.. prefix, .. Require(_slice.Upper, scope)], _slice.IsUpperInclusive);
        return _slice.Columns[0].IsDescending ? new ClusteringRange(upper, lower) : new ClusteringRange(lower, upper);
    }

    private IEnumerable<byte[]> Require(BoundTerm[] terms, ExecutionScope scope) => terms.Select((term, i) => term.Require(scope, _slice!.Columns[i].Name));

    private void CheckDirections()
    {
        if (_slice is not null && Array.Exists(_slice.Columns, column => column.IsDescending != _slice.Columns[0].IsDescending))
        {
            throw CqlServerException.Invalid("Multi-column slices over columns of different clustering order are not supported by the embedded cluster");
        }
    }
}

/// <summary>Which partitions a statement is about.</summary>
internal static class PartitionKeys
{
    /// <summary>All combinations of the values of the partition key's columns, each once, in the order of the ring.</summary>
    public static List<PartitionKey> Evaluate(ValueSet[] columns, ExecutionScope scope)
    {
        var keys = new List<byte[][]> { Array.Empty<byte[]>() };
        foreach (var column in columns)
        {
            var values = column.Evaluate(scope);
            keys = values.Count == 1 && keys.Count == 1
                ? [[.. keys[0], values[0]]]
                : [.. keys.SelectMany(_ => values, (prefix, value) => (byte[][])[.. prefix, value])];
        }

        if (keys.Count == 1)
        {
            return [Check(keys[0])];
        }

        return [.. new SortedSet<PartitionKey>(keys.Select(Check))];
    }

    private static PartitionKey Check(byte[][] components)
    {
        if (components.Length == 1 && components[0].Length == 0)
        {
            throw CqlServerException.Invalid("Key may not be empty");
        }

        foreach (var component in components)
        {
            if (component.Length > Partitioning.CompositeRoutingKey.MaxComponentBytes)
            {
                throw CqlServerException.Invalid($"Key length of {component.Length} is longer than maximum of {Partitioning.CompositeRoutingKey.MaxComponentBytes}");
            }
        }

        return PartitionKey.Of(components);
    }
}
