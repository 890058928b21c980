using System.Collections.Immutable;
using CqlDriver.Types;

namespace CqlDriver.Schema;

/// <summary>A secondary index of a table. Immutable.</summary>
public sealed record IndexMetadata
{
    internal IndexMetadata(string name, IndexKind kind) => (Name, Kind) = (name, kind);

    /// <summary>The name, unquoted.</summary>
    public string Name { get; }

    /// <summary>How it is built.</summary>
    public IndexKind Kind { get; }

    /// <summary>What is indexed: a column as CQL spells it, or <c>values(column)</c>, <c>keys(column)</c>, <c>entries(column)</c>, <c>full(column)</c>.</summary>
    public string Target { get; internal init; } = "";

    /// <summary>The class that builds a custom index; null for others.</summary>
    public string? ClassName { get; internal init; }

    /// <summary>All options, target and class among them.</summary>
    public ImmutableSortedDictionary<string, string> Options { get; internal init; } = Parts.None<string>();

    /// <summary>Whether both have the same name, kind and options.</summary>
    /// <param name="other">The other index.</param>
    public bool Equals(IndexMetadata? other) => other is not null && (Name, Kind) == (other.Name, other.Kind) && Parts.AreSame(Options, other.Options);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Kind);

    /// <inheritdoc/>
    public override string ToString() => $"{CqlIdentifier.Quote(Name)} on {Target}";
}

/// <summary>How a secondary index is built.</summary>
public enum IndexKind
{
    /// <summary>In a way that the driver does not know.</summary>
    Unknown,

    /// <summary>By the values of a table without clustering columns (older servers).</summary>
    Keys,

    /// <summary>By the server itself.</summary>
    Composites,

    /// <summary>By a class of its own.</summary>
    Custom,
}
