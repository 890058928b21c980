using Microsoft.Extensions.Logging;

namespace CqlDriver.Diagnostics;

/// <summary>Log messages about sources of topology: event ids 2060 to 2079.</summary>
internal static partial class Log
{
    [LoggerMessage(2060, LogLevel.Warning, "The suggestions of {Monitor} ended: {Reason}. They are read again after a pause, and all nodes too.")]
    public static partial void MonitorEnded(ILogger logger, string monitor, string reason);

    [LoggerMessage(2061, LogLevel.Warning, "Node {HostId} was {What} by the monitor, but is not known.")]
    public static partial void NodeUnknown(ILogger logger, string hostId, string what);

    [LoggerMessage(2062, LogLevel.Warning, "{Monitor} did not end within {Limit} after it was told to; it is left behind.")]
    public static partial void MonitorLeftBehind(ILogger logger, string monitor, TimeSpan limit);

    [LoggerMessage(2063, LogLevel.Warning, "{Monitor} failed when it was disposed.")]
    public static partial void MonitorDisposalFailed(ILogger logger, string monitor, Exception exception);

    [LoggerMessage(2065, LogLevel.Warning, "{Row} tells a state that is not known, {State}: its tokens decide.")]
    public static partial void StateUnknown(ILogger logger, string row, string state);

    [LoggerMessage(2064, LogLevel.Warning, "Ignored a suggestion of {Monitor}: {Reason}.")]
    public static partial void SuggestionIgnored(ILogger logger, string monitor, string reason);
}
