using System.Collections.Immutable;
using CqlDriver.Testing.Cql;
using CqlDriver.Testing.Model;

namespace CqlDriver.Testing.Engine;

/// <summary>CREATE, ALTER and DROP: each makes the next schema of the one that is, and says what changed. Nothing changed: VOID.</summary>
internal sealed class SchemaChanges(EngineState state, string? currentKeyspace, DateTimeOffset now, int nodeCount, List<string> warnings)
{
    private readonly TableChanges _tables = new(state, now);

    public EngineResult Execute(StatementSyntax statement) => statement switch
    {
        CreateKeyspaceSyntax create => Create(create),
        AlterKeyspaceSyntax alter => Alter(alter),
        DropKeyspaceSyntax drop => Drop(drop),
        CreateTableSyntax create => _tables.Create(create, Writable(create.Table)),
        AlterTableSyntax alter => Exists(alter.Table, alter.IfExists) ? _tables.Alter(alter, Writable(alter.Table)) : EngineResult.Void,
        DropTableSyntax drop => Exists(drop.Table, drop.IfExists) ? _tables.Drop(drop, Writable(drop.Table)) : EngineResult.Void,
        CreateTypeSyntax create => Create(create, Writable(create.Type)),
        AlterTypeSyntax alter => Alter(alter, Writable(alter.Type)),
        DropTypeSyntax drop => Drop(drop, Writable(drop.Type)),
        CreateIndexSyntax create => _tables.CreateIndex(create, Writable(create.Table)),
        DropIndexSyntax drop => _tables.DropIndex(drop, Writable(drop.Index)),
        _ => throw CqlServerException.Invalid("This statement is not supported by the embedded cluster"),
    };

    private KeyspaceDefinition Writable(QualifiedName name)
    {
        var keyspace = name.Keyspace ?? currentKeyspace
            ?? throw CqlServerException.Invalid("No keyspace has been specified. USE a keyspace, or explicitly specify keyspace.tablename");
        return Writable(keyspace);
    }

    private KeyspaceDefinition Writable(string name)
    {
        var keyspace = state.Schema.Find(name) ?? throw CqlServerException.Invalid($"Keyspace '{name}' doesn't exist");
        return keyspace.IsSystem ? throw new CqlServerException(ServerError.Unauthorized($"{name} keyspace is not user-modifiable.")) : keyspace;
    }

    private bool Exists(QualifiedName table, bool isQuiet) => !isQuiet || (state.Schema.FindTable(table.Keyspace ?? currentKeyspace ?? string.Empty, table.Name) is not null);

    private EngineResult Create(CreateKeyspaceSyntax create)
    {
        if (state.Schema.Find(create.Name) is not null)
        {
            return create.IfNotExists
                ? EngineResult.Void
                : throw new CqlServerException(ServerError.AlreadyExists($"Cannot add existing keyspace \"{create.Name}\"", create.Name));
        }

        var (replication, durable) = Replication(create.Name, create.Properties, null);
        var consistency = create.Properties.Find("consistency") is { } given ? PropertyValues.ToText("consistency", given) : "eventual";
        state.Schema = state.Schema.With(new KeyspaceDefinition(create.Name, replication, durable) { Consistency = consistency });
        return new SchemaChangeResult("CREATED", "KEYSPACE", create.Name, null);
    }

    private EngineResult Alter(AlterKeyspaceSyntax alter)
    {
        if (alter.IfExists && state.Schema.Find(alter.Name) is null)
        {
            return EngineResult.Void;
        }

        var keyspace = Writable(alter.Name);
        var (replication, durable) = Replication(alter.Name, alter.Properties, keyspace);
        state.Schema = state.Schema.With(keyspace with { Replication = replication, DurableWrites = durable });
        return new SchemaChangeResult("UPDATED", "KEYSPACE", alter.Name, null);
    }

    private EngineResult Drop(DropKeyspaceSyntax drop)
    {
        if (drop.IfExists && state.Schema.Find(drop.Name) is null)
        {
            return EngineResult.Void;
        }

        foreach (var table in Writable(drop.Name).Tables.Values)
        {
            state.Drop(table);
        }

        state.Schema = state.Schema.Without(drop.Name);
        return new SchemaChangeResult("DROPPED", "KEYSPACE", drop.Name, null);
    }

    private (ImmutableSortedDictionary<string, string> Replication, bool Durable) Replication(string keyspace, PropertyList properties, KeyspaceDefinition? old)
    {
        foreach (var (name, _) in properties.Entries)
        {
            if (name is not ("replication" or "durable_writes" or "tablets" or "consistency"))
            {
                throw new CqlServerException(ServerError.SyntaxError($"Unknown property '{name}'"));
            }
        }

        var durable = properties.Find("durable_writes") is { } flag ? PropertyValues.ToText("durable_writes", flag) == "true" : old?.DurableWrites ?? true;
        if (properties.Find("replication") is not { } given)
        {
            return (old?.Replication ?? throw new CqlServerException(ServerError.ConfigError("Missing mandatory option 'replication'")), durable);
        }

        var replication = PropertyValues.ToMap("replication", given);
        if (!replication.TryGetValue("class", out var strategy))
        {
            throw new CqlServerException(ServerError.ConfigError("Missing replication strategy class"));
        }

        replication = replication.SetItem("class", ReplicationClass(strategy));
        foreach (var (option, value) in replication.Where(entry => entry.Key != "class"))
        {
            if (!int.TryParse(value, out var factor) || factor < 0)
            {
                throw new CqlServerException(ServerError.ConfigError($"Replication factor must be numeric and not negative; found '{value}' for {option}"));
            }

            if (factor > nodeCount)
            {
                warnings.Add($"Your replication factor {factor} for keyspace {keyspace} is higher than the number of nodes {nodeCount}");
            }
        }

        return (replication, durable);
    }

    private static string ReplicationClass(string name)
    {
        const string Package = "org.apache.cassandra.locator.";
        var shortName = name.StartsWith(Package, StringComparison.Ordinal) ? name[Package.Length..] : name;
        return shortName is "SimpleStrategy" or "NetworkTopologyStrategy" or "LocalStrategy" or "EverywhereStrategy"
            ? Package + shortName
            : throw new CqlServerException(ServerError.ConfigError($"Unable to find replication strategy class '{Package}{shortName}'"));
    }

    private EngineResult Create(CreateTypeSyntax create, KeyspaceDefinition keyspace)
    {
        var name = create.Type.Name;
        if (keyspace.Types.ContainsKey(name))
        {
            return create.IfNotExists ? EngineResult.Void : throw CqlServerException.Invalid($"A user type with name '{name}' already exists");
        }

        var resolver = new TypeResolver(keyspace.Name, keyspace.Types);
        var fields = create.Fields.Select(field => (field.Name, field.Type, resolver.Resolve(field.Type))).ToImmutableArray();
        CheckFields(name, fields);
        state.Schema = state.Schema.With(keyspace.With(new UserTypeDefinition(keyspace.Name, name, fields)));
        return new SchemaChangeResult("CREATED", "TYPE", keyspace.Name, name);
    }

    private EngineResult Alter(AlterTypeSyntax alter, KeyspaceDefinition keyspace)
    {
        var name = alter.Type.Name;
        if (!keyspace.Types.TryGetValue(name, out var type))
        {
            return alter.IfExists ? EngineResult.Void : throw CqlServerException.Invalid($"Type {keyspace.Name}.{name} doesn't exist");
        }

        var resolver = new TypeResolver(keyspace.Name, keyspace.Types);
        var fields = type.Fields.AddRange(alter.Added.Select(field => (field.Name, field.Type, resolver.Resolve(field.Type))));
        foreach (var (from, to) in alter.Renamed)
        {
            var at = fields.ToList().FindIndex(field => field.Name == from);
            fields = at >= 0 ? fields.SetItem(at, fields[at] with { Name = to }) : throw CqlServerException.Invalid($"Unkown field {from} in user type {name}");
        }

        CheckFields(name, fields);
        var altered = keyspace.With(type with { Fields = fields });
        state.Schema = state.Schema.With(TableChanges.ResolveAgain(altered));
        return new SchemaChangeResult("UPDATED", "TYPE", keyspace.Name, name);
    }

    private static void CheckFields(string type, ImmutableArray<(string Name, TypeSyntax, ResolvedType Type)> fields)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var field in fields)
        {
            if (!seen.Add(field.Name))
            {
                throw CqlServerException.Invalid($"Duplicate field name {field.Name} in type {type}");
            }

            if (field.Type.Type.Kind == CqlTypeKind.Counter)
            {
                throw CqlServerException.Invalid("A user type cannot contain counters");
            }
        }
    }

    private EngineResult Drop(DropTypeSyntax drop, KeyspaceDefinition keyspace)
    {
        var name = drop.Type.Name;
        if (!keyspace.Types.ContainsKey(name))
        {
            return drop.IfExists ? EngineResult.Void : throw CqlServerException.Invalid($"Type '{keyspace.Name}.{name}' doesn't exist");
        }

        foreach (var table in keyspace.Tables.Values)
        {
            if (table.Columns.FirstOrDefault(column => Uses(column.Syntax, name)) is { } user)
            {
                throw CqlServerException.Invalid($"Cannot drop user type '{keyspace.Name}.{name}' as it is still used by table {table}, column {user.Name}");
            }
        }

        if (keyspace.Types.Values.FirstOrDefault(type => type.Fields.Any(field => Uses(field.Syntax, name))) is { } other)
        {
            throw CqlServerException.Invalid($"Cannot drop user type '{keyspace.Name}.{name}' as it is still used by user type {other.Name}");
        }

        state.Schema = state.Schema.With(keyspace with { Types = keyspace.Types.Remove(name) });
        return new SchemaChangeResult("DROPPED", "TYPE", keyspace.Name, name);
    }

    private static bool Uses(TypeSyntax syntax, string type) => syntax.Name == type || syntax.Parameters.Any(parameter => Uses(parameter, type));
}
