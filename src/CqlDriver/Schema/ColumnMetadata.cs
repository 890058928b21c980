using CqlDriver.Types;

namespace CqlDriver.Schema;

/// <summary>A column of a table or view. Immutable.</summary>
public sealed record ColumnMetadata
{
    internal ColumnMetadata(string name, ColumnKind kind, CqlType type) => (Name, Kind, Type) = (name, kind, type);

    /// <summary>The name, unquoted.</summary>
    public string Name { get; }

    /// <summary>Its part in the table.</summary>
    public ColumnKind Kind { get; }

    /// <summary>Its place in the partition key or among the clustering columns, from 0; −1 for others.</summary>
    public int Position { get; internal init; } = -1;

    /// <summary>The direction of a clustering column; none for others.</summary>
    public ClusteringOrder Order { get; internal init; }

    /// <summary>The type of its values. A custom one under the server's text when the driver does not know it.</summary>
    public CqlType Type { get; }

    /// <summary>The type as the server spells it, with <c>frozen</c>.</summary>
    public string TypeText { get; internal init; } = "";

    /// <inheritdoc/>
    public override string ToString() => $"{CqlIdentifier.Quote(Name)} {Type}";
}

/// <summary>What a column is in its table.</summary>
public enum ColumnKind
{
    /// <summary>Neither key nor static.</summary>
    Regular,

    /// <summary>Has one value for a whole partition.</summary>
    Static,

    /// <summary>Orders the rows within a partition.</summary>
    Clustering,

    /// <summary>Decides where the row lives.</summary>
    PartitionKey,
}

/// <summary>How a clustering column orders rows.</summary>
public enum ClusteringOrder
{
    /// <summary>Not at all: it is no clustering column.</summary>
    None,

    /// <summary>Smallest value first.</summary>
    Ascending,

    /// <summary>Largest value first.</summary>
    Descending,
}
