using System.Collections.Immutable;
using CqlDriver.Protocol;

namespace CqlDriver.Testing.Cql;

/// <summary>A parsed statement: names are resolved by nobody yet.</summary>
internal abstract record StatementSyntax(int Position);

/// <summary>A name that may say its keyspace.</summary>
internal readonly record struct QualifiedName(string? Keyspace, string Name, int Position);

internal sealed record UseSyntax(string Keyspace, int Position) : StatementSyntax(Position);

internal sealed record TruncateSyntax(QualifiedName Table, int Position) : StatementSyntax(Position);

/// <summary>The part after WITH: names, and values as constants, names or maps.</summary>
internal sealed record PropertyList(ImmutableArray<(string Name, Term Value)> Entries)
{
    public static PropertyList Empty { get; } = new([]);

    public Term? Find(string name)
    {
        foreach (var (entry, value) in Entries)
        {
            if (entry == name)
            {
                return value;
            }
        }

        return null;
    }
}

internal sealed record CreateKeyspaceSyntax(string Name, bool IfNotExists, PropertyList Properties, int Position) : StatementSyntax(Position);

internal sealed record AlterKeyspaceSyntax(string Name, bool IfExists, PropertyList Properties, int Position) : StatementSyntax(Position);

internal sealed record DropKeyspaceSyntax(string Name, bool IfExists, int Position) : StatementSyntax(Position);

internal sealed record ColumnSyntax(string Name, TypeSyntax Type, bool IsStatic, int Position);

internal sealed record CreateTableSyntax(
    QualifiedName Table,
    bool IfNotExists,
    ImmutableArray<ColumnSyntax> Columns,
    ImmutableArray<string> PartitionKey,
    ImmutableArray<string> Clustering,
    ImmutableArray<(string Column, bool Descending)> ClusteringOrder,
    PropertyList Properties,
    int Position) : StatementSyntax(Position);

internal sealed record AlterTableSyntax(
    QualifiedName Table,
    bool IfExists,
    ImmutableArray<ColumnSyntax> Added,
    ImmutableArray<string> Dropped,
    ImmutableArray<(string From, string To)> Renamed,
    PropertyList Properties,
    int Position) : StatementSyntax(Position)
{
    public bool IfColumnNotExists { get; init; }

    public bool IfColumnExists { get; init; }
}

internal sealed record DropTableSyntax(QualifiedName Table, bool IfExists, int Position) : StatementSyntax(Position);

internal sealed record CreateTypeSyntax(QualifiedName Type, bool IfNotExists, ImmutableArray<(string Name, TypeSyntax Type)> Fields, int Position) : StatementSyntax(Position);

internal sealed record AlterTypeSyntax(
    QualifiedName Type,
    bool IfExists,
    ImmutableArray<(string Name, TypeSyntax Type)> Added,
    ImmutableArray<(string From, string To)> Renamed,
    int Position) : StatementSyntax(Position);

internal sealed record DropTypeSyntax(QualifiedName Type, bool IfExists, int Position) : StatementSyntax(Position);

internal sealed record CreateIndexSyntax(
    string? Name,
    QualifiedName Table,
    bool IfNotExists,
    string Column,
    string? Function,
    string? ClassName,
    PropertyList Options,
    int Position) : StatementSyntax(Position);

internal sealed record DropIndexSyntax(QualifiedName Index, bool IfExists, int Position) : StatementSyntax(Position);

internal enum RelationOperator : byte
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Contains,
    ContainsKey,
}

/// <summary>A restriction of WHERE, or a condition of IF.</summary>
internal abstract record Relation(RelationOperator Operator, int Position);

/// <summary><c>column op value</c>, or <c>column[key] op value</c>. IN has <paramref name="Values"/>, or a marker for the whole list as <paramref name="Value"/>.</summary>
internal sealed record ColumnRelation(string Column, Term? Key, string? Field, RelationOperator Operator, Term? Value, ImmutableArray<Term> Values, int Position)
    : Relation(Operator, Position);

/// <summary><c>token(a, b) op value</c>.</summary>
internal sealed record TokenRelation(ImmutableArray<string> Columns, RelationOperator Operator, Term Value, int Position) : Relation(Operator, Position);

/// <summary><c>(a, b) op (1, 2)</c>.</summary>
internal sealed record TupleRelation(ImmutableArray<string> Columns, RelationOperator Operator, ImmutableArray<Term> Values, int Position) : Relation(Operator, Position);

/// <summary>USING TTL and TIMESTAMP.</summary>
internal readonly record struct UsingClause(Term? Timestamp, Term? TimeToLive);

/// <summary>Statements that change rows and can stand in a batch.</summary>
internal abstract record ModificationSyntax(QualifiedName Table, UsingClause Using, int Position) : StatementSyntax(Position)
{
    public bool IfExists { get; init; }

    public bool IfNotExists { get; init; }

    public ImmutableArray<ColumnRelation> Conditions { get; init; } = [];

    public ImmutableArray<Relation> Where { get; init; } = [];
}

internal sealed record InsertSyntax(QualifiedName Table, ImmutableArray<string> Columns, ImmutableArray<Term> Values, UsingClause Using, int Position)
    : ModificationSyntax(Table, Using, Position);

internal enum AssignmentKind : byte
{
    /// <summary><c>c = value</c></summary>
    Set,

    /// <summary><c>c = c + value</c>, <c>c += value</c></summary>
    Add,

    /// <summary><c>c = c - value</c>, <c>c -= value</c></summary>
    Subtract,

    /// <summary><c>c = value + c</c></summary>
    Prepend,

    /// <summary><c>c[key] = value</c></summary>
    SetElement,

    /// <summary><c>c.field = value</c></summary>
    SetField,
}

internal sealed record Assignment(string Column, AssignmentKind Kind, Term? Key, string? Field, Term Value, int Position);

internal sealed record UpdateSyntax(QualifiedName Table, ImmutableArray<Assignment> Assignments, UsingClause Using, int Position)
    : ModificationSyntax(Table, Using, Position);

/// <summary>What DELETE names before FROM: a column, an element or a field.</summary>
internal sealed record DeletionTarget(string Column, Term? Key, string? Field, int Position);

internal sealed record DeleteSyntax(QualifiedName Table, ImmutableArray<DeletionTarget> Targets, UsingClause Using, int Position)
    : ModificationSyntax(Table, Using, Position);

internal sealed record BatchSyntax(BatchKind Kind, UsingClause Using, ImmutableArray<ModificationSyntax> Statements, int Position) : StatementSyntax(Position);

internal sealed record SelectorSyntax(Term Value, string? Alias, string Text);

internal sealed record SelectSyntax(
    QualifiedName Table,
    bool IsDistinct,
    ImmutableArray<SelectorSyntax> Selectors,
    ImmutableArray<Relation> Where,
    ImmutableArray<(string Column, bool Descending)> OrderBy,
    Term? Limit,
    Term? PerPartitionLimit,
    bool AllowFiltering,
    int Position) : StatementSyntax(Position)
{
    /// <summary>SELECT *.</summary>
    public bool IsStar => Selectors.IsEmpty;
}
