using CqlDriver.Partitioning;

namespace CqlDriver.Routing;

/// <summary>What is known of a request when its plan is made. A plan is a function of this, the view and whose turn it is.</summary>
internal readonly struct RoutingRequest
{
    /// <summary>Who has the partition's rows; null when that is not known, or there is no routing key.</summary>
    public ReplicaGroup? Replicas { get; init; }

    /// <summary>Whether the table's requests are served by leaders: those of conditional statements always are.</summary>
    public bool IsLed { get; init; }

    /// <summary>The token of the partition; null when there is no routing key.</summary>
    public Token? Token { get; init; }

    public ConsistencyLevel Consistency { get; init; }

    /// <summary>Conditional statements keep to one order of replicas, so that they contend less.</summary>
    public bool IsConditional { get; init; }
}
