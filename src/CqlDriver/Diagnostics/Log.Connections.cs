using CqlDriver.Connections;
using Microsoft.Extensions.Logging;

namespace CqlDriver.Diagnostics;

/// <summary>Log messages of connections: event ids 1000 to 1099.</summary>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Debug, "Connection {Id} to {Endpoint} is open: node {HostId}, protocol {Version}, shard {Shard}.")]
    public static partial void ConnectionOpened(ILogger logger, ConnectionId id, NodeEndpoint endpoint, HostId? hostId, ProtocolVersion version, int? shard);

    [LoggerMessage(1001, LogLevel.Debug, "Connection {Id} to {Endpoint} ended with {Held} requests held.")]
    public static partial void ConnectionEnded(ILogger logger, ConnectionId id, NodeEndpoint endpoint, int held, Exception reason);

    [LoggerMessage(1002, LogLevel.Warning, "{Endpoint} does not offer {Wanted} compression on protocol {Version}; the connection is not compressed.")]
    public static partial void CompressionNotOffered(ILogger logger, NodeEndpoint endpoint, CqlCompression wanted, ProtocolVersion version);

    [LoggerMessage(1003, LogLevel.Debug, "{Endpoint} refused protocol {Version}; dialling again with {Next}.")]
    public static partial void VersionRefused(ILogger logger, NodeEndpoint endpoint, ProtocolVersion version, ProtocolVersion next);

    [LoggerMessage(1004, LogLevel.Warning, "{Endpoint} described its shards in a way that makes no sense and is treated as unsharded: {Problem}.")]
    public static partial void ShardingIgnored(ILogger logger, NodeEndpoint endpoint, string problem);

    [LoggerMessage(1005, LogLevel.Error, "The observer of connection {Id} threw; the connection is not affected.")]
    public static partial void ObserverThrew(ILogger logger, ConnectionId id, Exception exception);

    [LoggerMessage(1006, LogLevel.Debug, "Connection {Id} to {Endpoint} could not be released cleanly.")]
    public static partial void TransportReleaseFailed(ILogger logger, ConnectionId id, NodeEndpoint endpoint, Exception exception);
}
