using System.Collections.Immutable;
using CqlDriver.Types;

namespace CqlDriver;

/// <summary>A list of elements of one type.</summary>
public sealed class CqlListType : CqlType
{
    internal CqlListType(CqlType element)
        : base(CqlTypeKind.List) => Element = element ?? throw new ArgumentNullException(nameof(element));

    /// <summary>The type of the elements.</summary>
    public CqlType Element { get; }

    /// <inheritdoc/>
    public override bool Equals(CqlType? other) => other is CqlListType list && list.Element.Equals(Element);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Element);

    /// <inheritdoc/>
    public override string ToString() => $"list<{Element}>";
}

/// <summary>A set of elements of one type.</summary>
public sealed class CqlSetType : CqlType
{
    internal CqlSetType(CqlType element)
        : base(CqlTypeKind.Set) => Element = element ?? throw new ArgumentNullException(nameof(element));

    /// <summary>The type of the elements.</summary>
    public CqlType Element { get; }

    /// <inheritdoc/>
    public override bool Equals(CqlType? other) => other is CqlSetType set && set.Element.Equals(Element);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Element);

    /// <inheritdoc/>
    public override string ToString() => $"set<{Element}>";
}

/// <summary>A map from keys of one type to values of one type.</summary>
public sealed class CqlMapType : CqlType
{
    internal CqlMapType(CqlType key, CqlType value)
        : base(CqlTypeKind.Map)
    {
        Key = key ?? throw new ArgumentNullException(nameof(key));
        Value = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <summary>The type of the keys.</summary>
    public CqlType Key { get; }

    /// <summary>The type of the values.</summary>
    public CqlType Value { get; }

    /// <inheritdoc/>
    public override bool Equals(CqlType? other) => other is CqlMapType map && map.Key.Equals(Key) && map.Value.Equals(Value);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Key, Value);

    /// <inheritdoc/>
    public override string ToString() => $"map<{Key}, {Value}>";
}

/// <summary>A tuple of elements, each with a type of its own.</summary>
public sealed class CqlTupleType : CqlType
{
    internal CqlTupleType(ImmutableArray<CqlType> elements)
        : base(CqlTypeKind.Tuple)
    {
        if (elements.IsDefaultOrEmpty)
        {
            throw new ArgumentException("A tuple type has at least one element.", nameof(elements));
        }

        Elements = elements;
    }

    /// <summary>The types of the elements, in order.</summary>
    public ImmutableArray<CqlType> Elements { get; }

    /// <inheritdoc/>
    public override bool Equals(CqlType? other) => other is CqlTupleType tuple && tuple.Elements.AsSpan().SequenceEqual(Elements.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Kind);
        foreach (var element in Elements)
        {
            hash.Add(element);
        }

        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => $"tuple<{string.Join(", ", Elements)}>";
}

/// <summary>A vector: a fixed number of elements of one type (Cassandra 5, ScyllaDB 2025.4).</summary>
public sealed class CqlVectorType : CqlType
{
    internal CqlVectorType(CqlType element, int dimension)
        : base(CqlTypeKind.Vector)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        Element = element ?? throw new ArgumentNullException(nameof(element));
        Dimension = dimension;
        var length = element.FixedLength * (long)dimension;
        FixedLength = element.FixedLength > 0 && length <= int.MaxValue ? (int)length : -1;
    }

    internal override int FixedLength { get; }

    /// <summary>The type of the elements.</summary>
    public CqlType Element { get; }

    /// <summary>How many elements each value has.</summary>
    public int Dimension { get; }

    /// <inheritdoc/>
    public override bool Equals(CqlType? other) => other is CqlVectorType vector && vector.Dimension == Dimension && vector.Element.Equals(Element);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Element, Dimension);

    /// <inheritdoc/>
    public override string ToString() => $"vector<{Element}, {Dimension}>";
}

/// <summary>A user-defined type.</summary>
public sealed class CqlUserType : CqlType
{
    /// <summary>Describes a user-defined type.</summary>
    /// <param name="keyspace">The keyspace that defines it.</param>
    /// <param name="name">Its name, unquoted.</param>
    /// <param name="fields">Its fields, in order.</param>
    public CqlUserType(string keyspace, string name, ImmutableArray<CqlUserTypeField> fields)
        : base(CqlTypeKind.Udt)
    {
        Keyspace = keyspace ?? throw new ArgumentNullException(nameof(keyspace));
        Name = name ?? throw new ArgumentNullException(nameof(name));
        Fields = fields.IsDefault ? [] : fields;
    }

    /// <summary>The keyspace that defines the type.</summary>
    public string Keyspace { get; }

    /// <summary>The name of the type, unquoted.</summary>
    public string Name { get; }

    /// <summary>The fields, in order.</summary>
    public ImmutableArray<CqlUserTypeField> Fields { get; }

    /// <inheritdoc/>
    public override bool Equals(CqlType? other) =>
        other is CqlUserType type && type.Keyspace == Keyspace && type.Name == Name && type.Fields.AsSpan().SequenceEqual(Fields.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Keyspace, Name, Fields.Length);

    /// <inheritdoc/>
    public override string ToString() => Keyspace.Length == 0 ? CqlIdentifier.Quote(Name) : $"{CqlIdentifier.Quote(Keyspace)}.{CqlIdentifier.Quote(Name)}";

    /// <summary>The position of a field, or -1. A field is found by its exact, unquoted name.</summary>
    internal int OrdinalOf(string field)
    {
        var fields = Fields.AsSpan();
        for (var ordinal = 0; ordinal < fields.Length; ordinal++)
        {
            if (string.Equals(fields[ordinal].Name, field, StringComparison.Ordinal))
            {
                return ordinal;
            }
        }

        return -1;
    }
}

/// <summary>A field of a user-defined type.</summary>
/// <param name="Name">The name, unquoted.</param>
/// <param name="Type">The type.</param>
public sealed record CqlUserTypeField(string Name, CqlType Type);

/// <summary>A type known by the name of its server-side class only; its values are bytes.</summary>
public sealed class CqlCustomType : CqlType
{
    internal CqlCustomType(string className)
        : base(CqlTypeKind.Custom) => ClassName = className ?? throw new ArgumentNullException(nameof(className));

    /// <summary>The fully qualified name of the server-side class.</summary>
    public string ClassName { get; }

    /// <inheritdoc/>
    public override bool Equals(CqlType? other) => other is CqlCustomType custom && custom.ClassName == ClassName;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, ClassName);

    /// <inheritdoc/>
    public override string ToString() => $"'{ClassName.Replace("'", "''", StringComparison.Ordinal)}'";
}
