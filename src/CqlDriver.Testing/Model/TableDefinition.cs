using System.Collections.Frozen;
using System.Collections.Immutable;

namespace CqlDriver.Testing.Model;

/// <summary>A secondary index: known to the schema tables, and it lets a restriction pass without ALLOW FILTERING.</summary>
internal sealed record IndexDefinition(string Name, string Column, string Target, string? ClassName, ImmutableSortedDictionary<string, string> Options);

internal sealed record DroppedColumn(string Name, ColumnKind Kind, string TypeText, DateTimeOffset At);

/// <summary>A table's schema. Immutable: ALTER makes another one.</summary>
internal sealed class TableDefinition
{
    private readonly FrozenDictionary<string, ColumnDefinition> _byName;

    public TableDefinition(string keyspace, string name, Guid id, ImmutableArray<ColumnDefinition> columns, TableOptions options)
    {
        Keyspace = keyspace;
        Name = name;
        Id = id;
        Options = options;
        PartitionKey = [.. columns.Where(c => c.Kind == ColumnKind.PartitionKey).OrderBy(c => c.Position)];
        Clustering = [.. columns.Where(c => c.Kind == ColumnKind.Clustering).OrderBy(c => c.Position)];
        var statics = columns.Where(c => c.Kind == ColumnKind.Static).OrderBy(c => c.Name, StringComparer.Ordinal);
        var regulars = columns.Where(c => c.Kind == ColumnKind.Regular).OrderBy(c => c.Name, StringComparer.Ordinal);
        Columns = [.. PartitionKey, .. Clustering, .. statics, .. regulars];
        _byName = Columns.ToFrozenDictionary(c => c.Name, StringComparer.Ordinal);
        HasStatics = Columns.Any(c => c.Kind == ColumnKind.Static);
        IsCounter = Columns.Any(c => c.IsCounter);
    }

    public string Keyspace { get; }

    public string Name { get; }

    public Guid Id { get; }

    public TableOptions Options { get; }

    public ImmutableArray<ColumnDefinition> PartitionKey { get; }

    public ImmutableArray<ColumnDefinition> Clustering { get; }

    /// <summary>All columns in the order of SELECT *: key, clustering, static and regular ones by name.</summary>
    public ImmutableArray<ColumnDefinition> Columns { get; }

    public ImmutableArray<IndexDefinition> Indexes { get; init; } = [];

    public ImmutableArray<DroppedColumn> DroppedColumns { get; init; } = [];

    /// <summary>The next free slot of a row.</summary>
    public int NextSlot { get; init; }

    /// <summary>Rows are made when they are read, and cannot be written.</summary>
    public bool IsVirtual { get; init; }

    /// <summary>The same for definitions that statements cannot tell apart: only a change of it makes prepared statements forgotten.</summary>
    public object Shape { get; init; } = new();

    public bool HasStatics { get; }

    public bool IsCounter { get; }

    public ColumnDefinition? Find(string column) => _byName.GetValueOrDefault(column);

    public ColumnDefinition Get(string column) =>
        Find(column) ?? throw CqlServerException.Invalid($"Undefined column name {column} in table {Keyspace}.{Name}");

    public bool IsIndexed(string column) => Indexes.Any(index => index.Column == column);

    public TableDefinition With(ImmutableArray<ColumnDefinition>? columns = null, TableOptions? options = null, ImmutableArray<IndexDefinition>? indexes = null) =>
        new(Keyspace, Name, Id, columns ?? Columns, options ?? Options)
        {
            Indexes = indexes ?? Indexes,
            DroppedColumns = DroppedColumns,
            NextSlot = NextSlot,
            IsVirtual = IsVirtual,
            Shape = columns is null && indexes is null && options?.DefaultTimeToLive == Options.DefaultTimeToLive ? Shape : new object(),
        };

    public override string ToString() => $"{Keyspace}.{Name}";
}
