using CqlDriver.Protocol;

namespace CqlDriver.Execution;

/// <summary>Turns the errors of the protocol into exceptions: the border where one becomes the other.</summary>
internal static class ServerErrors
{
    public const int Bootstrapping = (int)CqlErrorCode.IsBootstrapping;

    public static ServerException ToException(ErrorResponse error, NodeEndpoint? endpoint, HostId? hostId)
    {
        var details = new ServerErrorDetails((int)error.Code, error.Message, endpoint, hostId, MayHaveBeenExecuted(error));
        return error switch
        {
            UnavailableError e => new UnavailableException(details, e.Consistency, e.Required, e.Alive),
            ReadTimeoutError e => new ReadTimeoutException(details, e.Consistency, e.Received, e.Required, e.DataPresent),
            WriteTimeoutError e => new WriteTimeoutException(details, e.Consistency, e.Received, e.Required, e.WriteType, e.Contentions),
            ReadFailureError e => new ReadFailureException(details, e.Consistency, e.Received, e.Required, e.FailureCount, e.Failures, e.DataPresent),
            WriteFailureError e => new WriteFailureException(details, e.Consistency, e.Received, e.Required, e.FailureCount, e.Failures, e.WriteType),
            FunctionFailureError e => new FunctionFailureException(details, e.Keyspace, e.Function, e.ArgumentTypes),
            CasWriteUnknownError e => new CasWriteUnknownException(details, e.Consistency, e.Received, e.Required),
            AlreadyExistsError e => new AlreadyExistsException(details, e.Keyspace, e.Table),
            UnpreparedError e => new UnpreparedException(details, e.PreparedId),
            RateLimitError e => new RateLimitReachedException(details, e.Operation == RateLimitedOperation.Write, e.RejectedByCoordinator),
            { Code: CqlErrorCode.SyntaxError } => new SyntaxException(details),
            { Code: CqlErrorCode.Invalid } => new InvalidQueryException(details),
            { Code: CqlErrorCode.Unauthorized } => new UnauthorizedException(details),
            { Code: CqlErrorCode.ConfigError } => new InvalidConfigurationException(details),
            _ => new ServerException(details),
        };
    }

    /// <summary>Whether another node may do better at something that changes nothing, such as preparing.</summary>
    public static bool IsWorthAnotherNode(ServerException error) => (CqlErrorCode)error.Code
        is CqlErrorCode.ServerError or CqlErrorCode.Overloaded or CqlErrorCode.IsBootstrapping or CqlErrorCode.ProtocolError;

    // Reads change nothing, and what was refused before it began was not executed. Of the rest nobody knows.
    private static bool MayHaveBeenExecuted(ErrorResponse error) => error switch
    {
        UnavailableError or ReadTimeoutError or ReadFailureError or FunctionFailureError or AlreadyExistsError or UnpreparedError or RateLimitError => false,
        _ => error.Code is not (CqlErrorCode.IsBootstrapping or CqlErrorCode.SyntaxError or CqlErrorCode.Invalid or CqlErrorCode.Unauthorized
            or CqlErrorCode.ConfigError or CqlErrorCode.ProtocolError or CqlErrorCode.BadCredentials),
    };
}
