using Microsoft.Extensions.Logging;

namespace CqlDriver.Testing.Server;

/// <summary>Log messages of the embedded cluster; event ids 9000 to 9099.</summary>
internal static partial class Log
{
    [LoggerMessage(9000, LogLevel.Information, "Node {Endpoint} ({HostId}) listens")]
    public static partial void NodeStarted(ILogger logger, NodeEndpoint endpoint, HostId hostId);

    [LoggerMessage(9001, LogLevel.Information, "Node {Endpoint} ({HostId}) is stopped, abruptly: {Abruptly}")]
    public static partial void NodeStopped(ILogger logger, NodeEndpoint endpoint, HostId hostId, bool abruptly);

    [LoggerMessage(9002, LogLevel.Error, "Node {Endpoint} accepts no more connections")]
    public static partial void AcceptFailed(ILogger logger, NodeEndpoint endpoint, Exception exception);

    [LoggerMessage(9003, LogLevel.Debug, "Connection {Connection} of node {Endpoint} ended: {Reason}")]
    public static partial void ConnectionEnded(ILogger logger, NodeEndpoint endpoint, long connection, string reason);

    [LoggerMessage(9004, LogLevel.Error, "Node {Endpoint} failed to answer {Request}")]
    public static partial void RequestFailed(ILogger logger, NodeEndpoint endpoint, string request, Exception exception);
}
