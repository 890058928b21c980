using System.Buffers.Binary;
using System.Collections.Immutable;
using CqlDriver.Testing.Cql;
using CqlDriver.Testing.Model;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Engine;

/// <summary>Makes a table of CREATE TABLE, and checks its key and types.</summary>
internal static class TableBuilder
{
    public static TableDefinition Build(CreateTableSyntax create, KeyspaceDefinition keyspace, DateTimeOffset now, bool isVirtual = false)
    {
        Check(create, keyspace);
        var resolver = new TypeResolver(keyspace.Name, keyspace.Types);
        var columns = create.Columns.Select((column, slot) => Column(create, column, resolver.Resolve(column.Type), slot)).ToImmutableArray();
        CheckCounters(columns);
        var id = isVirtual || create.Properties.Find("id") is null ? NextId(now) : Guid.Parse(PropertyValues.ToText("id", create.Properties.Find("id")!));
        return new TableDefinition(keyspace.Name, create.Table.Name, id, columns, TableOptions.Default.With(create.Properties))
        {
            NextSlot = columns.Length,
            IsVirtual = isVirtual,
        };
    }

    private static Guid NextId(DateTimeOffset now)
    {
        var random = CqlBytes.Uuid(Guid.NewGuid());
        return CqlBytes.ToGuid(ExecutionScope.TimeUuid((now - ExecutionScope.UuidEpoch).Ticks + BinaryPrimitives.ReadUInt16BigEndian(random), random.AsSpan(8)));
    }

    private static ColumnDefinition Column(CreateTableSyntax create, ColumnSyntax column, ResolvedType resolved, int slot)
    {
        var partition = create.PartitionKey.IndexOf(column.Name);
        var clustering = create.Clustering.IndexOf(column.Name);
        if (partition < 0 && clustering < 0)
        {
            return new ColumnDefinition(column.Name, column.IsStatic ? ColumnKind.Static : ColumnKind.Regular, -1, column.Type, resolved, false, slot);
        }

        if (column.IsStatic)
        {
            throw CqlServerException.Invalid($"Static column {column.Name} cannot be part of the PRIMARY KEY");
        }

        var complaint = resolved.IsMultiCell ? $"Invalid non-frozen {(resolved.Type is CqlUserType ? "user-defined" : "collection")} type {resolved.Text} for PRIMARY KEY column '{column.Name}'"
            : resolved.Type.Kind == CqlTypeKind.Counter ? $"counter type is not supported for PRIMARY KEY column '{column.Name}'"
            : resolved.Type.Kind == CqlTypeKind.Duration ? $"duration type is not supported for PRIMARY KEY column '{column.Name}'"
            : null;
        if (complaint is not null)
        {
            throw CqlServerException.Invalid(complaint);
        }

        var isDescending = create.ClusteringOrder.Any(order => order.Column == column.Name && order.Descending);
        return partition >= 0
            ? new ColumnDefinition(column.Name, ColumnKind.PartitionKey, partition, column.Type, resolved, false, slot)
            : new ColumnDefinition(column.Name, ColumnKind.Clustering, clustering, column.Type, resolved, isDescending, slot);
    }

    private static void Check(CreateTableSyntax create, KeyspaceDefinition keyspace)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var column in create.Columns)
        {
            if (!names.Add(column.Name))
            {
                throw CqlServerException.Invalid($"Duplicate column '{column.Name}' declaration for table '{keyspace.Name}.{create.Table.Name}'");
            }
        }

        if (create.PartitionKey.IsEmpty)
        {
            throw CqlServerException.Invalid($"No PRIMARY KEY specifed for table '{keyspace.Name}.{create.Table.Name}' (exactly one required)");
        }

        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var key in create.PartitionKey.AddRange(create.Clustering))
        {
            if (!names.Contains(key))
            {
                throw CqlServerException.Invalid($"Unknown column '{key}' referenced in PRIMARY KEY for table '{keyspace.Name}.{create.Table.Name}'");
            }

            if (!keys.Add(key))
            {
                throw CqlServerException.Invalid($"Duplicate column '{key}' in PRIMARY KEY clause for table '{keyspace.Name}.{create.Table.Name}'");
            }
        }

        if (create.Clustering.IsEmpty && create.Columns.Any(column => column.IsStatic))
        {
            throw CqlServerException.Invalid("Static columns are only useful (and thus allowed) if the table has at least one clustering column");
        }

        for (var i = 0; i < create.ClusteringOrder.Length; i++)
        {
            if (i >= create.Clustering.Length || create.ClusteringOrder[i].Column != create.Clustering[i])
            {
                throw CqlServerException.Invalid(
                    $"The order of columns in the CLUSTERING ORDER directive must match that of the clustering columns ({string.Join(", ", create.Clustering)}); {create.ClusteringOrder[i].Column} does not");
            }
        }
    }

    private static void CheckCounters(ImmutableArray<ColumnDefinition> columns)
    {
        var values = columns.Where(column => !column.IsPrimaryKey).ToList();
        if (values.Exists(column => column.IsCounter) && values.Exists(column => !column.IsCounter))
        {
            throw CqlServerException.Invalid("Cannot mix counter and non counter columns in the same table");
        }
    }
}
