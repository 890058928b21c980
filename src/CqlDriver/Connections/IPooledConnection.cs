namespace CqlDriver.Connections;

/// <summary>
/// What pools and the topology know of a connection. An interface, because simulations put connections without sockets in
/// the same place. All members may be read from any thread.
/// </summary>
internal interface IPooledConnection
{
    ConnectionId Id { get; }

    /// <summary>Where it was dialled to.</summary>
    NodeEndpoint Endpoint { get; }

    ConnectionFacts Facts { get; }

    bool IsOpen { get; }

    /// <summary>Requests that are queued or wait for an answer; orphaned streams do not count.</summary>
    int InFlight { get; }
}
