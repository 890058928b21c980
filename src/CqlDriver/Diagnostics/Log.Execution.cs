using Microsoft.Extensions.Logging;

namespace CqlDriver.Diagnostics;

/// <summary>Messages of <c>Execution/</c>: event ids 3000 to 3099.</summary>
internal static partial class Log
{
    [LoggerMessage(3000, LogLevel.Warning, "A background task of the session failed: {What}")]
    public static partial void BackgroundTaskFailed(this ILogger logger, string what, Exception error);

    [LoggerMessage(3001, LogLevel.Debug, "Node {Endpoint} does not know a prepared statement; preparing it there again")]
    public static partial void PreparingAgain(this ILogger logger, NodeEndpoint endpoint);

    [LoggerMessage(3002, LogLevel.Warning, "The nodes did not agree on the schema within {Limit} after a statement that changed it; going on")]
    public static partial void SchemaNotAgreed(this ILogger logger, TimeSpan limit);

    [LoggerMessage(3005, LogLevel.Warning, "The schema was not read within the {Limit} left after a statement that changed it ({Error}); going on, it is read later")]
    public static partial void SchemaNotRead(this ILogger logger, TimeSpan limit, string error);

    [LoggerMessage(3003, LogLevel.Debug, "Preparing on {Endpoint} failed; it will be prepared there when it is first used")]
    public static partial void PrepareElsewhereFailed(this ILogger logger, NodeEndpoint? endpoint, Exception error);

    [LoggerMessage(3006, LogLevel.Warning, "Node {Endpoint} told of a tablet in a form that cannot be read; it is ignored, and so are further ones of the session, without saying so")]
    public static partial void TabletNotRead(this ILogger logger, NodeEndpoint? endpoint, Exception error);

    [LoggerMessage(3007, LogLevel.Warning, "A node is no replica of a partition of {Table} that it was asked for, and the nodes could not be read ({Error}); the request goes to another one")]
    public static partial void MisrouteNotResolved(this ILogger logger, string table, string error);

    [LoggerMessage(3004, LogLevel.Warning, "The server warns: {Warning}")]
    public static partial void ServerWarned(this ILogger logger, string warning);
}
