using CqlDriver.Testing.Cql;
using CqlDriver.Testing.Model;

namespace CqlDriver.Testing.Engine;

/// <summary>Binds a SELECT: decides what the key serves, what must be filtered, and refuses what a server would.</summary>
internal sealed class SelectBinder(TermBinder terms, BindVariables variables)
{
    private const string NeedsFiltering =
        "Cannot execute this query as it might involve data filtering and thus may have unpredictable performance. "
        + "If you want to execute this query despite the performance unpredictability, use ALLOW FILTERING";

    private readonly TableDefinition _table = terms.Table;

    public SelectPlan Bind(SelectSyntax select)
    {
        var selectorBinder = new SelectorBinder(terms);
        var selectors = selectorBinder.Bind(select);
        var where = new WhereBinder(terms);
        where.Bind(select.Where);
        var partitionKey = BindPartitionKey(where);
        var ranges = new ClusteringRanges(_table, where);
        var filters = CollectFilters(select, where, partitionKey is not null, ranges);
        if (select.IsDistinct)
        {
            CheckDistinct(selectorBinder, select);
        }

        var isReversed = BindOrder(select, where, partitionKey);
        var isSorted = !select.OrderBy.IsEmpty && partitionKey is not null && !Array.TrueForAll(partitionKey, values => values.IsEquality);
        var perPartition = select.PerPartitionLimit is null ? null : terms.Bind(select.PerPartitionLimit, "[per_partition_limit]", CqlType.Int);
        var limit = select.Limit is null ? null : terms.Bind(select.Limit, "[limit]", CqlType.Int);
        var indexes = partitionKey is not null && Array.TrueForAll(partitionKey, values => values.Marker is not null)
            ? partitionKey.Select(values => values.Marker!.Value)
            : [];
        return new SelectPlan
        {
            Table = _table,
            Tables = [_table],
            Variables = variables.ToSpecs(),
            PartitionKeyIndexes = [.. indexes],
            Selectors = selectors,
            Columns = [.. selectors.Select(selector => new ColumnSpec(_table.Keyspace, _table.Name, selector.Name, selector.Type))],
            Limit = limit,
            PerPartitionLimit = perPartition,
            SortsPartitionsTogether = isSorted,
            Scan = new RowScan(_table)
            {
                PartitionKey = partitionKey,
                TokenRange = where.Token,
                Ranges = ranges,
                Filters = filters,
                IsReversed = isReversed,
                IsDistinct = select.IsDistinct,
            },
        };
    }

    /// <summary>The values of all columns of the partition key, or null when some are missing.</summary>
    private ValueSet[]? BindPartitionKey(WhereBinder where)
    {
        var values = _table.PartitionKey.Select(column => where.Values.GetValueOrDefault(column.Name)).ToArray();
        if (where.Token is not null && Array.Exists(values, value => value is not null))
        {
            throw CqlServerException.Invalid("Columns cannot be restricted by both a normal relation and a token relation");
        }

        return Array.Exists(values, value => value is null) ? null : Array.ConvertAll(values, value => value!);
    }

    private RowFilter[] CollectFilters(SelectSyntax select, WhereBinder where, bool hasPartitionKey, ClusteringRanges ranges)
    {
        var filters = new List<RowFilter>(where.Filters);
        var isKeyFiltered = false;
        foreach (var column in _table.Columns)
        {
            var isServed = column.Kind switch
            {
                ColumnKind.PartitionKey => hasPartitionKey,
                ColumnKind.Clustering => column.Position < ranges.Served,
                _ => false,
            };
            var count = filters.Count;
            if (!isServed && where.Values.TryGetValue(column.Name, out var values))
            {
                filters.Add(FilterBinder.FromValues(column, values));
            }
            else if ((!isServed || column.Kind == ColumnKind.PartitionKey) && where.Slices.TryGetValue(column.Name, out var slice))
            {
                filters.Add(FilterBinder.FromSlice(column, slice));
            }

            isKeyFiltered |= filters.Count > count && column.IsPrimaryKey && !_table.IsIndexed(column.Name);
            if (filters.Count > count && column.Kind == ColumnKind.Clustering && hasPartitionKey && !select.AllowFiltering && filters.Count == 1)
            {
                throw CqlServerException.Invalid(
                    $"PRIMARY KEY column \"{column.Name}\" cannot be restricted as preceding column \"{_table.Clustering[ranges.PrefixLength].Name}\" is not restricted");
            }
        }

        CheckTuples(where, ranges);
        var needsFiltering = isKeyFiltered || (!hasPartitionKey && ranges.Served > 0)
            || filters.Exists(filter => !(filter.CanUseIndex && _table.IsIndexed(filter.Column.Name)));
        return needsFiltering && !select.AllowFiltering ? throw CqlServerException.Invalid(NeedsFiltering) : [.. filters];
    }

    /// <summary>Relations over several columns must be served by the ranges.</summary>
    private static void CheckTuples(WhereBinder where, ClusteringRanges ranges)
    {
        if ((where.TupleIn is { } tuples && tuples.Columns[^1].Position >= ranges.PrefixLength) || (where.TupleSlice is { } slice && slice.Columns[^1].Position >= ranges.Served))
        {
            throw CqlServerException.Invalid("Multi-column relations must follow the columns of the PRIMARY KEY without a gap, and stand alone on their columns");
        }
    }

    private void CheckDistinct(SelectorBinder selectors, SelectSyntax select)
    {
        foreach (var column in select.IsStar ? _table.Columns : selectors.Used)
        {
            if (column.Kind is not (ColumnKind.PartitionKey or ColumnKind.Static))
            {
                throw CqlServerException.Invalid($"SELECT DISTINCT queries must only request partition key columns and/or static columns (not {column.Name})");
            }
        }
    }

    private bool BindOrder(SelectSyntax select, WhereBinder where, ValueSet[]? partitionKey)
    {
        if (select.OrderBy.IsEmpty)
        {
            return false;
        }

        if (partitionKey is null)
        {
            throw CqlServerException.Invalid("ORDER BY is only supported when the partition key is restricted by an EQ or an IN.");
        }

        bool? isReversed = null;
        var at = 0;
        foreach (var (name, isDescending) in select.OrderBy)
        {
            var column = _table.Get(name);
            while (at < _table.Clustering.Length && _table.Clustering[at] != column && where.Values.GetValueOrDefault(_table.Clustering[at].Name) is { IsEquality: true })
            {
                at++;
            }

            if (at >= _table.Clustering.Length || _table.Clustering[at] != column)
            {
                throw CqlServerException.Invalid("Order by currently only supports the ordering of columns following their declared order in the PRIMARY KEY");
            }

            at++;
            var reverses = isDescending != column.IsDescending;
            if (isReversed is { } before && before != reverses)
            {
                throw CqlServerException.Invalid("Unsupported order by relation");
            }

            isReversed = reverses;
        }

        return isReversed ?? false;
    }
}
