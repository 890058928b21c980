using Microsoft.Extensions.Logging;

namespace CqlDriver.Diagnostics;

/// <summary>Log messages of pools: event ids 2100 to 2199.</summary>
internal static partial class Log
{
    [LoggerMessage(2100, LogLevel.Warning, "No connection to {Node}: {Error}")]
    public static partial void NodeUnreachable(ILogger logger, string node, string error);

    [LoggerMessage(2101, LogLevel.Warning, "The keyspace of connection {Connection} could not be set: {Error} The connection is closed and replaced.")]
    public static partial void KeyspaceNotSet(ILogger logger, string connection, string error);
}
