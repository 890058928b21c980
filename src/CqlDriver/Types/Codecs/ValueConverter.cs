namespace CqlDriver.Types;

/// <summary>
/// Converts between one .NET type and every CQL type that it can hold. One class per .NET type rather than per CQL type:
/// callers name the .NET type statically, so that is what can be dispatched without boxing, and widening is one switch.
/// Converters have no state; what they need of other types they get from the registry they are called with.
/// </summary>
internal abstract class ValueConverter
{
    /// <summary>Appends the content of a value that is neither null nor unset, without its length.</summary>
    public abstract void WriteBoxed(CodecRegistry registry, GrowableBuffer buffer, CqlType type, object value);

    /// <summary>Reads content that is not null and, unless the type has such values, not empty.</summary>
    public abstract object? ReadBoxed(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type);
}

/// <inheritdoc cref="ValueConverter"/>
/// <typeparam name="T">The .NET type.</typeparam>
internal abstract class ValueConverter<T> : ValueConverter
{
    /// <inheritdoc cref="ValueConverter.WriteBoxed"/>
    public abstract void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, T value);

    /// <inheritdoc cref="ValueConverter.ReadBoxed"/>
    public abstract T Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type);

    public sealed override void WriteBoxed(CodecRegistry registry, GrowableBuffer buffer, CqlType type, object value) =>
        Write(registry, buffer, type, (T)value);

    public sealed override object? ReadBoxed(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) =>
        Read(registry, content, type);

    /// <summary>The bytes themselves, once there are as many as the type has.</summary>
    protected static ReadOnlySpan<byte> Exactly(int length, ReadOnlySpan<byte> content, CqlType type)
    {
        if (content.Length != length)
        {
            ValueError.ThrowLength(type, typeof(T), content.Length, length);
        }

        return content;
    }

    protected static CqlValueException CannotWrite(CqlType type) => ValueError.WriteMismatch(type, typeof(T));

    protected static CqlValueException CannotRead(CqlType type) => ValueError.ReadMismatch(type, typeof(T));

    protected static CqlValueException CannotWrite(CqlType type, string why) => ValueError.Write(type, typeof(T), why);

    protected static CqlValueException CannotRead(CqlType type, string why) => ValueError.Read(type, typeof(T), why);
}
