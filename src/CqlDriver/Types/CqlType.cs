using System.Collections.Immutable;

namespace CqlDriver;

/// <summary>
/// A CQL type. Immutable and thread-safe; equality is structural, and <see cref="ToString"/> is the CQL spelling.
/// </summary>
public abstract class CqlType : IEquatable<CqlType>
{
    private protected CqlType(CqlTypeKind kind) => Kind = kind;

    /// <summary>The type <c>ascii</c>.</summary>
    public static CqlType Ascii { get; } = new CqlPrimitiveType(CqlTypeKind.Ascii, "ascii");

    /// <summary>The type <c>bigint</c>.</summary>
    public static CqlType Bigint { get; } = new CqlPrimitiveType(CqlTypeKind.Bigint, "bigint");

    /// <summary>The type <c>blob</c>.</summary>
    public static CqlType Blob { get; } = new CqlPrimitiveType(CqlTypeKind.Blob, "blob");

    /// <summary>The type <c>boolean</c>.</summary>
    public static CqlType Boolean { get; } = new CqlPrimitiveType(CqlTypeKind.Boolean, "boolean");

    /// <summary>The type <c>counter</c>.</summary>
    public static CqlType Counter { get; } = new CqlPrimitiveType(CqlTypeKind.Counter, "counter");

    /// <summary>The type <c>date</c>.</summary>
    public static CqlType Date { get; } = new CqlPrimitiveType(CqlTypeKind.Date, "date");

    /// <summary>The type <c>decimal</c>.</summary>
    public static CqlType Decimal { get; } = new CqlPrimitiveType(CqlTypeKind.Decimal, "decimal");

    /// <summary>The type <c>double</c>.</summary>
    public static CqlType Double { get; } = new CqlPrimitiveType(CqlTypeKind.Double, "double");

    /// <summary>The type <c>duration</c>.</summary>
    public static CqlType Duration { get; } = new CqlPrimitiveType(CqlTypeKind.Duration, "duration");

    /// <summary>The type <c>float</c>.</summary>
    public static CqlType Float { get; } = new CqlPrimitiveType(CqlTypeKind.Float, "float");

    /// <summary>The type <c>inet</c>.</summary>
    public static CqlType Inet { get; } = new CqlPrimitiveType(CqlTypeKind.Inet, "inet");

    /// <summary>The type <c>int</c>.</summary>
    public static CqlType Int { get; } = new CqlPrimitiveType(CqlTypeKind.Int, "int");

    /// <summary>The type <c>smallint</c>.</summary>
    public static CqlType Smallint { get; } = new CqlPrimitiveType(CqlTypeKind.Smallint, "smallint");

    /// <summary>The type <c>text</c>, also known as <c>varchar</c>.</summary>
    public static CqlType Text { get; } = new CqlPrimitiveType(CqlTypeKind.Text, "text");

    /// <summary>The type <c>time</c>.</summary>
    public static CqlType Time { get; } = new CqlPrimitiveType(CqlTypeKind.Time, "time");

    /// <summary>The type <c>timestamp</c>.</summary>
    public static CqlType Timestamp { get; } = new CqlPrimitiveType(CqlTypeKind.Timestamp, "timestamp");

    /// <summary>The type <c>timeuuid</c>.</summary>
    public static CqlType Timeuuid { get; } = new CqlPrimitiveType(CqlTypeKind.Timeuuid, "timeuuid");

    /// <summary>The type <c>tinyint</c>.</summary>
    public static CqlType Tinyint { get; } = new CqlPrimitiveType(CqlTypeKind.Tinyint, "tinyint");

    /// <summary>The type <c>uuid</c>.</summary>
    public static CqlType Uuid { get; } = new CqlPrimitiveType(CqlTypeKind.Uuid, "uuid");

    /// <summary>The type <c>varint</c>.</summary>
    public static CqlType Varint { get; } = new CqlPrimitiveType(CqlTypeKind.Varint, "varint");

    /// <summary>What kind of type this is.</summary>
    public CqlTypeKind Kind { get; }

    /// <summary>The type <c>list&lt;element&gt;</c>.</summary>
    /// <param name="element">The type of the elements.</param>
    public static CqlListType List(CqlType element) => new(element);

    /// <summary>The type <c>set&lt;element&gt;</c>.</summary>
    /// <param name="element">The type of the elements.</param>
    public static CqlSetType Set(CqlType element) => new(element);

    /// <summary>The type <c>map&lt;key, value&gt;</c>.</summary>
    /// <param name="key">The type of the keys.</param>
    /// <param name="value">The type of the values.</param>
    public static CqlMapType Map(CqlType key, CqlType value) => new(key, value);

    /// <summary>The type <c>tuple&lt;…&gt;</c>.</summary>
    /// <param name="elements">The types of the elements, at least one.</param>
    public static CqlTupleType Tuple(params ImmutableArray<CqlType> elements) => new(elements);

    /// <summary>The type <c>vector&lt;element, dimension&gt;</c>.</summary>
    /// <param name="element">The type of the elements.</param>
    /// <param name="dimension">How many elements each value has, at least 1.</param>
    public static CqlVectorType Vector(CqlType element, int dimension) => new(element, dimension);

    /// <summary>A type known by the name of its server-side class only.</summary>
    /// <param name="className">The fully qualified name of the class.</param>
    public static CqlCustomType Custom(string className) => new(className);

    /// <inheritdoc/>
    public abstract bool Equals(CqlType? other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CqlType);

    /// <inheritdoc/>
    public abstract override int GetHashCode();

    /// <summary>The CQL spelling, without <c>frozen</c>: the protocol does not carry it.</summary>
    public abstract override string ToString();
}

/// <summary>A type without parameters.</summary>
public sealed class CqlPrimitiveType : CqlType
{
    private readonly string _name;

    internal CqlPrimitiveType(CqlTypeKind kind, string name)
        : base(kind) => _name = name;

    /// <inheritdoc/>
    public override bool Equals(CqlType? other) => other is CqlPrimitiveType && other.Kind == Kind;

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Kind;

    /// <inheritdoc/>
    public override string ToString() => _name;
}

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
    }

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
    public override string ToString() => $"{Keyspace}.{Name}";
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
    public override string ToString() => $"'{ClassName}'";
}
