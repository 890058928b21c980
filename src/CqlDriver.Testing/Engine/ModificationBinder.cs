using CqlDriver.Testing.Cql;
using CqlDriver.Testing.Model;

namespace CqlDriver.Testing.Engine;

/// <summary>Binds INSERT, UPDATE and DELETE to a table, and refuses what a server would.</summary>
internal sealed class ModificationBinder(TermBinder terms)
{
    private readonly TableDefinition _table = terms.Table;

    public ModificationPlan Bind(ModificationSyntax statement)
    {
        if (_table.IsVirtual)
        {
            throw new CqlServerException(ServerError.Unauthorized($"{_table.Keyspace} keyspace is not user-modifiable."));
        }

        // Markers are numbered in the order of the text: USING stands before SET and WHERE in UPDATE and DELETE; the order
        // of binding does not matter here, since each marker knows its number.
        var timestamp = statement.Using.Timestamp is { } t ? terms.Bind(t, "[timestamp]", CqlType.Bigint) : null;
        var ttl = statement.Using.TimeToLive is { } l ? terms.Bind(l, "[ttl]", CqlType.Int) : null;
        var conditions = statement.Conditions.Select(condition => new RowCondition(condition, terms)).ToArray();
        CheckUsing(statement, timestamp, ttl, conditions.Length > 0);
        var where = new WhereBinder(terms);
        var operations = statement switch
        {
            InsertSyntax insert => BindInsert(insert, where),
            UpdateSyntax update => BindWhere(update, where, update.Assignments.Select(new OperationBinder(terms).Bind)),
            DeleteSyntax delete => BindWhere(delete, where, delete.Targets.Select(new OperationBinder(terms).Bind)),
            _ => throw new ArgumentOutOfRangeException(nameof(statement)),
        };
        var deletesRows = statement is DeleteSyntax { Targets.IsEmpty: true };
        var ranges = new ClusteringRanges(_table, where);
        var partitionKey = PartitionKeyOf(where);
        CheckRows(where, ranges, operations, deletesRows, statement);
        return new ModificationPlan
        {
            Table = _table,
            Tables = [_table],
            Variables = [],
            PartitionKeyIndexes = [.. Array.TrueForAll(partitionKey, key => key.Marker is not null) ? partitionKey.Select(key => key.Marker!.Value) : []],
            PartitionKey = partitionKey,
            Ranges = ranges,
            Operations = operations,
            Timestamp = timestamp,
            TimeToLive = ttl,
            Conditions = conditions,
            IfExists = statement.IfExists,
            IfNotExists = statement.IfNotExists,
            IsInsert = statement is InsertSyntax,
            DeletesRows = deletesRows,
        };
    }

    private void CheckUsing(ModificationSyntax statement, BoundTerm? timestamp, BoundTerm? ttl, bool hasConditions)
    {
        var isConditional = hasConditions || statement.IfExists || statement.IfNotExists;
        if (timestamp is not null && isConditional)
        {
            throw CqlServerException.Invalid("Cannot provide custom timestamp for conditional updates");
        }

        if (ttl is not null && statement is DeleteSyntax)
        {
            throw CqlServerException.Invalid("DELETE takes no TTL");
        }

        if (!_table.IsCounter)
        {
            return;
        }

        if (statement is InsertSyntax)
        {
            throw CqlServerException.Invalid("INSERT statements are not allowed on counter tables, use UPDATE instead");
        }

        if (isConditional)
        {
            throw CqlServerException.Invalid("Conditional updates are not supported on counter tables");
        }

        if (ttl is not null || (timestamp is not null && statement is UpdateSyntax))
        {
            throw CqlServerException.Invalid($"Cannot provide custom {(ttl is not null ? "TTL" : "timestamp")} for counter updates");
        }
    }

    private ColumnOperation[] BindInsert(InsertSyntax insert, WhereBinder where)
    {
        if (insert.Columns.Length != insert.Values.Length)
        {
            throw CqlServerException.Invalid("Unmatched column names/values");
        }

        var operations = new List<ColumnOperation>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < insert.Columns.Length; i++)
        {
            var column = _table.Get(insert.Columns[i]);
            if (!seen.Add(column.Name))
            {
                throw CqlServerException.Invalid($"The column names contains duplicates ({column.Name})");
            }

            if (column.IsPrimaryKey)
            {
                where.Values[column.Name] = new ValueSet(column.Name, column.Type, [terms.Bind(insert.Values[i], column.Name, column.Type)], null, isEquality: true);
            }
            else
            {
                operations.Add(new OperationBinder(terms).BindInsert(column, insert.Values[i]));
            }
        }

        return [.. operations];
    }

    private static ColumnOperation[] BindWhere(ModificationSyntax statement, WhereBinder where, IEnumerable<ColumnOperation> operations)
    {
        var bound = operations.ToArray();
        where.Bind(statement.Where);
        return where.Token is null ? bound : throw CqlServerException.Invalid("The token function cannot be used in WHERE clauses for UPDATE and DELETE statements");
    }

    private ValueSet[] PartitionKeyOf(WhereBinder where)
    {
        var missing = _table.PartitionKey.Where(column => !where.Values.ContainsKey(column.Name)).Select(column => column.Name).ToList();
        return missing.Count == 0
            ? [.. _table.PartitionKey.Select(column => where.Values[column.Name])]
            : throw CqlServerException.Invalid($"Some partition key parts are missing: {string.Join(", ", missing)}");
    }

    private void CheckRows(WhereBinder where, ClusteringRanges ranges, ColumnOperation[] operations, bool deletesRows, ModificationSyntax statement)
    {
        var other = where.Filters.Select(filter => filter.Column)
            .Concat(where.Values.Keys.Concat(where.Slices.Keys).Select(_table.Get).Where(column => column.Kind is ColumnKind.Regular or ColumnKind.Static))
            .FirstOrDefault();
        if (other is not null)
        {
            throw CqlServerException.Invalid($"Non PRIMARY KEY columns found in where clause: {other.Name}");
        }

        var restricted = _table.Clustering.Count(column => where.Values.ContainsKey(column.Name) || where.Slices.ContainsKey(column.Name));
        if (deletesRows)
        {
            if (restricted > ranges.Served)
            {
                throw CqlServerException.Invalid($"PRIMARY KEY column \"{_table.Clustering[^1].Name}\" cannot be restricted as preceding column \"{_table.Clustering[ranges.PrefixLength].Name}\" is not restricted");
            }

            return;
        }

        // Static columns belong to the partition: they need no row, and nothing but them can do without one.
        var isStaticOnly = operations.Length > 0 && Array.TrueForAll(operations, operation => operation.Column.Kind == ColumnKind.Static);
        if (!ranges.IsFull && !(isStaticOnly && restricted == 0))
        {
            var missing = _table.Clustering.Where(column => !where.Values.ContainsKey(column.Name)).Select(column => column.Name);
            throw CqlServerException.Invalid($"Some clustering keys are missing: {string.Join(", ", missing)}");
        }

        if (ranges.IsFull && isStaticOnly && _table.Clustering.Length > 0 && statement is UpdateSyntax or DeleteSyntax && restricted > 0 && !statement.IfExists && statement.Conditions.IsEmpty)
        {
            throw CqlServerException.Invalid($"Invalid restrictions on clustering columns since the {(statement is UpdateSyntax ? "UPDATE" : "DELETE")} statement modifies only static columns");
        }
    }
}
