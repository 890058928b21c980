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

    /// <summary>Requests that it holds: queued, written, orphaned.</summary>
    int InFlight { get; }

    /// <summary>Hands over a request whose word says queued.</summary>
    EnqueueResult TryEnqueue(ConnectionRequest request);

    /// <summary>Ends the connection at once. Only the first reason counts.</summary>
    void Close(Exception reason);

    /// <summary>A request was settled otherwise while it was written here. Called once by who moved its word, after moving it.</summary>
    void NoteOrphan();
}
