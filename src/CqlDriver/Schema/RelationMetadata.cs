using System.Collections.Immutable;
using CqlDriver.Types;

namespace CqlDriver.Schema;

/// <summary>What a table and a materialized view have in common: columns, a primary key, options. Immutable.</summary>
public abstract record RelationMetadata
{
    private protected RelationMetadata(string keyspace, string name, ImmutableArray<ColumnMetadata> columns)
    {
        (Keyspace, Name, Columns) = (keyspace, name, columns);
        PartitionKey = [.. columns.Where(static column => column.Kind == ColumnKind.PartitionKey)];
        ClusteringKey = [.. columns.Where(static column => column.Kind == ColumnKind.Clustering)];
        StaticColumns = [.. columns.Where(static column => column.Kind == ColumnKind.Static)];
    }

    /// <summary>The keyspace, unquoted.</summary>
    public string Keyspace { get; }

    /// <summary>The name, unquoted.</summary>
    public string Name { get; }

    /// <summary>The server's number for it; another one when it was dropped and created again. Null for virtual tables.</summary>
    public Guid? Id { get; internal init; }

    /// <summary>All columns: partition key, clustering key, static ones, the others; the last two in the order of names.</summary>
    public ImmutableArray<ColumnMetadata> Columns { get; }

    /// <summary>The columns of the partition key, in order; at least one.</summary>
    public ImmutableArray<ColumnMetadata> PartitionKey { get; }

    /// <summary>The clustering columns, in order; each tells its direction.</summary>
    public ImmutableArray<ColumnMetadata> ClusteringKey { get; }

    /// <summary>The columns that a partition has once.</summary>
    public ImmutableArray<ColumnMetadata> StaticColumns { get; }

    /// <summary>How it is stored and served.</summary>
    public TableOptions Options { get; internal init; } = TableOptions.None;

    /// <summary>Finds a column by its unquoted name; null when there is none.</summary>
    /// <param name="name">The name.</param>
    public ColumnMetadata? Column(string name)
    {
        foreach (var column in Columns)
        {
            if (string.Equals(column.Name, name, StringComparison.Ordinal))
            {
                return column;
            }
        }

        return null;
    }

    /// <summary>Whether both are the same in everything.</summary>
    /// <param name="other">The other one.</param>
    public virtual bool Equals(RelationMetadata? other) =>
        other is not null && EqualityContract == other.EqualityContract && (Keyspace, Name, Id) == (other.Keyspace, other.Name, other.Id)
        && Columns.AsSpan().SequenceEqual(other.Columns.AsSpan()) && Options.Equals(other.Options);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Keyspace, Name, Id);

    /// <inheritdoc/>
    public sealed override string ToString() => $"{CqlIdentifier.Quote(Keyspace)}.{CqlIdentifier.Quote(Name)}";
}

/// <summary>A table. Immutable.</summary>
public sealed record TableMetadata : RelationMetadata
{
    internal TableMetadata(string keyspace, string name, ImmutableArray<ColumnMetadata> columns)
        : base(keyspace, name, columns)
    {
    }

    /// <summary>Whether it shows the state of a node, and stores nothing.</summary>
    public bool IsVirtual { get; internal init; }

    /// <summary>The class name of its own partitioner, for tables of ScyllaDB that have one. Null: the cluster's.</summary>
    public string? Partitioner { get; internal init; }

    /// <summary>Its secondary indexes by name.</summary>
    public ImmutableSortedDictionary<string, IndexMetadata> Indexes { get; internal init; } = Parts.None<IndexMetadata>();

    /// <inheritdoc/>
    public bool Equals(TableMetadata? other) =>
        base.Equals(other) && (IsVirtual, Partitioner) == (other.IsVirtual, other.Partitioner) && Parts.AreSame(Indexes, other.Indexes);

    /// <inheritdoc/>
    public override int GetHashCode() => base.GetHashCode();
}

/// <summary>A materialized view: the rows of a table under another primary key, kept by the server. Immutable.</summary>
public sealed record ViewMetadata : RelationMetadata
{
    internal ViewMetadata(string keyspace, string name, ImmutableArray<ColumnMetadata> columns)
        : base(keyspace, name, columns)
    {
    }

    /// <summary>The table whose rows it shows, in the same keyspace.</summary>
    public string BaseTable { get; internal init; } = "";

    /// <summary>Whether it has every column of the table, those added later too.</summary>
    public bool IncludesAllColumns { get; internal init; }

    /// <summary>Which rows it shows, as in its WHERE clause.</summary>
    public string WhereClause { get; internal init; } = "";

    /// <inheritdoc/>
    public bool Equals(ViewMetadata? other) =>
        base.Equals(other) && (BaseTable, IncludesAllColumns, WhereClause) == (other.BaseTable, other.IncludesAllColumns, other.WhereClause);

    /// <inheritdoc/>
    public override int GetHashCode() => base.GetHashCode();
}
