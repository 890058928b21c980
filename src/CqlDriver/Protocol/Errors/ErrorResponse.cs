using System.Collections.Immutable;

namespace CqlDriver.Protocol;

/// <summary>
/// An ERROR (v5, section 8). Codes without a body of their own, and codes that are not known, are this record; the others
/// have one that says what their body says.
/// </summary>
/// <param name="Code">The code. Of the rate-limit error: the one that was negotiated.</param>
/// <param name="Message">The server's text, for people.</param>
internal record ErrorResponse(CqlErrorCode Code, string Message) : CqlResponse;

internal sealed record UnavailableError(string Message, ConsistencyLevel Consistency, int Required, int Alive)
    : ErrorResponse(CqlErrorCode.Unavailable, Message);

/// <param name="Message">The server's text.</param>
/// <param name="Consistency">What was asked for.</param>
/// <param name="Received">Replicas that acknowledged.</param>
/// <param name="Required">Replicas that were needed.</param>
/// <param name="WriteType">What kind of write.</param>
/// <param name="Contentions">v5, conditional writes only: how often other proposals were in the way.</param>
internal sealed record WriteTimeoutError(string Message, ConsistencyLevel Consistency, int Received, int Required, WriteType WriteType, int? Contentions)
    : ErrorResponse(CqlErrorCode.WriteTimeout, Message);

internal sealed record ReadTimeoutError(string Message, ConsistencyLevel Consistency, int Received, int Required, bool DataPresent)
    : ErrorResponse(CqlErrorCode.ReadTimeout, Message);

/// <param name="Message">The server's text.</param>
/// <param name="Consistency">What was asked for.</param>
/// <param name="Received">Replicas that answered.</param>
/// <param name="Required">Replicas that were needed.</param>
/// <param name="FailureCount">Replicas that failed.</param>
/// <param name="Failures">v5: which, and why; empty before.</param>
/// <param name="DataPresent">Whether the replica that was asked for the data answered.</param>
internal sealed record ReadFailureError(
    string Message, ConsistencyLevel Consistency, int Received, int Required, int FailureCount, ImmutableArray<ReplicaFailure> Failures, bool DataPresent)
    : ErrorResponse(CqlErrorCode.ReadFailure, Message);

/// <param name="Message">The server's text.</param>
/// <param name="Consistency">What was asked for.</param>
/// <param name="Received">Replicas that acknowledged.</param>
/// <param name="Required">Replicas that were needed.</param>
/// <param name="FailureCount">Replicas that failed.</param>
/// <param name="Failures">v5: which, and why; empty before.</param>
/// <param name="WriteType">What kind of write.</param>
internal sealed record WriteFailureError(
    string Message, ConsistencyLevel Consistency, int Received, int Required, int FailureCount, ImmutableArray<ReplicaFailure> Failures, WriteType WriteType)
    : ErrorResponse(CqlErrorCode.WriteFailure, Message);

internal sealed record FunctionFailureError(string Message, string Keyspace, string Function, ImmutableArray<string> ArgumentTypes)
    : ErrorResponse(CqlErrorCode.FunctionFailure, Message);

internal sealed record CasWriteUnknownError(string Message, ConsistencyLevel Consistency, int Received, int Required)
    : ErrorResponse(CqlErrorCode.CasWriteUnknown, Message);

/// <param name="Message">The server's text.</param>
/// <param name="Keyspace">The keyspace that exists, or that the table is in.</param>
/// <param name="Table">The table; empty when it is the keyspace that exists.</param>
internal sealed record AlreadyExistsError(string Message, string Keyspace, string Table)
    : ErrorResponse(CqlErrorCode.AlreadyExists, Message);

internal sealed record UnpreparedError(string Message, byte[] PreparedId)
    : ErrorResponse(CqlErrorCode.Unprepared, Message);

internal sealed record RateLimitError(CqlErrorCode NegotiatedCode, string Message, RateLimitedOperation Operation, bool RejectedByCoordinator)
    : ErrorResponse(NegotiatedCode, Message);
