using System.Collections.Immutable;
using CqlDriver.Types;

namespace CqlDriver;

/// <summary>
/// A statement that the cluster has parsed: execute it with values, as often and from as many threads as you like. It
/// belongs to the session that prepared it, is prepared anew wherever a node has forgotten it, and follows changes of its result's columns.
/// </summary>
public sealed class PreparedStatement : Statement
{
    internal PreparedStatement(PreparedCore core, StatementOptions options)
    {
        Core = core;
        SetOptions(options);
    }

    /// <summary>The text.</summary>
    public string Cql => Core.Cql;

    /// <summary>The id that the server gave, of the statement's text and keyspace.</summary>
    public ReadOnlyMemory<byte> Id => Core.Id;

    /// <summary>The parameters, in order.</summary>
    public ImmutableArray<ColumnSpec> Parameters => Core.Parameters;

    /// <summary>Which parameters make up the partition key, in the key's order; empty when not all of it is bound.</summary>
    public ImmutableArray<int> PartitionKeyIndexes => Core.PartitionKeyIndexes;

    /// <summary>The columns of its result as last told by a server; empty when it gives no rows.</summary>
    public ImmutableArray<ColumnSpec> ResultColumns => Core.Layout.Columns;

    internal PreparedCore Core { get; }

    /// <summary>Binds values given as objects, in order: null deletes, <see cref="Unset.Value"/> leaves a column as it is.</summary>
    /// <param name="values">One for each parameter.</param>
    /// <exception cref="ArgumentException">Too few or too many values.</exception>
    /// <exception cref="CqlValueException">A value does not fit its parameter.</exception>
    public BoundStatement Bind(params object?[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        using var buffer = new GrowableBuffer();
        ParameterValues.WriteObjects(Core, buffer, values);
        return new BoundStatement(Core, buffer.WrittenSpan, Options);
    }

    /// <summary>Binds values by the names of their parameters; those left out are unset.</summary>
    /// <param name="values">Values by parameter name.</param>
    /// <exception cref="ArgumentException">A name that no parameter has.</exception>
    /// <exception cref="CqlValueException">A value does not fit its parameter.</exception>
    public BoundStatement BindNamed(IReadOnlyDictionary<string, object?> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var ordered = new object?[Core.Parameters.Length];
        Array.Fill(ordered, Unset.Value);
        foreach (var (name, value) in values)
        {
            var found = false;
            for (var i = 0; i < ordered.Length; i++)
            {
                if (Core.Parameters[i].Name == name)
                {
                    ordered[i] = value;
                    found = true;
                }
            }

            if (!found)
            {
                throw new ArgumentException(
                    $"The statement has no parameter '{name}'. It has: {string.Join(", ", Core.Parameters.Select(parameter => parameter.Name).Distinct())}.", nameof(values));
            }
        }

        return Bind(ordered);
    }

    /// <summary>Binds one value, without boxing.</summary>
    /// <typeparam name="T1">The type of value 1.</typeparam>
    /// <param name="value1">Value 1.</param>
    /// <exception cref="ArgumentException">The statement has another number of parameters.</exception>
    /// <exception cref="CqlValueException">A value does not fit its parameter.</exception>
    public BoundStatement Bind<T1>(T1 value1)
    {
        using var buffer = new GrowableBuffer();
        ParameterValues.Write(Core, buffer, value1);
        return new BoundStatement(Core, buffer.WrittenSpan, Options);
    }

    /// <summary>Binds two values, without boxing.</summary>
    /// <typeparam name="T1">The type of value 1.</typeparam>
    /// <typeparam name="T2">The type of value 2.</typeparam>
    /// <param name="value1">Value 1.</param>
    /// <param name="value2">Value 2.</param>
    /// <exception cref="ArgumentException">The statement has another number of parameters.</exception>
    /// <exception cref="CqlValueException">A value does not fit its parameter.</exception>
    public BoundStatement Bind<T1, T2>(T1 value1, T2 value2)
    {
        using var buffer = new GrowableBuffer();
        ParameterValues.Write(Core, buffer, value1, value2);
        return new BoundStatement(Core, buffer.WrittenSpan, Options);
    }

    /// <summary>Binds three values, without boxing.</summary>
    /// <typeparam name="T1">The type of value 1.</typeparam>
    /// <typeparam name="T2">The type of value 2.</typeparam>
    /// <typeparam name="T3">The type of value 3.</typeparam>
    /// <param name="value1">Value 1.</param>
    /// <param name="value2">Value 2.</param>
    /// <param name="value3">Value 3.</param>
    /// <exception cref="ArgumentException">The statement has another number of parameters.</exception>
    /// <exception cref="CqlValueException">A value does not fit its parameter.</exception>
    public BoundStatement Bind<T1, T2, T3>(T1 value1, T2 value2, T3 value3)
    {
        using var buffer = new GrowableBuffer();
        ParameterValues.Write(Core, buffer, value1, value2, value3);
        return new BoundStatement(Core, buffer.WrittenSpan, Options);
    }

    /// <summary>Binds four values, without boxing.</summary>
    /// <typeparam name="T1">The type of value 1.</typeparam>
    /// <typeparam name="T2">The type of value 2.</typeparam>
    /// <typeparam name="T3">The type of value 3.</typeparam>
    /// <typeparam name="T4">The type of value 4.</typeparam>
    /// <param name="value1">Value 1.</param>
    /// <param name="value2">Value 2.</param>
    /// <param name="value3">Value 3.</param>
    /// <param name="value4">Value 4.</param>
    /// <exception cref="ArgumentException">The statement has another number of parameters.</exception>
    /// <exception cref="CqlValueException">A value does not fit its parameter.</exception>
    public BoundStatement Bind<T1, T2, T3, T4>(T1 value1, T2 value2, T3 value3, T4 value4)
    {
        using var buffer = new GrowableBuffer();
        ParameterValues.Write(Core, buffer, value1, value2, value3, value4);
        return new BoundStatement(Core, buffer.WrittenSpan, Options);
    }

    /// <summary>Binds five values, without boxing.</summary>
    /// <typeparam name="T1">The type of value 1.</typeparam>
    /// <typeparam name="T2">The type of value 2.</typeparam>
    /// <typeparam name="T3">The type of value 3.</typeparam>
    /// <typeparam name="T4">The type of value 4.</typeparam>
    /// <typeparam name="T5">The type of value 5.</typeparam>
    /// <param name="value1">Value 1.</param>
    /// <param name="value2">Value 2.</param>
    /// <param name="value3">Value 3.</param>
    /// <param name="value4">Value 4.</param>
    /// <param name="value5">Value 5.</param>
    /// <exception cref="ArgumentException">The statement has another number of parameters.</exception>
    /// <exception cref="CqlValueException">A value does not fit its parameter.</exception>
    public BoundStatement Bind<T1, T2, T3, T4, T5>(T1 value1, T2 value2, T3 value3, T4 value4, T5 value5)
    {
        using var buffer = new GrowableBuffer();
        ParameterValues.Write(Core, buffer, value1, value2, value3, value4, value5);
        return new BoundStatement(Core, buffer.WrittenSpan, Options);
    }

    /// <summary>Binds six values, without boxing.</summary>
    /// <typeparam name="T1">The type of value 1.</typeparam>
    /// <typeparam name="T2">The type of value 2.</typeparam>
    /// <typeparam name="T3">The type of value 3.</typeparam>
    /// <typeparam name="T4">The type of value 4.</typeparam>
    /// <typeparam name="T5">The type of value 5.</typeparam>
    /// <typeparam name="T6">The type of value 6.</typeparam>
    /// <param name="value1">Value 1.</param>
    /// <param name="value2">Value 2.</param>
    /// <param name="value3">Value 3.</param>
    /// <param name="value4">Value 4.</param>
    /// <param name="value5">Value 5.</param>
    /// <param name="value6">Value 6.</param>
    /// <exception cref="ArgumentException">The statement has another number of parameters.</exception>
    /// <exception cref="CqlValueException">A value does not fit its parameter.</exception>
    public BoundStatement Bind<T1, T2, T3, T4, T5, T6>(T1 value1, T2 value2, T3 value3, T4 value4, T5 value5, T6 value6)
    {
        using var buffer = new GrowableBuffer();
        ParameterValues.Write(Core, buffer, value1, value2, value3, value4, value5, value6);
        return new BoundStatement(Core, buffer.WrittenSpan, Options);
    }

    /// <summary>Binds seven values, without boxing.</summary>
    /// <typeparam name="T1">The type of value 1.</typeparam>
    /// <typeparam name="T2">The type of value 2.</typeparam>
    /// <typeparam name="T3">The type of value 3.</typeparam>
    /// <typeparam name="T4">The type of value 4.</typeparam>
    /// <typeparam name="T5">The type of value 5.</typeparam>
    /// <typeparam name="T6">The type of value 6.</typeparam>
    /// <typeparam name="T7">The type of value 7.</typeparam>
    /// <param name="value1">Value 1.</param>
    /// <param name="value2">Value 2.</param>
    /// <param name="value3">Value 3.</param>
    /// <param name="value4">Value 4.</param>
    /// <param name="value5">Value 5.</param>
    /// <param name="value6">Value 6.</param>
    /// <param name="value7">Value 7.</param>
    /// <exception cref="ArgumentException">The statement has another number of parameters.</exception>
    /// <exception cref="CqlValueException">A value does not fit its parameter.</exception>
    public BoundStatement Bind<T1, T2, T3, T4, T5, T6, T7>(T1 value1, T2 value2, T3 value3, T4 value4, T5 value5, T6 value6, T7 value7)
    {
        using var buffer = new GrowableBuffer();
        ParameterValues.Write(Core, buffer, value1, value2, value3, value4, value5, value6, value7);
        return new BoundStatement(Core, buffer.WrittenSpan, Options);
    }

    /// <summary>Binds eight values, without boxing.</summary>
    /// <typeparam name="T1">The type of value 1.</typeparam>
    /// <typeparam name="T2">The type of value 2.</typeparam>
    /// <typeparam name="T3">The type of value 3.</typeparam>
    /// <typeparam name="T4">The type of value 4.</typeparam>
    /// <typeparam name="T5">The type of value 5.</typeparam>
    /// <typeparam name="T6">The type of value 6.</typeparam>
    /// <typeparam name="T7">The type of value 7.</typeparam>
    /// <typeparam name="T8">The type of value 8.</typeparam>
    /// <param name="value1">Value 1.</param>
    /// <param name="value2">Value 2.</param>
    /// <param name="value3">Value 3.</param>
    /// <param name="value4">Value 4.</param>
    /// <param name="value5">Value 5.</param>
    /// <param name="value6">Value 6.</param>
    /// <param name="value7">Value 7.</param>
    /// <param name="value8">Value 8.</param>
    /// <exception cref="ArgumentException">The statement has another number of parameters.</exception>
    /// <exception cref="CqlValueException">A value does not fit its parameter.</exception>
    public BoundStatement Bind<T1, T2, T3, T4, T5, T6, T7, T8>(T1 value1, T2 value2, T3 value3, T4 value4, T5 value5, T6 value6, T7 value7, T8 value8)
    {
        using var buffer = new GrowableBuffer();
        ParameterValues.Write(Core, buffer, value1, value2, value3, value4, value5, value6, value7, value8);
        return new BoundStatement(Core, buffer.WrittenSpan, Options);
    }

    /// <summary>The text.</summary>
    public override string ToString() => Cql;
}
