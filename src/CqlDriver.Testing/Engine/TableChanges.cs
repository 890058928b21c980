using System.Collections.Immutable;
using CqlDriver.Testing.Cql;
using CqlDriver.Testing.Model;

namespace CqlDriver.Testing.Engine;

/// <summary>Changes of tables and their indexes.</summary>
internal sealed class TableChanges(EngineState state, DateTimeOffset now)
{
    public EngineResult Create(CreateTableSyntax create, KeyspaceDefinition keyspace)
    {
        var name = create.Table.Name;
        if (keyspace.Tables.ContainsKey(name))
        {
            return create.IfNotExists
                ? EngineResult.Void
                : throw new CqlServerException(ServerError.AlreadyExists($"Cannot add already existing table \"{name}\" to keyspace \"{keyspace.Name}\"", keyspace.Name, name));
        }

        var table = TableBuilder.Build(create, keyspace, now);
        state.Schema = state.Schema.With(keyspace.With(table));
        return new SchemaChangeResult("CREATED", "TABLE", keyspace.Name, name);
    }

    public SchemaChangeResult Alter(AlterTableSyntax alter, KeyspaceDefinition keyspace)
    {
        var old = Get(keyspace, alter.Table.Name);
        var table = old.With(options: old.Options.With(alter.Properties));
        foreach (var added in alter.Added)
        {
            table = alter.IfColumnNotExists && table.Find(added.Name) is not null ? table : Add(table, added, keyspace);
        }

        foreach (var dropped in alter.Dropped)
        {
            table = alter.IfColumnExists && table.Find(dropped) is null ? table : DropColumn(table, dropped);
        }

        foreach (var (from, to) in alter.Renamed)
        {
            table = Rename(table, from, to);
        }

        Replace(keyspace, old, table);
        return new SchemaChangeResult("UPDATED", "TABLE", keyspace.Name, table.Name);
    }

    public SchemaChangeResult Drop(DropTableSyntax drop, KeyspaceDefinition keyspace)
    {
        var table = keyspace.Tables.GetValueOrDefault(drop.Table.Name) ?? throw CqlServerException.Invalid($"Table '{keyspace.Name}.{drop.Table.Name}' doesn't exist");
        state.Drop(table);
        state.Schema = state.Schema.With(keyspace with { Tables = keyspace.Tables.Remove(table.Name) });
        return new SchemaChangeResult("DROPPED", "TABLE", keyspace.Name, table.Name);
    }

    public EngineResult CreateIndex(CreateIndexSyntax create, KeyspaceDefinition keyspace)
    {
        var table = Get(keyspace, create.Table.Name);
        var column = table.Get(create.Column);
        var name = create.Name ?? $"{table.Name}_{column.Name}_idx";
        if (keyspace.Tables.Values.Any(other => other.Indexes.Any(index => index.Name == name)))
        {
            return create.IfNotExists ? EngineResult.Void : throw CqlServerException.Invalid($"Index '{name}' already exists");
        }

        var target = CqlKeywords.Quote(column.Name);
        var function = create.Function ?? (column.IsMultiCell && column.Type is not CqlUserType ? "values" : null);
        target = function is null or "full" && create.ClassName is not null ? target : function is null ? target : $"{function}({target})";
        var options = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add("target", target);
        if (create.ClassName is not null)
        {
            options = options.Add("class_name", create.ClassName);
        }

        if (create.Options.Find("options") is { } given)
        {
            options = options.SetItems(PropertyValues.ToMap("options", given));
        }

        Replace(keyspace, table, table.With(indexes: table.Indexes.Add(new IndexDefinition(name, column.Name, target, create.ClassName, options))));
        return new SchemaChangeResult("UPDATED", "TABLE", keyspace.Name, table.Name);
    }

    public EngineResult DropIndex(DropIndexSyntax drop, KeyspaceDefinition keyspace)
    {
        var table = keyspace.Tables.Values.FirstOrDefault(candidate => candidate.Indexes.Any(index => index.Name == drop.Index.Name));
        if (table is null)
        {
            return drop.IfExists ? EngineResult.Void : throw CqlServerException.Invalid($"Index '{keyspace.Name}.{drop.Index.Name}' doesn't exist");
        }

        Replace(keyspace, table, table.With(indexes: table.Indexes.RemoveAll(index => index.Name == drop.Index.Name)));
        return new SchemaChangeResult("UPDATED", "TABLE", keyspace.Name, table.Name);
    }

    /// <summary>The keyspace with all columns' types made anew of the words they were declared with: a user type has changed.</summary>
    public static KeyspaceDefinition ResolveAgain(KeyspaceDefinition keyspace)
    {
        var resolver = new TypeResolver(keyspace.Name, keyspace.Types);
        var types = keyspace.Types.Values.Select(type => type with { Fields = [.. type.Fields.Select(field => (field.Name, field.Syntax, resolver.Resolve(field.Syntax)))] });
        var resolved = types.Aggregate(keyspace, (result, type) => result.With(type));
        resolver = new TypeResolver(keyspace.Name, resolved.Types);
        foreach (var table in keyspace.Tables.Values)
        {
            var columns = table.Columns.Select(column => column with { Resolved = resolver.Resolve(column.Syntax) }).ToImmutableArray();
            if (!columns.SequenceEqual(table.Columns))
            {
                resolved = resolved.With(table.With(columns));
            }
        }

        return resolved;
    }

    private static TableDefinition Get(KeyspaceDefinition keyspace, string table) =>
        keyspace.Tables.GetValueOrDefault(table) ?? throw CqlServerException.Invalid($"Table '{keyspace.Name}.{table}' doesn't exist");

    private void Replace(KeyspaceDefinition keyspace, TableDefinition old, TableDefinition table)
    {
        foreach (var gone in old.Columns.Where(column => table.Columns.All(kept => kept.Slot != column.Slot)))
        {
            state.Forget(table, gone.Slot);
        }

        state.Schema = state.Schema.With(keyspace.With(table));
    }

    private static TableDefinition Add(TableDefinition table, ColumnSyntax added, KeyspaceDefinition keyspace)
    {
        if (table.Find(added.Name) is not null)
        {
            throw CqlServerException.Invalid($"Column with name '{added.Name}' already exists");
        }

        if (added.IsStatic && table.Clustering.IsEmpty)
        {
            throw CqlServerException.Invalid("Static columns are only useful (and thus allowed) if the table has at least one clustering column");
        }

        var resolved = new TypeResolver(keyspace.Name, keyspace.Types).Resolve(added.Type);
        if (table.IsCounter != (resolved.Type.Kind == CqlTypeKind.Counter))
        {
            throw CqlServerException.Invalid(table.IsCounter ? $"Cannot have a non counter column ({added.Name}) in a counter table" : $"Cannot add a counter column ({added.Name}) in a non counter column family");
        }

        var column = new ColumnDefinition(added.Name, added.IsStatic ? ColumnKind.Static : ColumnKind.Regular, -1, added.Type, resolved, false, table.NextSlot);
        return new TableDefinition(table.Keyspace, table.Name, table.Id, table.Columns.Add(column), table.Options)
        {
            Indexes = table.Indexes,
            DroppedColumns = table.DroppedColumns,
            NextSlot = table.NextSlot + 1,
        };
    }

    private TableDefinition DropColumn(TableDefinition table, string name)
    {
        var column = table.Find(name) ?? throw CqlServerException.Invalid($"Column {name} was not found in table '{table}'");
        if (column.IsPrimaryKey)
        {
            throw CqlServerException.Invalid($"Cannot drop PRIMARY KEY column {name}");
        }

        if (table.IsIndexed(name))
        {
            throw CqlServerException.Invalid($"Cannot drop column {name} because it has dependent secondary indexes ({string.Join(", ", table.Indexes.Where(index => index.Column == name).Select(index => index.Name))})");
        }

        return new TableDefinition(table.Keyspace, table.Name, table.Id, table.Columns.Remove(column), table.Options)
        {
            Indexes = table.Indexes,
            DroppedColumns = [.. table.DroppedColumns.Where(dropped => dropped.Name != name), new DroppedColumn(name, column.Kind, column.Resolved.Text, now)],
            NextSlot = table.NextSlot,
        };
    }

    private static TableDefinition Rename(TableDefinition table, string from, string to)
    {
        var column = table.Get(from);
        if (!column.IsPrimaryKey)
        {
            throw CqlServerException.Invalid($"Cannot rename non PRIMARY KEY column {from}");
        }

        return table.Find(to) is null
            ? table.With(table.Columns.Replace(column, column with { Name = to }))
            : throw CqlServerException.Invalid($"Cannot rename column {from} to {to} in table '{table}'; another column with that name already exists");
    }
}
