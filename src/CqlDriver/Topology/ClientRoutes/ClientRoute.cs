namespace CqlDriver.Topology;

/// <summary>
/// How one node is reached through one private connection: a row of ScyllaDB's <c>system.client_routes</c>, as it serves this
/// client. Immutable.
/// </summary>
public sealed record ClientRoute
{
    internal ClientRoute(string connectionId, HostId hostId, NodeEndpoint target) => (ConnectionId, HostId, Target) = (connectionId, hostId, target);

    /// <summary>The private connection, by the name that the infrastructure gave it.</summary>
    public string ConnectionId { get; }

    /// <summary>The node that it leads to.</summary>
    public HostId HostId { get; }

    /// <summary>
    /// What is dialled: the address of the table, or the one that the options have for this connection, often a name that is
    /// resolved at each dial; and the table's port for the transport in use.
    /// </summary>
    public NodeEndpoint Target { get; }

    /// <summary>A new control connection's node did not list it; it stays until that is confirmed.</summary>
    public bool IsUnconfirmed { get; internal init; }

    internal ClientRouteKey Key => new(HostId, ConnectionId);

    /// <inheritdoc/>
    public override string ToString() => $"{HostId} by {ConnectionId} at {Target}";

    /// <summary>Whether a connection that was opened by the other one is what this one would open.</summary>
    internal bool LeadsAs(ClientRoute? other) => other is not null && ConnectionId == other.ConnectionId && Target.Equals(other.Target);
}

/// <summary>The connection by which a node is reached, once one has led to it.</summary>
/// <param name="HostId">The node.</param>
/// <param name="ConnectionId">The private connection that is used; null: none is chosen any more.</param>
/// <param name="Revision">Grows each time the node is to be reached in another way.</param>
public sealed record ClientRouteChoice(HostId HostId, string? ConnectionId, long Revision);

/// <summary>A route's key: no other thing names one.</summary>
internal readonly record struct ClientRouteKey(HostId HostId, string ConnectionId) : IComparable<ClientRouteKey>
{
    public int CompareTo(ClientRouteKey other)
    {
        var order = HostId.CompareTo(other.HostId);
        return order != 0 ? order : string.CompareOrdinal(ConnectionId, other.ConnectionId);
    }

    public override string ToString() => $"({ConnectionId}, {HostId})";
}
