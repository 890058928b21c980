using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using CqlDriver.Types;

namespace CqlDriver;

/// <summary>
/// A value of a user-defined type. Fields are kept as their bytes: what is set is converted at once, so that a value that
/// does not fit is refused where it is set, and what is read is converted to whatever type is asked for. Fields that are
/// not set are null. Two values are equal when their types and bytes are. Not thread-safe while it is being changed.
/// </summary>
/// <example><code>
/// var home = new UdtValue(addressType).Set("street", "Unter den Linden").Set("zip", 10117);
/// var zip = home.Get&lt;int&gt;("zip");
/// </code></example>
public sealed class UdtValue : IEquatable<UdtValue>
{
    private readonly CodecRegistry _codecs;
    private readonly ReadOnlyMemory<byte>?[] _fields;

    /// <summary>Creates a value whose fields are all null.</summary>
    /// <param name="type">The type, as metadata of a prepared statement or of the schema gives it.</param>
    /// <param name="codecs">The codecs for its fields; the driver's own by default.</param>
    public UdtValue(CqlUserType type, CodecRegistry? codecs = null)
    {
        ArgumentNullException.ThrowIfNull(type);
        Type = type;
        _codecs = codecs ?? CodecRegistry.Default;
        _fields = new ReadOnlyMemory<byte>?[type.Fields.Length];
    }

    /// <summary>The type.</summary>
    public CqlUserType Type { get; }

    /// <summary>A field as its natural .NET counterpart, or null.</summary>
    /// <param name="name">The field, by its exact, unquoted name.</param>
    /// <exception cref="ArgumentException">The type has no such field.</exception>
    /// <exception cref="CqlValueException">The bytes are malformed, or the value does not fit.</exception>
    public object? this[string name]
    {
        get => Get<object?>(name);
        set => Set(name, value);
    }

    /// <summary>A field as its natural .NET counterpart, or null.</summary>
    /// <param name="ordinal">The position of the field, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The type has no such field.</exception>
    /// <exception cref="CqlValueException">The bytes are malformed, or the value does not fit.</exception>
    public object? this[int ordinal]
    {
        get => Get<object?>(ordinal);
        set => Set(ordinal, value);
    }

    /// <summary>Reads the content of a value, for codecs of your own.</summary>
    /// <param name="type">The type.</param>
    /// <param name="content">The bytes; they are copied.</param>
    /// <param name="codecs">The codecs for its fields; the driver's own by default.</param>
    /// <exception cref="CqlValueException">The bytes are malformed.</exception>
    public static UdtValue Read(CqlUserType type, ReadOnlySpan<byte> content, CodecRegistry? codecs = null)
    {
        // Fields added to the type since the value was written are missing at the end; fields added since the type was
        // looked up are there beyond the last one known, and are passed over.
        var value = new UdtValue(type, codecs);
        ReadOnlyMemory<byte> memory = content.ToArray();
        var cells = new CellReader(memory.Span, type, typeof(UdtValue));
        for (var ordinal = 0; ordinal < value._fields.Length && !cells.IsAtEnd; ordinal++)
        {
            var cell = cells.ReadCell(out var isNull);
            if (!isNull)
            {
                memory.Span.Overlaps(cell, out var start);
                value._fields[ordinal] = memory.Slice(cell.IsEmpty ? 0 : start, cell.Length);
            }
        }

        return value;
    }

    /// <summary>Whether a field is null.</summary>
    /// <param name="name">The field, by its exact, unquoted name.</param>
    /// <exception cref="ArgumentException">The type has no such field.</exception>
    public bool IsNull(string name) => _fields[Ordinal(name)] is null;

    /// <summary>A field as any .NET type that can hold it.</summary>
    /// <typeparam name="T">The .NET type.</typeparam>
    /// <param name="name">The field, by its exact, unquoted name.</param>
    /// <exception cref="ArgumentException">The type has no such field.</exception>
    /// <exception cref="CqlValueException">The value does not fit, or is null and <typeparamref name="T"/> cannot be.</exception>
    public T Get<T>(string name) => Get<T>(Ordinal(name));

    /// <summary>A field as any .NET type that can hold it.</summary>
    /// <typeparam name="T">The .NET type.</typeparam>
    /// <param name="ordinal">The position of the field, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The type has no such field.</exception>
    /// <exception cref="CqlValueException">The value does not fit, or is null and <typeparamref name="T"/> cannot be.</exception>
    public T Get<T>(int ordinal)
    {
        var (field, content) = (Field(ordinal), _fields[ordinal]);
        try
        {
            return _codecs.ReadValue<T>(content.GetValueOrDefault().Span, content is null, field.Type);
        }
        catch (CqlValueException misfit)
        {
            throw ValueError.Within(misfit, $"field '{field.Name}'");
        }
    }

    /// <summary>Sets a field.</summary>
    /// <typeparam name="T">The .NET type.</typeparam>
    /// <param name="name">The field, by its exact, unquoted name.</param>
    /// <param name="value">The value; later changes to it change nothing here.</param>
    /// <returns>This value.</returns>
    /// <exception cref="ArgumentException">The type has no such field.</exception>
    /// <exception cref="CqlValueException">The value does not fit.</exception>
    public UdtValue Set<T>(string name, T value) => Set(Ordinal(name), value);

    /// <summary>Sets a field.</summary>
    /// <typeparam name="T">The .NET type.</typeparam>
    /// <param name="ordinal">The position of the field, from 0.</param>
    /// <param name="value">The value; later changes to it change nothing here.</param>
    /// <returns>This value.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The type has no such field.</exception>
    /// <exception cref="CqlValueException">The value does not fit.</exception>
    public UdtValue Set<T>(int ordinal, T value)
    {
        var field = Field(ordinal);
        using var buffer = new GrowableBuffer();
        try
        {
            _codecs.WriteField(buffer, field.Type, value);
        }
        catch (CqlValueException misfit)
        {
            throw ValueError.Within(misfit, $"field '{field.Name}'");
        }

        var isNull = BinaryPrimitives.ReadInt32BigEndian(buffer.WrittenSpan) < 0;
        _fields[ordinal] = isNull ? default(ReadOnlyMemory<byte>?) : buffer.WrittenSpan[sizeof(int)..].ToArray();
        return this;
    }

    /// <summary>Writes the content of the value, for codecs of your own.</summary>
    /// <param name="writer">Receives the bytes.</param>
    public void WriteTo(IBufferWriter<byte> writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        foreach (var field in _fields)
        {
            BinaryPrimitives.WriteInt32BigEndian(writer.GetSpan(sizeof(int)), field?.Length ?? -1);
            writer.Advance(sizeof(int));
            writer.Write(field.GetValueOrDefault().Span);
        }
    }

    /// <inheritdoc/>
    public bool Equals([NotNullWhen(true)] UdtValue? other)
    {
        if (other is null || !Type.Equals(other.Type))
        {
            return false;
        }

        for (var ordinal = 0; ordinal < _fields.Length; ordinal++)
        {
            var (mine, theirs) = (_fields[ordinal], other._fields[ordinal]);
            if (mine.HasValue != theirs.HasValue || !mine.GetValueOrDefault().Span.SequenceEqual(theirs.GetValueOrDefault().Span))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as UdtValue);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var field in _fields)
        {
            hash.Add(field?.Length ?? -1);
            hash.AddBytes(field.GetValueOrDefault().Span);
        }

        return hash.ToHashCode();
    }

    /// <summary>The type and the names of the fields that are not null; values are not shown.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Type.ToString()).Append('{');
        var names = Type.Fields.Where((_, ordinal) => _fields[ordinal] is not null).Select(field => CqlIdentifier.Quote(field.Name));
        return text.AppendJoin(", ", names).Append('}').ToString();
    }

    private CqlUserTypeField Field(int ordinal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(ordinal, _fields.Length);
        return Type.Fields[ordinal];
    }

    private int Ordinal(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var ordinal = Type.OrdinalOf(name);
        return ordinal >= 0 ? ordinal : throw new ArgumentException($"{Type} has no field '{name}'.", nameof(name));
    }
}
