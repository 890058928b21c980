using System.Collections.Immutable;
using CqlDriver.Testing.Cql;

namespace CqlDriver.Testing.Model;

/// <summary>A user-defined type: its fields as written, and resolved.</summary>
internal sealed record UserTypeDefinition(string Keyspace, string Name, ImmutableArray<(string Name, TypeSyntax Syntax, ResolvedType Type)> Fields)
{
    public CqlUserType ToType() => new(Keyspace, Name, [.. Fields.Select(field => new CqlUserTypeField(field.Name, field.Type.Type))]);
}

/// <summary>A keyspace: replication and what lives in it. Immutable.</summary>
internal sealed record KeyspaceDefinition(string Name, ImmutableSortedDictionary<string, string> Replication, bool DurableWrites)
{
    public ImmutableSortedDictionary<string, TableDefinition> Tables { get; init; } = ImmutableSortedDictionary.Create<string, TableDefinition>(StringComparer.Ordinal);

    public ImmutableSortedDictionary<string, UserTypeDefinition> Types { get; init; } = ImmutableSortedDictionary.Create<string, UserTypeDefinition>(StringComparer.Ordinal);

    /// <summary>Of a keyspace with tablets: <c>eventual</c>, or <c>global</c>, whose requests are served by leaders.</summary>
    public string Consistency { get; init; } = "eventual";

    /// <summary>Belongs to the server: users cannot change it.</summary>
    public bool IsSystem { get; init; }

    public KeyspaceDefinition With(TableDefinition table) => this with { Tables = Tables.SetItem(table.Name, table) };

    public KeyspaceDefinition With(UserTypeDefinition type) => this with { Types = Types.SetItem(type.Name, type) };
}
