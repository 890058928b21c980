using System.Collections.Immutable;

namespace CqlDriver.Schema;

/// <summary>A keyspace: how its data is replicated, and what is in it. Immutable.</summary>
public sealed record KeyspaceMetadata
{
    /// <summary>Describes a keyspace, for an <see cref="ISchemaSource"/>.</summary>
    /// <param name="name">The name, unquoted.</param>
    public KeyspaceMetadata(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    /// <summary>The name, unquoted.</summary>
    public string Name { get; }

    /// <summary>The replication strategy: the name of its class, without the package where that is the server's own. Empty for virtual keyspaces.</summary>
    public string ReplicationStrategy { get; init; } = "";

    /// <summary>The strategy's options, such as the number of replicas in each datacenter.</summary>
    public ImmutableSortedDictionary<string, string> ReplicationOptions { get; init; } = Parts.None<string>();

    /// <summary>Whether writes go through the commit log.</summary>
    public bool HasDurableWrites { get; init; } = true;

    /// <summary>Whether the tables are spread by tablets instead of by the ring. Null: the server does not tell; it has no tablets.</summary>
    public bool? UsesTablets { get; init; }

    /// <summary>Whether requests of every kind are served by the leader of a partition's replicas.</summary>
    public bool IsStronglyConsistent { get; internal init; }

    /// <summary>Whether it shows the state of a node, and stores nothing.</summary>
    public bool IsVirtual { get; internal init; }

    /// <summary>The tables by name.</summary>
    public ImmutableSortedDictionary<string, TableMetadata> Tables { get; internal init; } = Parts.None<TableMetadata>();

    /// <summary>The materialized views by name.</summary>
    public ImmutableSortedDictionary<string, ViewMetadata> Views { get; internal init; } = Parts.None<ViewMetadata>();

    /// <summary>The user-defined types by name.</summary>
    public ImmutableSortedDictionary<string, UserTypeMetadata> UserTypes { get; internal init; } = Parts.None<UserTypeMetadata>();

    /// <summary>The user-defined functions by signature, such as <c>longer(text, int)</c>: several may have one name.</summary>
    public ImmutableSortedDictionary<string, FunctionMetadata> Functions { get; internal init; } = Parts.None<FunctionMetadata>();

    /// <summary>The user-defined aggregates by signature, such as <c>total(text)</c>: several may have one name.</summary>
    public ImmutableSortedDictionary<string, AggregateMetadata> Aggregates { get; internal init; } = Parts.None<AggregateMetadata>();

    /// <summary>Whether both have the same name, settings and contents.</summary>
    /// <param name="other">The other keyspace.</param>
    public bool Equals(KeyspaceMetadata? other) =>
        other is not null && HasSameSettings(other) && Parts.AreSame(Tables, other.Tables) && Parts.AreSame(Views, other.Views)
        && Parts.AreSame(UserTypes, other.UserTypes) && Parts.AreSame(Functions, other.Functions) && Parts.AreSame(Aggregates, other.Aggregates);

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The same keyspace with the objects of an earlier one for all that is equal; the earlier one itself if everything is.</summary>
    internal KeyspaceMetadata Keeping(KeyspaceMetadata earlier)
    {
        var kept = this with
        {
            Tables = Parts.Keep(Tables, earlier.Tables, Parts.KeepEqual),
            Views = Parts.Keep(Views, earlier.Views, Parts.KeepEqual),
            UserTypes = Parts.Keep(UserTypes, earlier.UserTypes, Parts.KeepEqual),
            Functions = Parts.Keep(Functions, earlier.Functions, Parts.KeepEqual),
            Aggregates = Parts.Keep(Aggregates, earlier.Aggregates, Parts.KeepEqual),
        };
        var isSame = ReferenceEquals(kept.Tables, earlier.Tables) && ReferenceEquals(kept.Views, earlier.Views) && ReferenceEquals(kept.UserTypes, earlier.UserTypes)
            && ReferenceEquals(kept.Functions, earlier.Functions) && ReferenceEquals(kept.Aggregates, earlier.Aggregates);
        return isSame && HasSameSettings(earlier) ? earlier : kept;
    }

    private bool HasSameSettings(KeyspaceMetadata other) =>
        (Name, ReplicationStrategy, HasDurableWrites, UsesTablets, IsVirtual, IsStronglyConsistent)
            == (other.Name, other.ReplicationStrategy, other.HasDurableWrites, other.UsesTablets, other.IsVirtual, other.IsStronglyConsistent)
        && Parts.AreSame(ReplicationOptions, other.ReplicationOptions);
}
