using Microsoft.Extensions.Logging;

namespace CqlDriver.Diagnostics;

/// <summary>Log messages of client routes: event ids 2060 to 2079, of the topology's range.</summary>
internal static partial class Log
{
    [LoggerMessage(2060, LogLevel.Warning, "Ignored {Row}: {Reason}.")]
    public static partial void RouteIgnored(ILogger logger, string row, string reason);

    [LoggerMessage(2061, LogLevel.Information, "The route to {Route} stays until a second reading confirms that it is gone: {Reason}.")]
    public static partial void RouteUnconfirmed(ILogger logger, string route, string reason);

    [LoggerMessage(2062, LogLevel.Warning, "A {Event} event could not be understood: {Problem}. All client routes are read.")]
    public static partial void RouteEventIgnored(ILogger logger, string @event, string problem);

    [LoggerMessage(2063, LogLevel.Warning, "The client routes could not be read from {Endpoint}; everything is read anew: {Error}")]
    public static partial void RouteReadFailed(ILogger logger, string endpoint, string error);

    [LoggerMessage(2064, LogLevel.Warning, "The route to {Route} is given up, since nothing is open through it and it cannot be dialled: {Error} Other private connections are tried.")]
    public static partial void RouteGivenUp(ILogger logger, string route, string error);

    [LoggerMessage(2065, LogLevel.Warning, "The route to {Route} leads nowhere: {Error} Connections that were opened before it changed stay open. Check the row, and that the balancer passes this port on.")]
    public static partial void RouteRenewalStopped(ILogger logger, string route, string error);

    [LoggerMessage(2067, LogLevel.Warning, "Node {HostId} is dialled where it says it is, past the private connections: {Reason}.")]
    public static partial void DialledDirectly(ILogger logger, string hostId, string reason);

    [LoggerMessage(2066, LogLevel.Warning, "The name {Name} could not be resolved ({Error}); the addresses that it had are used for a while.")]
    public static partial void LastGoodAddresses(ILogger logger, string name, string error);
}
