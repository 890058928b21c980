namespace CqlDriver.Types;

/// <summary>Writes the fields of a tuple in turn.</summary>
internal ref struct TupleWriter(CodecRegistry registry, GrowableBuffer buffer, CqlTupleType type)
{
    private int _index;

    public readonly CodecRegistry Registry => registry;

    public void Write<T>(T value)
    {
        try
        {
            registry.WriteField(buffer, type.Elements[_index], value);
        }
        catch (CqlValueException misfit)
        {
            throw ValueError.Within(misfit, $"tuple field {_index}");
        }

        _index++;
    }
}

/// <summary>Reads the fields of a tuple in turn. Fields after the last on the wire are null.</summary>
internal ref struct TupleReader(CodecRegistry registry, ReadOnlySpan<byte> content, CqlTupleType type, Type clrType)
{
    private CellReader _cells = new(content, type, clrType);
    private int _index;

    public readonly CodecRegistry Registry => registry;

    public T Read<T>()
    {
        try
        {
            var isNull = true;
            var cell = _cells.IsAtEnd ? default : _cells.ReadCell(out isNull);
            return registry.ReadValue<T>(cell, isNull, type.Elements[_index++]);
        }
        catch (CqlValueException misfit)
        {
            throw ValueError.Within(misfit, $"tuple field {_index - 1}");
        }
    }

    public readonly void ExpectEnd() => _cells.ExpectEnd();
}
