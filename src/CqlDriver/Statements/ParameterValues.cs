using CqlDriver.Types;

namespace CqlDriver;

/// <summary>
/// Encodes the parameters of a prepared statement, one overload a number of values: no boxing, no array, no closure. Each
/// value is written as the protocol's [value]; a value that does not fit names its column, and nothing has been sent.
/// </summary>
internal static class ParameterValues
{
    public static void Write<T1>(PreparedCore prepared, GrowableBuffer buffer, T1 value1)
    {
        prepared.CheckCount(1);
        WriteOne(prepared, buffer, 0, value1);
    }

    public static void Write<T1, T2>(PreparedCore prepared, GrowableBuffer buffer, T1 value1, T2 value2)
    {
        prepared.CheckCount(2);
        WriteOne(prepared, buffer, 0, value1);
        WriteOne(prepared, buffer, 1, value2);
    }

    public static void Write<T1, T2, T3>(PreparedCore prepared, GrowableBuffer buffer, T1 value1, T2 value2, T3 value3)
    {
        prepared.CheckCount(3);
        WriteOne(prepared, buffer, 0, value1);
        WriteOne(prepared, buffer, 1, value2);
        WriteOne(prepared, buffer, 2, value3);
    }

    public static void Write<T1, T2, T3, T4>(PreparedCore prepared, GrowableBuffer buffer, T1 value1, T2 value2, T3 value3, T4 value4)
    {
        prepared.CheckCount(4);
        WriteOne(prepared, buffer, 0, value1);
        WriteOne(prepared, buffer, 1, value2);
        WriteOne(prepared, buffer, 2, value3);
        WriteOne(prepared, buffer, 3, value4);
    }

    public static void Write<T1, T2, T3, T4, T5>(PreparedCore prepared, GrowableBuffer buffer, T1 value1, T2 value2, T3 value3, T4 value4, T5 value5)
    {
        prepared.CheckCount(5);
        WriteOne(prepared, buffer, 0, value1);
        WriteOne(prepared, buffer, 1, value2);
        WriteOne(prepared, buffer, 2, value3);
        WriteOne(prepared, buffer, 3, value4);
        WriteOne(prepared, buffer, 4, value5);
    }

    public static void Write<T1, T2, T3, T4, T5, T6>(PreparedCore prepared, GrowableBuffer buffer, T1 value1, T2 value2, T3 value3, T4 value4, T5 value5, T6 value6)
    {
        prepared.CheckCount(6);
        WriteOne(prepared, buffer, 0, value1);
        WriteOne(prepared, buffer, 1, value2);
        WriteOne(prepared, buffer, 2, value3);
        WriteOne(prepared, buffer, 3, value4);
        WriteOne(prepared, buffer, 4, value5);
        WriteOne(prepared, buffer, 5, value6);
    }

    public static void Write<T1, T2, T3, T4, T5, T6, T7>(PreparedCore prepared, GrowableBuffer buffer, T1 value1, T2 value2, T3 value3, T4 value4, T5 value5, T6 value6, T7 value7)
    {
        prepared.CheckCount(7);
        WriteOne(prepared, buffer, 0, value1);
        WriteOne(prepared, buffer, 1, value2);
        WriteOne(prepared, buffer, 2, value3);
        WriteOne(prepared, buffer, 3, value4);
        WriteOne(prepared, buffer, 4, value5);
        WriteOne(prepared, buffer, 5, value6);
        WriteOne(prepared, buffer, 6, value7);
    }

    public static void Write<T1, T2, T3, T4, T5, T6, T7, T8>(PreparedCore prepared, GrowableBuffer buffer, T1 value1, T2 value2, T3 value3, T4 value4, T5 value5, T6 value6, T7 value7, T8 value8)
    {
        prepared.CheckCount(8);
        WriteOne(prepared, buffer, 0, value1);
        WriteOne(prepared, buffer, 1, value2);
        WriteOne(prepared, buffer, 2, value3);
        WriteOne(prepared, buffer, 3, value4);
        WriteOne(prepared, buffer, 4, value5);
        WriteOne(prepared, buffer, 5, value6);
        WriteOne(prepared, buffer, 6, value7);
        WriteOne(prepared, buffer, 7, value8);
    }

    public static void WriteObjects(PreparedCore prepared, GrowableBuffer buffer, ReadOnlySpan<object?> values)
    {
        prepared.CheckCount(values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            var column = prepared.Parameters[i];
            try
            {
                prepared.Codecs.WriteObject(buffer, column.Type, values[i]);
            }
            catch (CqlValueException error)
            {
                throw error.InColumn(column.Name);
            }
        }
    }

    private static void WriteOne<T>(PreparedCore prepared, GrowableBuffer buffer, int index, T value)
    {
        var column = prepared.Parameters.ItemRef(index);
        try
        {
            prepared.Codecs.WriteValue(buffer, column.Type, value);
        }
        catch (CqlValueException error)
        {
            throw error.InColumn(column.Name);
        }
    }
}
