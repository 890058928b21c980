using System.Collections.Immutable;

namespace CqlDriver.Schema;

/// <summary>A user-defined function. Immutable.</summary>
public sealed record FunctionMetadata
{
    internal FunctionMetadata(string name, string signature, ImmutableArray<FunctionParameter> parameters, CqlType returnType) =>
        (Name, Signature, Parameters, ReturnType) = (name, signature, parameters, returnType);

    /// <summary>The name, unquoted.</summary>
    public string Name { get; }

    /// <summary>Name and parameter types as the server spells them, such as <c>longer(text, int)</c>.</summary>
    public string Signature { get; }

    /// <summary>The parameters, in order.</summary>
    public ImmutableArray<FunctionParameter> Parameters { get; }

    /// <summary>The type of its result.</summary>
    public CqlType ReturnType { get; }

    /// <summary>Whether it is called when an argument is null; else the result is null without a call.</summary>
    public bool IsCalledOnNullInput { get; internal init; }

    /// <summary>The language of <see cref="Body"/>.</summary>
    public string Language { get; internal init; } = "";

    /// <summary>The source text.</summary>
    public string Body { get; internal init; } = "";

    /// <summary>Whether both are the same in everything.</summary>
    /// <param name="other">The other function.</param>
    public bool Equals(FunctionMetadata? other) =>
        other is not null && (Name, Signature, IsCalledOnNullInput, Language, Body) == (other.Name, other.Signature, other.IsCalledOnNullInput, other.Language, other.Body)
        && ReturnType.Equals(other.ReturnType) && Parameters.AsSpan().SequenceEqual(other.Parameters.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Signature.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Signature;
}

/// <summary>A parameter of a user-defined function.</summary>
/// <param name="Name">The name, unquoted.</param>
/// <param name="Type">The type.</param>
public sealed record FunctionParameter(string Name, CqlType Type);

/// <summary>A user-defined aggregate. Immutable.</summary>
public sealed record AggregateMetadata
{
    internal AggregateMetadata(string name, string signature, ImmutableArray<CqlType> parameterTypes, CqlType stateType, CqlType returnType) =>
        (Name, Signature, ParameterTypes, StateType, ReturnType) = (name, signature, parameterTypes, stateType, returnType);

    /// <summary>The name, unquoted.</summary>
    public string Name { get; }

    /// <summary>Name and parameter types as the server spells them, such as <c>total(text)</c>.</summary>
    public string Signature { get; }

    /// <summary>The types of its parameters, in order.</summary>
    public ImmutableArray<CqlType> ParameterTypes { get; }

    /// <summary>The type of the state that goes from row to row.</summary>
    public CqlType StateType { get; }

    /// <summary>The type of its result.</summary>
    public CqlType ReturnType { get; }

    /// <summary>The function that takes state and row and gives the next state.</summary>
    public string StateFunction { get; internal init; } = "";

    /// <summary>The function that makes the result of the last state; null: the state is the result.</summary>
    public string? FinalFunction { get; internal init; }

    /// <summary>The first state, as a CQL literal; null: none.</summary>
    public string? InitialCondition { get; internal init; }

    /// <summary>Whether both are the same in everything.</summary>
    /// <param name="other">The other aggregate.</param>
    public bool Equals(AggregateMetadata? other) =>
        other is not null && (Name, Signature, StateFunction, FinalFunction, InitialCondition)
            == (other.Name, other.Signature, other.StateFunction, other.FinalFunction, other.InitialCondition)
        && StateType.Equals(other.StateType) && ReturnType.Equals(other.ReturnType) && ParameterTypes.AsSpan().SequenceEqual(other.ParameterTypes.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Signature.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Signature;
}
