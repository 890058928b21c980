using System.Collections;
using System.Runtime.CompilerServices;

namespace CqlDriver.Types;

/// <summary>Values whose .NET type is known at run time only: written by what they are, read as their natural counterpart.</summary>
internal sealed class ObjectConverter : ValueConverter<object>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, object value)
    {
        if (value.GetType() != typeof(object) && registry.ConverterFor(value.GetType()) is { } converter)
        {
            converter.WriteBoxed(registry, buffer, type, value);
        }
        else
        {
            WriteByRuntimeType(registry, buffer, type, value);
        }
    }

    public override object Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) => NaturalValue.Read(registry, content, type);

    /// <summary>Writes what has no converter of its own: by the interfaces it implements, element by element, boxed.</summary>
    internal static void WriteByRuntimeType(CodecRegistry registry, GrowableBuffer buffer, CqlType type, object value)
    {
        switch (type, value)
        {
            case (_, Enum):
                var integer = Convert.ChangeType(value, Enum.GetUnderlyingType(value.GetType()), System.Globalization.CultureInfo.InvariantCulture);
                registry.Converter<object>().Write(registry, buffer, type, integer);
                break;
            case (CqlMapType, IDictionary dictionary):
                MapBytes<object, object?>.Write(registry, buffer, type, Entries(dictionary));
                break;
            case (CqlListType or CqlSetType or CqlVectorType, IEnumerable values):
                Sequence<object?>.Write(registry, buffer, type, value.GetType(), values.Cast<object?>());
                break;
            case (CqlTupleType tuple, ITuple fields):
                var array = new object?[fields.Length];
                for (var index = 0; index < array.Length; index++)
                {
                    array[index] = fields[index];
                }

                ObjectArrayConverter.WriteTuple(registry, buffer, tuple, value.GetType(), array);
                break;
            default:
                throw ValueError.WriteMismatch(type, value.GetType());
        }
    }

    private static IEnumerable<KeyValuePair<object, object?>> Entries(IDictionary dictionary)
    {
        foreach (DictionaryEntry entry in dictionary)
        {
            yield return new KeyValuePair<object, object?>(entry.Key, entry.Value);
        }
    }
}

/// <summary>Arrays of objects: the natural counterpart of tuples, and elements of a collection like any other.</summary>
internal sealed class ObjectArrayConverter : ValueConverter<object?[]>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, object?[] value)
    {
        if (type is CqlTupleType tuple)
        {
            WriteTuple(registry, buffer, tuple, value.GetType(), value);
        }
        else
        {
            Sequence<object?>.Write(registry, buffer, type, value.GetType(), value);
        }
    }

    public override object?[] Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) => type is CqlTupleType tuple
        ? ReadTuple(registry, content, tuple)
        : Sequence<object?>.ReadArray(registry, content, type, typeof(object[]));

    internal static void WriteTuple(CodecRegistry registry, GrowableBuffer buffer, CqlTupleType type, Type clrType, object?[] fields)
    {
        if (fields.Length != type.Elements.Length)
        {
            throw ValueError.Write(type, clrType, $"it has {fields.Length} fields where {type.Elements.Length} are due");
        }

        var writer = new TupleWriter(registry, buffer, type);
        foreach (var field in fields)
        {
            writer.Write(field);
        }
    }

    private static object?[] ReadTuple(CodecRegistry registry, ReadOnlySpan<byte> content, CqlTupleType type)
    {
        var reader = new TupleReader(registry, content, type, typeof(object[]));
        var fields = new object?[type.Elements.Length];
        for (var index = 0; index < fields.Length; index++)
        {
            fields[index] = reader.Read<object?>();
        }

        reader.ExpectEnd();
        return fields;
    }
}
