namespace CqlDriver.Execution;

/// <summary>
/// Decides what follows an error that a node answered or a lost connection. Implementations must be thread-safe; the
/// deciders they create need not be.
/// </summary>
/// <remarks>
/// The policy is not asked when nothing is to decide: a node without a connection, a connection that closed before it took the
/// request, and a node that is still bootstrapping lead to the next node of the plan; a statement that may have been executed
/// and is not idempotent is never executed again.
/// </remarks>
public interface IRetryPolicy
{
    /// <summary>Makes a decider. The session keeps deciders and uses each for one request at a time.</summary>
    IRetryDecider CreateDecider();
}

/// <summary>Decides for one request; its attempts share it. Used by one thread at a time.</summary>
public interface IRetryDecider
{
    /// <summary>Decides what follows a failed attempt.</summary>
    /// <param name="failure">What failed.</param>
    RetryDecision Decide(in FailedAttempt failure);

    /// <summary>Forgets the request. Called before the decider is used for another one.</summary>
    void Reset();
}

/// <summary>What follows a failed attempt.</summary>
public enum RetryDecision
{
    /// <summary>The request ends with the error.</summary>
    Rethrow,

    /// <summary>The same node once more.</summary>
    RetrySameNode,

    /// <summary>The next node of the plan.</summary>
    RetryNextNode,

    /// <summary>The request ends well, with an empty result.</summary>
    Ignore,
}

/// <summary>An attempt that failed.</summary>
/// <param name="Error">What went wrong: a <see cref="ServerException"/> or a <see cref="ConnectionLostException"/>.</param>
/// <param name="Attempt">The number of the attempt, from 1.</param>
/// <param name="IsIdempotent">Whether the statement may be executed twice.</param>
/// <param name="Consistency">The consistency level of the request.</param>
public readonly record struct FailedAttempt(RequestException Error, int Attempt, bool IsIdempotent, ConsistencyLevel Consistency);
