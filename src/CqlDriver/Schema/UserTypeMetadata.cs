using System.Collections.Immutable;

namespace CqlDriver.Schema;

/// <summary>A user-defined type. Immutable.</summary>
public sealed record UserTypeMetadata
{
    internal UserTypeMetadata(CqlUserType type) => Type = type;

    /// <summary>The name, unquoted.</summary>
    public string Name => Type.Name;

    /// <summary>The fields, in order.</summary>
    public ImmutableArray<CqlUserTypeField> Fields => Type.Fields;

    /// <summary>The type of its values.</summary>
    public CqlUserType Type { get; }

    /// <inheritdoc/>
    public override string ToString() => Type.ToString();
}
