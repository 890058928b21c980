namespace CqlDriver.Routing;

/// <summary>What is known of a request when its plan is made. A plan is a function of this, the view and whose turn it is.</summary>
internal readonly struct RoutingRequest
{
    /// <summary>The keyspace of the table, unquoted; null when it is not known.</summary>
    public string? Keyspace { get; init; }

    /// <summary>The table, unquoted; null when it is not known.</summary>
    public string? Table { get; init; }

    /// <summary>The token of the partition; null when there is no routing key.</summary>
    public Token? Token { get; init; }

    public ConsistencyLevel Consistency { get; init; }

    /// <summary>Conditional statements keep to one order of replicas, so that they contend less.</summary>
    public bool IsConditional { get; init; }
}
