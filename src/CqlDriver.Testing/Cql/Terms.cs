using System.Collections.Immutable;

namespace CqlDriver.Testing.Cql;

internal enum ConstantKind : byte
{
    String,
    Integer,
    Float,
    Boolean,
    Uuid,
    Blob,
    Duration,
}

/// <summary>A value, or how to get one, as it stands in a statement. <paramref name="Position"/> is its offset in the text.</summary>
internal abstract record Term(int Position);

internal sealed record ConstantTerm(ConstantKind Kind, string Text, int Position) : Term(Position);

internal sealed record NullTerm(int Position) : Term(Position);

/// <summary>A <c>?</c> or <c>:name</c>; numbered from 0 in the order of the text.</summary>
internal sealed record MarkerTerm(int Index, string? Name, int Position) : Term(Position);

/// <summary><c>[a, b]</c>: a list, or a vector.</summary>
internal sealed record ListTerm(ImmutableArray<Term> Elements, int Position) : Term(Position);

/// <summary><c>{a, b}</c>. Empty braces are a set or a map.</summary>
internal sealed record SetTerm(ImmutableArray<Term> Elements, int Position) : Term(Position);

/// <summary><c>{a: b}</c>.</summary>
internal sealed record MapTerm(ImmutableArray<(Term Key, Term Value)> Entries, int Position) : Term(Position);

/// <summary><c>{field: value}</c>.</summary>
internal sealed record UserTypeTerm(ImmutableArray<(string Field, Term Value)> Fields, int Position) : Term(Position);

/// <summary><c>(a, b)</c>.</summary>
internal sealed record TupleTerm(ImmutableArray<Term> Elements, int Position) : Term(Position);

/// <summary><c>name(a, b)</c>; <c>count(*)</c> has <paramref name="IsStar"/>.</summary>
internal sealed record CallTerm(string? Keyspace, string Name, ImmutableArray<Term> Arguments, bool IsStar, int Position) : Term(Position);

/// <summary><c>(type) value</c>.</summary>
internal sealed record CastTerm(TypeSyntax Type, Term Value, int Position) : Term(Position);

/// <summary>A column, in a SELECT list or on the right of an assignment.</summary>
internal sealed record ColumnTerm(string Name, int Position) : Term(Position);

/// <summary><c>value.field</c> in a SELECT list.</summary>
internal sealed record FieldTerm(Term Value, string Field, int Position) : Term(Position);

/// <summary><c>value[key]</c> in a SELECT list.</summary>
internal sealed record ElementTerm(Term Value, Term Key, int Position) : Term(Position);

/// <summary>A type as written: a name and what stands between its angle brackets.</summary>
internal sealed record TypeSyntax(string? Keyspace, string Name, ImmutableArray<TypeSyntax> Parameters, int? Dimension, int Position)
{
    /// <summary>Written in quotes: a Java class, when the quotes are single.</summary>
    public bool IsClassName { get; init; }
}
