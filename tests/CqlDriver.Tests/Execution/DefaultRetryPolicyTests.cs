using CqlDriver.Execution;

namespace CqlDriver.Tests.Execution;

public sealed class DefaultRetryPolicyTests
{
    private static readonly ServerErrorDetails Details = new(0, "no", new NodeEndpoint("127.0.0.1", 9042), null, true);

    public static TheoryData<RequestException, RetryDecision, RetryDecision> Table() => new()
    {
        // error, decision the first time, decision the second time
        { new ReadTimeoutException(Details, ConsistencyLevel.Quorum, 2, 2, dataPresent: false), RetryDecision.RetrySameNode, RetryDecision.Rethrow },
        { new ReadTimeoutException(Details, ConsistencyLevel.Quorum, 1, 2, dataPresent: false), RetryDecision.Rethrow, RetryDecision.Rethrow },
        { new ReadTimeoutException(Details, ConsistencyLevel.Quorum, 2, 2, dataPresent: true), RetryDecision.Rethrow, RetryDecision.Rethrow },
        { new WriteTimeoutException(Details, ConsistencyLevel.Quorum, 0, 2, WriteType.BatchLog, null), RetryDecision.RetrySameNode, RetryDecision.Rethrow },
        { new WriteTimeoutException(Details, ConsistencyLevel.Quorum, 0, 2, WriteType.Simple, null), RetryDecision.Rethrow, RetryDecision.Rethrow },
        { new UnavailableException(Details, ConsistencyLevel.Quorum, 2, 1), RetryDecision.RetryNextNode, RetryDecision.Rethrow },
        { new ServerException(Details with { Code = 0x1001 }), RetryDecision.RetryNextNode, RetryDecision.RetryNextNode },
        { new ServerException(Details with { Code = 0x0000 }), RetryDecision.RetryNextNode, RetryDecision.RetryNextNode },
        { new ServerException(Details with { Code = 0x000A }), RetryDecision.Rethrow, RetryDecision.Rethrow },
        { new SyntaxException(Details), RetryDecision.Rethrow, RetryDecision.Rethrow },
        { new InvalidQueryException(Details), RetryDecision.Rethrow, RetryDecision.Rethrow },
        { new UnauthorizedException(Details), RetryDecision.Rethrow, RetryDecision.Rethrow },
        { new AlreadyExistsException(Details, "ks", "t"), RetryDecision.Rethrow, RetryDecision.Rethrow },
        { new RateLimitReachedException(Details, isWrite: true, rejectedByCoordinator: true), RetryDecision.Rethrow, RetryDecision.Rethrow },
        { new ConnectionLostException(null, null, true, new IOException("reset")), RetryDecision.RetryNextNode, RetryDecision.RetryNextNode },
    };

    [Theory]
    [MemberData(nameof(Table))]
    internal void Decides_by_the_table(RequestException error, RetryDecision first, RetryDecision second)
    {
        var decider = DefaultRetryPolicy.Instance.CreateDecider();

        decider.Decide(new FailedAttempt(error, 1, true, ConsistencyLevel.Quorum)).Should().Be(first);
        decider.Decide(new FailedAttempt(error, 2, true, ConsistencyLevel.Quorum)).Should().Be(second);
    }

    [Fact]
    public void A_reset_decider_knows_nothing_of_the_request_before()
    {
        var decider = DefaultRetryPolicy.Instance.CreateDecider();
        var failure = new FailedAttempt(new UnavailableException(Details, ConsistencyLevel.Quorum, 2, 1), 1, true, ConsistencyLevel.Quorum);
        decider.Decide(failure);

        decider.Reset();

        decider.Decide(failure).Should().Be(RetryDecision.RetryNextNode);
    }
}
