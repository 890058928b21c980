using System.Collections;
using System.Runtime.CompilerServices;

namespace CqlDriver.Types;

/// <summary>A value type that may be null. Null itself never gets here: it is a length, not content.</summary>
internal sealed class NullableConverter<T> : ValueConverter<T?>
    where T : struct
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, T? value) =>
        registry.Converter<T>().Write(registry, buffer, type, value.GetValueOrDefault());

    public override T? Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) =>
        registry.ReadValue<T>(content, isNull: false, type);
}

/// <summary>
/// The nullable form of a value type that is known at run time only, where no code can be made for it: one box a value.
/// </summary>
internal sealed class BoxedNullableConverter<T>(Type underlying) : ValueConverter<T>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, T value) =>
        (registry.ConverterFor(underlying) ?? throw CannotWrite(type)).WriteBoxed(registry, buffer, type, value!);

    public override T Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) =>
        (T)(registry.ConverterFor(underlying) ?? throw CannotRead(type)).ReadBoxed(registry, content, type)!;
}

/// <summary>
/// An enum, or a nullable one, as the integer it is made of. The two have the same layout, so the value is reinterpreted:
/// no box, and nothing that a native build could not compile.
/// </summary>
internal sealed class EnumConverter<T, TInteger> : ValueConverter<T>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, T value) =>
        registry.Converter<TInteger>().Write(registry, buffer, type, Unsafe.As<T, TInteger>(ref value));

    public override T Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        var integer = registry.Converter<TInteger>().Read(registry, content, type);
        return Unsafe.As<TInteger, T>(ref integer);
    }
}

/// <summary>Chooses the integer behind an enum.</summary>
internal static class EnumConverters
{
    public static ValueConverter<T>? TryCreate<T>()
    {
        if (typeof(T).IsEnum)
        {
            return Type.GetTypeCode(typeof(T)) switch
            {
                TypeCode.SByte => new EnumConverter<T, sbyte>(),
                TypeCode.Byte => new EnumConverter<T, byte>(),
                TypeCode.Int16 => new EnumConverter<T, short>(),
                TypeCode.UInt16 => new EnumConverter<T, ushort>(),
                TypeCode.Int32 => new EnumConverter<T, int>(),
                TypeCode.UInt32 => new EnumConverter<T, uint>(),
                TypeCode.Int64 => new EnumConverter<T, long>(),
                TypeCode.UInt64 => new EnumConverter<T, ulong>(),
                _ => null,
            };
        }

        return Nullable.GetUnderlyingType(typeof(T)) is { IsEnum: true } type
            ? Type.GetTypeCode(type) switch
            {
                TypeCode.SByte => new EnumConverter<T, sbyte?>(),
                TypeCode.Byte => new EnumConverter<T, byte?>(),
                TypeCode.Int16 => new EnumConverter<T, short?>(),
                TypeCode.UInt16 => new EnumConverter<T, ushort?>(),
                TypeCode.Int32 => new EnumConverter<T, int?>(),
                TypeCode.UInt32 => new EnumConverter<T, uint?>(),
                TypeCode.Int64 => new EnumConverter<T, long?>(),
                TypeCode.UInt64 => new EnumConverter<T, ulong?>(),
                _ => null,
            }
            : null;
    }
}

/// <summary>Codecs that users registered for a .NET type, before what the driver would do with it.</summary>
internal sealed class UserCodecConverter<T>(ICqlCodec<T>[] codecs, ValueConverter<T> builtIn) : ValueConverter<T>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, T value)
    {
        if (Find(type) is not { } codec)
        {
            builtIn.Write(registry, buffer, type, value);
            return;
        }

        try
        {
            codec.Encode(value, type, buffer);
        }
        catch (Exception failure) when (failure is not CqlValueException)
        {
            throw Failed(codec, type, failure);
        }
    }

    public override T Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        if (Find(type) is not { } codec)
        {
            return builtIn.Read(registry, content, type);
        }

        try
        {
            return codec.Decode(content, type);
        }
        catch (Exception failure) when (failure is not CqlValueException)
        {
            throw Failed(codec, type, failure);
        }
    }

    private static CqlValueException Failed(ICqlCodec<T> codec, CqlType type, Exception failure) =>
        new($"the codec {codec.GetType().Name} failed between {ClrName.Of(typeof(T))} and {type}: {failure.Message}", type, typeof(T), null, failure);

    private ICqlCodec<T>? Find(CqlType type)
    {
        foreach (var codec in codecs)
        {
            if (codec.Handles(type))
            {
                return codec;
            }
        }

        return null;
    }
}

/// <summary>
/// A .NET type for which no code exists: collections whose types are not registered in a native build, and types that
/// are no counterpart of anything. Its values can still be written, by what they are at run time; reading names the remedy.
/// </summary>
/// <param name="isLast">Whether other converters have been asked, and asking again would go round in circles.</param>
internal sealed class UnregisteredConverter<T>(bool isLast) : ValueConverter<T>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, T value)
    {
        if (isLast)
        {
            ObjectConverter.WriteByRuntimeType(registry, buffer, type, value!);
        }
        else
        {
            registry.Converter<object>().Write(registry, buffer, type, value!);
        }
    }

    public override T Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) =>
        throw (Registration() is { } registration
            ? CannotRead(type, $"no code for it was compiled; call {registration} on the CodecRegistry")
            : CannotRead(type));

    private static string? Registration()
    {
        var arguments = typeof(T).IsGenericType ? typeof(T).GetGenericArguments() : [];
        var names = string.Join(", ", arguments.Select(ClrName.Of));
        if (typeof(T).IsArray)
        {
            return $"AddCollectionsOf<{ClrName.Of(typeof(T).GetElementType()!)}>()";
        }

        if (typeof(T).IsAssignableTo(typeof(ITuple)))
        {
            return $"AddTuple<{names}>()";
        }

        return !typeof(T).IsAssignableTo(typeof(IEnumerable)) ? null : arguments.Length switch
        {
            1 => $"AddCollectionsOf<{names}>()",
            2 => $"AddMapsOf<{names}>()",
            _ => null,
        };
    }
}
