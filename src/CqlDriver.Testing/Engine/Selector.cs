using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Engine;

/// <summary>A column of an answer: its name and type, and how to get it from a row.</summary>
internal abstract class Selector(string name, CqlType type)
{
    public string Name => name;

    public CqlType Type => type;

    /// <summary>Made of many rows.</summary>
    public virtual bool IsAggregate => false;

    public abstract byte[]? Evaluate(ExecutionScope scope, RowCursor row);

    /// <summary>A fresh accumulator; for aggregates only.</summary>
    public virtual IAccumulator StartAggregation() => new FirstValue(this);
}

/// <summary>Takes rows and gives one value.</summary>
internal interface IAccumulator
{
    void Add(ExecutionScope scope, RowCursor row);

    byte[]? Finish();
}

internal sealed class FunctionSelector(string name, CqlType type, Func<ExecutionScope, RowCursor, byte[]?> read) : Selector(name, type)
{
    public override byte[]? Evaluate(ExecutionScope scope, RowCursor row) => read(scope, row);
}

internal sealed class AggregateSelector(string name, CqlType type, Func<IAccumulator> start) : Selector(name, type)
{
    public override bool IsAggregate => true;

    public override byte[]? Evaluate(ExecutionScope scope, RowCursor row) => null;

    public override IAccumulator StartAggregation() => start();
}

/// <summary>Beside an aggregate, a plain column shows the first row's value.</summary>
internal sealed class FirstValue(Selector selector) : IAccumulator
{
    private byte[]? _value;
    private bool _isSet;

    public void Add(ExecutionScope scope, RowCursor row)
    {
        if (!_isSet)
        {
            _value = selector.Evaluate(scope, row);
            _isSet = true;
        }
    }

    public byte[]? Finish() => _value;
}

internal sealed class CountOf(Selector? argument) : IAccumulator
{
    private long _count;

    public void Add(ExecutionScope scope, RowCursor row)
    {
        if (argument is null || argument.Evaluate(scope, row) is not null)
        {
            _count++;
        }
    }

    public byte[]? Finish() => CqlBytes.Int64(_count);
}

internal sealed class ExtremeOf(Selector argument, int sign) : IAccumulator
{
    private readonly ValueOrder _order = new(argument.Type);
    private byte[]? _value;

    public void Add(ExecutionScope scope, RowCursor row)
    {
        if (argument.Evaluate(scope, row) is { } value && (_value is null || _order.Compare(value, _value) * sign > 0))
        {
            _value = value;
        }
    }

    public byte[]? Finish() => _value;
}
