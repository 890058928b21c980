using System.Collections.Immutable;

namespace CqlDriver.Schema;

/// <summary>Tables and views of one keyspace, with their columns and indexes.</summary>
internal sealed class RelationReader(TypeReader types, ProblemList problems)
{
    /// <summary>Null: no column of it was there when columns were read, so it has just been created or dropped.</summary>
    public TableMetadata? ReadTable(
        SchemaRow row, IEnumerable<SchemaRow> columns, IEnumerable<SchemaRow> indexes, IEnumerable<SchemaRow> ofScylla, KeyspaceMetadata keyspace)
    {
        var name = row.Get("table_name");
        var read = ReadColumns(columns);
        return read.IsEmpty ? null : new TableMetadata(keyspace.Name, name, read)
        {
            Id = row.Guid("id"),
            IsVirtual = keyspace.IsVirtual,
            Options = TableOptionsReader.Read(row),
            Indexes = ReadIndexes(indexes),
            Partitioner = ofScylla.Select(static extra => extra.Find("partitioner")).FirstOrDefault(static partitioner => partitioner is { Length: > 0 }),
        };
    }

    /// <summary>Null as for a table.</summary>
    public ViewMetadata? ReadView(SchemaRow row, IEnumerable<SchemaRow> columns)
    {
        var read = ReadColumns(columns);
        return read.IsEmpty ? null : new ViewMetadata(row.Get("keyspace_name"), row.Get("view_name"), read)
        {
            Id = row.Guid("id"),
            Options = TableOptionsReader.Read(row),
            BaseTable = row.Get("base_table_name"),
            IncludesAllColumns = row.Boolean("include_all_columns") ?? false,
            WhereClause = row.Find("where_clause") ?? "",
        };
    }

    /// <summary>
    /// The columns in their order. One that is malformed is left out, and the whole table with it if what is left has no whole
    /// key: rows of unknown key are worth nothing.
    /// </summary>
    private ImmutableArray<ColumnMetadata> ReadColumns(IEnumerable<SchemaRow> rows)
    {
        var before = problems.Count;
        var columns = new List<ColumnMetadata>();
        foreach (var row in rows)
        {
            var where = row.Name("column", "keyspace_name", "table_name", "column_name");
            if (problems.Try(where, () => ReadColumn(row, where)) is { } column)
            {
                columns.Add(column);
            }
        }

        columns.Sort(static (one, other) => (one.Kind, one.Position) == (other.Kind, other.Position)
            ? string.CompareOrdinal(one.Name, other.Name)
            : (-(int)one.Kind, one.Position).CompareTo((-(int)other.Kind, other.Position)));
        if (IsWhole(columns, ColumnKind.PartitionKey, atLeast: 1) && IsWhole(columns, ColumnKind.Clustering, atLeast: 0))
        {
            return [.. columns];
        }

        return columns.Count == 0 || problems.Count > before ? [] : throw new FormatException("its key columns are not all there, so it is left out");
    }

    private ColumnMetadata ReadColumn(SchemaRow row, string where)
    {
        var text = row.Get("type");
        var kind = row.Get("kind") switch
        {
            "partition_key" => ColumnKind.PartitionKey,
            "clustering" => ColumnKind.Clustering,
            "static" => ColumnKind.Static,
            "regular" or "compact_value" => ColumnKind.Regular,
            var other => throw new FormatException($"the kind {other} is not known; it is left out"),
        };
        var order = kind != ColumnKind.Clustering ? ClusteringOrder.None
            : string.Equals(row.Find("clustering_order"), "desc", StringComparison.OrdinalIgnoreCase) ? ClusteringOrder.Descending
            : ClusteringOrder.Ascending;
        return new ColumnMetadata(row.Get("column_name"), kind, types.ParseOrCustom(text, where))
        {
            Position = kind is ColumnKind.PartitionKey or ColumnKind.Clustering ? row.Int("position") ?? throw new FormatException("a key column without position") : -1,
            Order = order,
            TypeText = text,
        };
    }

    private ImmutableSortedDictionary<string, IndexMetadata> ReadIndexes(IEnumerable<SchemaRow> rows)
    {
        var indexes = ImmutableSortedDictionary.CreateBuilder<string, IndexMetadata>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            if (problems.Try(row.Name("index", "keyspace_name", "table_name", "index_name"), () => ReadIndex(row)) is { } index)
            {
                indexes[index.Name] = index;
            }
        }

        return indexes.ToImmutable();
    }

    private static IndexMetadata ReadIndex(SchemaRow row)
    {
        var options = row.Map("options");
        var kind = row.Find("kind") switch
        {
            "KEYS" => IndexKind.Keys,
            "COMPOSITES" => IndexKind.Composites,
            "CUSTOM" => IndexKind.Custom,
            _ => IndexKind.Unknown,
        };
        return new IndexMetadata(row.Get("index_name"), kind)
        {
            Target = options.GetValueOrDefault("target", ""),
            ClassName = options.GetValueOrDefault("class_name"),
            Options = options,
        };
    }

    private static bool IsWhole(List<ColumnMetadata> columns, ColumnKind kind, int atLeast)
    {
        var next = 0;
        foreach (var column in columns)
        {
            if (column.Kind == kind && column.Position != next++)
            {
                return false;
            }
        }

        return next >= atLeast;
    }
}
