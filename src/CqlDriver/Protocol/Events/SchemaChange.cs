using System.Collections.Immutable;

namespace CqlDriver.Protocol;

internal enum SchemaChangeKind
{
    Unknown,
    Created,
    Updated,
    Dropped,
}

internal enum SchemaChangeTarget
{
    Unknown,
    Keyspace,
    Table,
    Type,
    Function,
    Aggregate,
}

/// <summary>What changed in the schema: the body of an event and of a RESULT (v5, section 4.2.5.5).</summary>
/// <param name="Change">Created, updated, dropped.</param>
/// <param name="Target">What kind of thing.</param>
/// <param name="Keyspace">The keyspace it is, or is in.</param>
/// <param name="Name">The table, type, function or aggregate; null for a keyspace.</param>
/// <param name="ArgumentTypes">CQL types of the arguments; empty but for functions and aggregates.</param>
internal sealed record SchemaChange(
    SchemaChangeKind Change, SchemaChangeTarget Target, string Keyspace, string? Name, ImmutableArray<string> ArgumentTypes);
