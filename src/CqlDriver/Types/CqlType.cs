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

    /// <summary>
    /// Whether zero bytes are a value of this type. For the others the server stores and returns zero bytes too, as a
    /// third thing beside a value and null.
    /// </summary>
    internal bool HasEmptyValue => Kind is CqlTypeKind.Text or CqlTypeKind.Ascii or CqlTypeKind.Blob
        or CqlTypeKind.Custom or CqlTypeKind.Tuple or CqlTypeKind.Udt;

    /// <summary>
    /// The bytes of one value where the server takes the length as fixed, else -1. Vectors pack such elements; smallint,
    /// tinyint, date and time are not among them although their lengths never vary.
    /// </summary>
    internal virtual int FixedLength => -1;

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
        : base(kind)
    {
        _name = name;
        FixedLength = kind switch
        {
            CqlTypeKind.Boolean => 1,
            CqlTypeKind.Int or CqlTypeKind.Float => 4,
            CqlTypeKind.Bigint or CqlTypeKind.Double or CqlTypeKind.Timestamp => 8,
            CqlTypeKind.Uuid or CqlTypeKind.Timeuuid => 16,
            _ => -1,
        };
    }

    internal override int FixedLength { get; }

    /// <inheritdoc/>
    public override bool Equals(CqlType? other) => other is CqlPrimitiveType && other.Kind == Kind;

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Kind;

    /// <inheritdoc/>
    public override string ToString() => _name;
}
