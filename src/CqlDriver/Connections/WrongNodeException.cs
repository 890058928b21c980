namespace CqlDriver.Connections;

/// <summary>Somebody else answered at the endpoint. No credentials were sent when the node said so before STARTUP.</summary>
internal sealed class WrongNodeException : CqlConnectionException
{
    public WrongNodeException(NodeEndpoint endpoint, HostId expected, HostId actual)
        : base($"Node {actual} answered at {endpoint}, where node {expected} was expected. Its address belongs to another node now.", endpoint, expected) =>
        (Expected, Actual) = (expected, actual);

    public HostId Expected { get; }

    public HostId Actual { get; }
}
