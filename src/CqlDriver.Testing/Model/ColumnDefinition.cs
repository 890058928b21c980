using CqlDriver.Testing.Cql;

namespace CqlDriver.Testing.Model;

internal enum ColumnKind : byte
{
    PartitionKey,
    Clustering,
    Static,
    Regular,
}

/// <summary>A type as a column has it: what the protocol says of it, what the schema tables say, and how it is stored.</summary>
/// <param name="Type">The type without <c>frozen</c>.</param>
/// <param name="Text">The spelling of the schema tables, with <c>frozen</c>.</param>
/// <param name="IsMultiCell">Stored element by element: a collection or user type that is not frozen.</param>
internal sealed record ResolvedType(CqlType Type, string Text, bool IsMultiCell);

/// <summary>A column. Immutable; <see cref="Slot"/> is its place in a row and is never used again when the column is dropped.</summary>
internal sealed record ColumnDefinition(string Name, ColumnKind Kind, int Position, TypeSyntax Syntax, ResolvedType Resolved, bool IsDescending, int Slot)
{
    public CqlType Type => Resolved.Type;

    public bool IsMultiCell => Resolved.IsMultiCell;

    public bool IsPrimaryKey => Kind is ColumnKind.PartitionKey or ColumnKind.Clustering;

    public bool IsCounter => Type.Kind == CqlTypeKind.Counter;
}
