using CqlDriver.Protocol;

namespace CqlDriver.Testing;

/// <summary>
/// An error that a node answers with: code, message, and the fields that the protocol defines for the code (native
/// protocol v5, section 8). Immutable.
/// </summary>
public sealed class ServerError
{
    private ServerError(ErrorResponse response) => Response = response;

    private ServerError(CqlErrorCode code, string message)
        : this(new ErrorResponse(code, message))
    {
    }

    /// <summary>The error code.</summary>
    public CqlErrorCode Code => Response.Code;

    /// <summary>The message.</summary>
    public string Message => Response.Message;

    internal ErrorResponse Response { get; }

    /// <summary>Something unexpected happened on the node.</summary>
    /// <param name="message">The message.</param>
    public static ServerError Internal(string message) => new(CqlErrorCode.ServerError, message);

    /// <summary>The client's message violates the protocol.</summary>
    /// <param name="message">The message.</param>
    public static ServerError Protocol(string message) => new(CqlErrorCode.ProtocolError, message);

    /// <summary>Authentication failed.</summary>
    /// <param name="message">The message.</param>
    public static ServerError BadCredentials(string message) => new(CqlErrorCode.BadCredentials, message);

    /// <summary>Too few replicas are alive; nothing was tried.</summary>
    /// <param name="consistency">The consistency level asked for.</param>
    /// <param name="required">Replicas needed.</param>
    /// <param name="alive">Replicas alive.</param>
    public static ServerError Unavailable(ConsistencyLevel consistency, int required, int alive) =>
        new(new UnavailableError($"Cannot achieve consistency level {Spelled(consistency)}", consistency, required, alive));

    /// <summary>The coordinator is overloaded.</summary>
    /// <param name="message">The message.</param>
    public static ServerError Overloaded(string message = "Too many requests in flight") => new(CqlErrorCode.Overloaded, message);

    /// <summary>The coordinator is still starting.</summary>
    /// <param name="message">The message.</param>
    public static ServerError Bootstrapping(string message = "Cannot read from a bootstrapping node") => new(CqlErrorCode.IsBootstrapping, message);

    /// <summary>A truncation failed.</summary>
    /// <param name="message">The message.</param>
    public static ServerError TruncateFailed(string message) => new(CqlErrorCode.TruncateError, message);

    /// <summary>Too few replicas acknowledged a write in time.</summary>
    /// <param name="consistency">The consistency level asked for.</param>
    /// <param name="received">Acknowledgements received.</param>
    /// <param name="required">Acknowledgements needed.</param>
    /// <param name="writeType">What kind of write.</param>
    /// <param name="contentions">Contentions met; sent on v5 for conditional writes.</param>
    public static ServerError WriteTimeout(
        ConsistencyLevel consistency, int received, int required, WriteType writeType = WriteType.Simple, int contentions = 0) =>
        new(new WriteTimeoutError(TimedOut(received), consistency, received, required, writeType, contentions));

    /// <summary>Too few replicas answered a read in time.</summary>
    /// <param name="consistency">The consistency level asked for.</param>
    /// <param name="received">Answers received.</param>
    /// <param name="required">Answers needed.</param>
    /// <param name="isDataPresent">Whether the replica that was asked for the data answered.</param>
    public static ServerError ReadTimeout(ConsistencyLevel consistency, int received, int required, bool isDataPresent = false) =>
        new(new ReadTimeoutError(TimedOut(received), consistency, received, required, isDataPresent));

    /// <summary>Replicas failed while they read.</summary>
    /// <param name="consistency">The consistency level asked for.</param>
    /// <param name="received">Answers received.</param>
    /// <param name="required">Answers needed.</param>
    /// <param name="failures">Who failed, and why (on v4 only how many).</param>
    /// <param name="isDataPresent">Whether the replica that was asked for the data answered.</param>
    public static ServerError ReadFailure(
        ConsistencyLevel consistency, int received, int required, IReadOnlyCollection<ReplicaFailure> failures, bool isDataPresent = false)
    {
        ArgumentNullException.ThrowIfNull(failures);
        return new(new ReadFailureError(Failed(received, failures.Count), consistency, received, required, failures.Count, [.. failures], isDataPresent));
    }

    /// <summary>Replicas failed while they wrote.</summary>
    /// <param name="consistency">The consistency level asked for.</param>
    /// <param name="received">Acknowledgements received.</param>
    /// <param name="required">Acknowledgements needed.</param>
    /// <param name="failures">Who failed, and why (on v4 only how many).</param>
    /// <param name="writeType">What kind of write.</param>
    public static ServerError WriteFailure(
        ConsistencyLevel consistency, int received, int required, IReadOnlyCollection<ReplicaFailure> failures, WriteType writeType = WriteType.Simple)
    {
        ArgumentNullException.ThrowIfNull(failures);
        return new(new WriteFailureError(Failed(received, failures.Count), consistency, received, required, failures.Count, [.. failures], writeType));
    }

    /// <summary>A user-defined function failed.</summary>
    /// <param name="message">The message.</param>
    /// <param name="keyspace">Its keyspace.</param>
    /// <param name="function">Its name.</param>
    /// <param name="argumentTypes">The types of its arguments.</param>
    public static ServerError FunctionFailure(string message, string keyspace, string function, params IReadOnlyCollection<string> argumentTypes)
    {
        ArgumentNullException.ThrowIfNull(argumentTypes);
        return new(new FunctionFailureError(message, keyspace, function, [.. argumentTypes]));
    }

    /// <summary>A conditional write of unknown outcome (v5).</summary>
    /// <param name="consistency">The consistency level asked for.</param>
    /// <param name="received">Acknowledgements received.</param>
    /// <param name="required">Acknowledgements needed.</param>
    public static ServerError CasWriteUnknown(ConsistencyLevel consistency, int received, int required) => new(new CasWriteUnknownError(
        $"CAS operation result is unknown - proposal accepted by {received} but not a quorum.", consistency, received, required));

    /// <summary>The statement is no CQL.</summary>
    /// <param name="message">The message.</param>
    public static ServerError SyntaxError(string message) => new(CqlErrorCode.SyntaxError, message);

    /// <summary>The user may not do this.</summary>
    /// <param name="message">The message.</param>
    public static ServerError Unauthorized(string message) => new(CqlErrorCode.Unauthorized, message);

    /// <summary>The statement is CQL, but cannot be done.</summary>
    /// <param name="message">The message.</param>
    public static ServerError Invalid(string message) => new(CqlErrorCode.Invalid, message);

    /// <summary>The configuration does not allow it.</summary>
    /// <param name="message">The message.</param>
    public static ServerError ConfigError(string message) => new(CqlErrorCode.ConfigError, message);

    /// <summary>The keyspace or table exists.</summary>
    /// <param name="message">The message.</param>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="table">The table, or empty.</param>
    public static ServerError AlreadyExists(string message, string keyspace, string table = "") => new(new AlreadyExistsError(message, keyspace, table));

    /// <summary>The node does not know a prepared statement.</summary>
    /// <param name="statementId">The id that was asked for.</param>
    public static ServerError Unprepared(byte[] statementId) => new(new UnpreparedError(
        $"Prepared query with ID {Convert.ToHexStringLower(statementId)} not found (either the query was not prepared on this host "
        + "(maybe the host has been restarted?) or you have prepared too many queries and it has been evicted from the internal cache)",
        statementId));

    /// <summary>The rate limit of a partition was met (ScyllaDB).</summary>
    /// <param name="code">The code that was negotiated.</param>
    /// <param name="operation">Read or write.</param>
    /// <param name="isRejectedByCoordinator">Whether the coordinator itself rejected it.</param>
    public static ServerError RateLimit(int code, RateLimitedOperation operation, bool isRejectedByCoordinator = true) =>
        new(new RateLimitError((CqlErrorCode)code, "Per-partition rate limit reached", operation, isRejectedByCoordinator));

    /// <summary>Any code that has no fields of its own, known or not.</summary>
    /// <param name="code">The code.</param>
    /// <param name="message">The message.</param>
    public static ServerError WithCode(int code, string message) => new((CqlErrorCode)code, message);

    /// <inheritdoc/>
    public override string ToString() => $"0x{(int)Code:X4} {Message}";

    /// <summary>The spelling of servers.</summary>
    internal static string Spelled(ConsistencyLevel consistency) => consistency switch
    {
        ConsistencyLevel.LocalQuorum => "LOCAL_QUORUM",
        ConsistencyLevel.EachQuorum => "EACH_QUORUM",
        ConsistencyLevel.LocalSerial => "LOCAL_SERIAL",
        ConsistencyLevel.LocalOne => "LOCAL_ONE",
        _ => consistency.ToString().ToUpperInvariant(),
    };

    private static string TimedOut(int received) => $"Operation timed out - received only {received} responses.";

    private static string Failed(int received, int failures) => $"Operation failed - received {received} responses and {failures} failures";
}
