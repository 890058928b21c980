namespace CqlDriver.Execution;

/// <summary>
/// Retries where it is likely to help and cannot do harm: once on the same node after a read timeout although enough replicas
/// answered, or after a write timeout of the batch log; once on the next node when replicas are unavailable; on the next node
/// when a node is overloaded, fails, or its connection was lost. Everything else ends the request. Thread-safe.
/// </summary>
public sealed class DefaultRetryPolicy : IRetryPolicy
{
    /// <summary>The only instance that is needed.</summary>
    public static DefaultRetryPolicy Instance { get; } = new();

    /// <inheritdoc/>
    public IRetryDecider CreateDecider() => new Decider();

    private sealed class Decider : IRetryDecider
    {
        private const int ProtocolErrorCode = 0x000A;

        private bool _retriedOnce;

        public RetryDecision Decide(in FailedAttempt failure)
        {
            switch (failure.Error)
            {
                case ReadTimeoutException { DataPresent: false } timeout when timeout.Received >= timeout.Required:
                    return Once(RetryDecision.RetrySameNode);
                case WriteTimeoutException timeout when timeout.WriteType == WriteType.BatchLog:
                    return Once(RetryDecision.RetrySameNode);
                case UnavailableException:
                    return Once(RetryDecision.RetryNextNode);
                case ReplicaException or FunctionFailureException or RateLimitReachedException or InvalidQueryException or SyntaxException
                    or UnauthorizedException or AlreadyExistsException or InvalidConfigurationException or UnpreparedException:
                    return RetryDecision.Rethrow;
                case ServerException { Code: ProtocolErrorCode }:
                    return RetryDecision.Rethrow;
                default:
                    return RetryDecision.RetryNextNode;
            }
        }

        public void Reset() => _retriedOnce = false;

        private RetryDecision Once(RetryDecision decision)
        {
            var first = !_retriedOnce;
            _retriedOnce = true;
            return first ? decision : RetryDecision.Rethrow;
        }
    }
}
