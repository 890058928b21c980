namespace CqlDriver.Types;

/// <summary>
/// Value tuples, field by field and without boxes. The number of fields must be that of the CQL type in both directions;
/// on the wire a tuple may end early, and what is missing is null.
/// </summary>
internal abstract class TupleConverter<T> : ValueConverter<T>
{
    public sealed override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, T value)
    {
        var tuple = type as CqlTupleType ?? throw CannotWrite(type);
        if (Arity(registry) != tuple.Elements.Length)
        {
            throw CannotWrite(type, $"it has {Arity(registry)} fields where {tuple.Elements.Length} are due");
        }

        var writer = new TupleWriter(registry, buffer, tuple);
        WriteFields(ref writer, value);
    }

    public sealed override T Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        var tuple = type as CqlTupleType ?? throw CannotRead(type);
        if (Arity(registry) != tuple.Elements.Length)
        {
            throw CannotRead(type, $"it has {Arity(registry)} fields where there are {tuple.Elements.Length}");
        }

        var reader = new TupleReader(registry, content, tuple, typeof(T));
        var value = ReadFields(ref reader);
        reader.ExpectEnd();
        return value;
    }

    internal abstract int Arity(CodecRegistry registry);

    internal abstract void WriteFields(ref TupleWriter writer, T value);

    internal abstract T ReadFields(ref TupleReader reader);
}

internal sealed class TupleConverter1<T1> : TupleConverter<ValueTuple<T1>>
{
    internal override int Arity(CodecRegistry registry) => 1;

    internal override void WriteFields(ref TupleWriter writer, ValueTuple<T1> value)
    {
        writer.Write(value.Item1);
    }

    internal override ValueTuple<T1> ReadFields(ref TupleReader reader) =>
        new(reader.Read<T1>());
}

internal sealed class TupleConverter2<T1, T2> : TupleConverter<ValueTuple<T1, T2>>
{
    internal override int Arity(CodecRegistry registry) => 2;

    internal override void WriteFields(ref TupleWriter writer, ValueTuple<T1, T2> value)
    {
        writer.Write(value.Item1);
        writer.Write(value.Item2);
    }

    internal override ValueTuple<T1, T2> ReadFields(ref TupleReader reader) =>
        new(reader.Read<T1>(), reader.Read<T2>());
}

internal sealed class TupleConverter3<T1, T2, T3> : TupleConverter<ValueTuple<T1, T2, T3>>
{
    internal override int Arity(CodecRegistry registry) => 3;

    internal override void WriteFields(ref TupleWriter writer, ValueTuple<T1, T2, T3> value)
    {
        writer.Write(value.Item1);
        writer.Write(value.Item2);
        writer.Write(value.Item3);
    }

    internal override ValueTuple<T1, T2, T3> ReadFields(ref TupleReader reader) =>
        new(reader.Read<T1>(), reader.Read<T2>(), reader.Read<T3>());
}

internal sealed class TupleConverter4<T1, T2, T3, T4> : TupleConverter<ValueTuple<T1, T2, T3, T4>>
{
    internal override int Arity(CodecRegistry registry) => 4;

    internal override void WriteFields(ref TupleWriter writer, ValueTuple<T1, T2, T3, T4> value)
    {
        writer.Write(value.Item1);
        writer.Write(value.Item2);
        writer.Write(value.Item3);
        writer.Write(value.Item4);
    }

    internal override ValueTuple<T1, T2, T3, T4> ReadFields(ref TupleReader reader) =>
        new(reader.Read<T1>(), reader.Read<T2>(), reader.Read<T3>(), reader.Read<T4>());
}

internal sealed class TupleConverter5<T1, T2, T3, T4, T5> : TupleConverter<ValueTuple<T1, T2, T3, T4, T5>>
{
    internal override int Arity(CodecRegistry registry) => 5;

    internal override void WriteFields(ref TupleWriter writer, ValueTuple<T1, T2, T3, T4, T5> value)
    {
        writer.Write(value.Item1);
        writer.Write(value.Item2);
        writer.Write(value.Item3);
        writer.Write(value.Item4);
        writer.Write(value.Item5);
    }

    internal override ValueTuple<T1, T2, T3, T4, T5> ReadFields(ref TupleReader reader) =>
        new(reader.Read<T1>(), reader.Read<T2>(), reader.Read<T3>(), reader.Read<T4>(), reader.Read<T5>());
}

internal sealed class TupleConverter6<T1, T2, T3, T4, T5, T6> : TupleConverter<ValueTuple<T1, T2, T3, T4, T5, T6>>
{
    internal override int Arity(CodecRegistry registry) => 6;

    internal override void WriteFields(ref TupleWriter writer, ValueTuple<T1, T2, T3, T4, T5, T6> value)
    {
        writer.Write(value.Item1);
        writer.Write(value.Item2);
        writer.Write(value.Item3);
        writer.Write(value.Item4);
        writer.Write(value.Item5);
        writer.Write(value.Item6);
    }

    internal override ValueTuple<T1, T2, T3, T4, T5, T6> ReadFields(ref TupleReader reader) =>
        new(reader.Read<T1>(), reader.Read<T2>(), reader.Read<T3>(), reader.Read<T4>(), reader.Read<T5>(), reader.Read<T6>());
}

internal sealed class TupleConverter7<T1, T2, T3, T4, T5, T6, T7> : TupleConverter<ValueTuple<T1, T2, T3, T4, T5, T6, T7>>
{
    internal override int Arity(CodecRegistry registry) => 7;

    internal override void WriteFields(ref TupleWriter writer, ValueTuple<T1, T2, T3, T4, T5, T6, T7> value)
    {
        writer.Write(value.Item1);
        writer.Write(value.Item2);
        writer.Write(value.Item3);
        writer.Write(value.Item4);
        writer.Write(value.Item5);
        writer.Write(value.Item6);
        writer.Write(value.Item7);
    }

    internal override ValueTuple<T1, T2, T3, T4, T5, T6, T7> ReadFields(ref TupleReader reader) =>
        new(reader.Read<T1>(), reader.Read<T2>(), reader.Read<T3>(), reader.Read<T4>(), reader.Read<T5>(), reader.Read<T6>(), reader.Read<T7>());
}

/// <summary>Eight fields and more: C# keeps those after the seventh in a tuple of their own.</summary>
internal sealed class TupleConverterRest<T1, T2, T3, T4, T5, T6, T7, TRest> : TupleConverter<ValueTuple<T1, T2, T3, T4, T5, T6, T7, TRest>>
    where TRest : struct
{
    internal override int Arity(CodecRegistry registry) => 7 + Rest(registry).Arity(registry);

    internal override void WriteFields(ref TupleWriter writer, ValueTuple<T1, T2, T3, T4, T5, T6, T7, TRest> value)
    {
        writer.Write(value.Item1);
        writer.Write(value.Item2);
        writer.Write(value.Item3);
        writer.Write(value.Item4);
        writer.Write(value.Item5);
        writer.Write(value.Item6);
        writer.Write(value.Item7);
        Rest(writer.Registry).WriteFields(ref writer, value.Rest);
    }

    internal override ValueTuple<T1, T2, T3, T4, T5, T6, T7, TRest> ReadFields(ref TupleReader reader)
    {
        var value = default(ValueTuple<T1, T2, T3, T4, T5, T6, T7, TRest>);
        value.Item1 = reader.Read<T1>();
        value.Item2 = reader.Read<T2>();
        value.Item3 = reader.Read<T3>();
        value.Item4 = reader.Read<T4>();
        value.Item5 = reader.Read<T5>();
        value.Item6 = reader.Read<T6>();
        value.Item7 = reader.Read<T7>();
        value.Rest = Rest(reader.Registry).ReadFields(ref reader);
        return value;
    }

    private static TupleConverter<TRest> Rest(CodecRegistry registry) => registry.Converter<TRest>() as TupleConverter<TRest>
        ?? throw new InvalidOperationException($"{ClrName.Of(typeof(TRest))} is no tuple that is registered; call AddTuple for it.");
}
