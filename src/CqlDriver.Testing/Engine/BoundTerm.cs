using CqlDriver.Testing.Storage;
using CqlDriver.Testing.Values;

namespace CqlDriver.Testing.Engine;

/// <summary>A value that a statement will have when it runs: bytes of its type, null, or <see cref="CqlBytes.Unset"/>.</summary>
internal abstract class BoundTerm
{
    public virtual bool IsConstant => false;

    /// <summary>The bind marker this is, when it is one and nothing else.</summary>
    public virtual int? Marker => null;

    public abstract byte[]? Evaluate(ExecutionScope scope);

    /// <summary>For places where a value must be.</summary>
    public byte[] Require(ExecutionScope scope, string column)
    {
        var value = Evaluate(scope);
        if (ReferenceEquals(value, CqlBytes.Unset))
        {
            throw CqlServerException.Invalid($"Invalid unset value for column {column}");
        }

        return value ?? throw CqlServerException.Invalid($"Invalid null value in condition for column {column}");
    }
}

internal sealed class ConstantBoundTerm(byte[]? value) : BoundTerm
{
    public override bool IsConstant => true;

    public override byte[]? Evaluate(ExecutionScope scope) => value;
}

internal sealed class MarkerBoundTerm(int index, CqlType type) : BoundTerm
{
    public override int? Marker => index;

    public override byte[]? Evaluate(ExecutionScope scope)
    {
        var value = scope.Values[index];
        if (value is null || ReferenceEquals(value, CqlBytes.Unset))
        {
            return value;
        }

        return ValueCheck.Complaint(type, value) is { } complaint ? throw CqlServerException.Invalid(complaint) : value;
    }
}

/// <summary>A value made of others: collections, tuples, calls.</summary>
internal sealed class CompositeBoundTerm(BoundTerm[] parts, Func<ExecutionScope, byte[]?[], byte[]?> combine, string what) : BoundTerm
{
    public override byte[]? Evaluate(ExecutionScope scope)
    {
        var values = new byte[]?[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            values[i] = parts[i].Evaluate(scope);
            if (ReferenceEquals(values[i], CqlBytes.Unset))
            {
                throw CqlServerException.Invalid($"unset value is not supported inside {what}");
            }
        }

        return combine(scope, values);
    }
}
