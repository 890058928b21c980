using CqlDriver.Connections;

namespace CqlDriver.Tests.Support;

/// <summary>A connection without a socket: what it is, whether it is open, and nothing else.</summary>
internal sealed class FakeConnection(ConnectionId id, NodeEndpoint endpoint, ConnectionFacts facts) : IPooledConnection
{
    public ConnectionId Id => id;

    public NodeEndpoint Endpoint => endpoint;

    public ConnectionFacts Facts => facts;

    public bool IsOpen { get; set; } = true;

    public int InFlight { get; set; }

    public EnqueueResult TryEnqueue(ConnectionRequest request) => EnqueueResult.Closed;

    public void Close(Exception reason) => IsOpen = false;

    public void NoteOrphan()
    {
    }

    public override string ToString() => $"{id} to {endpoint}";
}
