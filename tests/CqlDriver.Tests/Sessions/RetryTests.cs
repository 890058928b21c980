using CqlDriver.Execution;
using CqlDriver.Testing;
using CqlDriver.Tests.Support;

namespace CqlDriver.Tests.Sessions;

public sealed class RetryTests
{
    private static readonly Statement Read = new SimpleStatement("SELECT * FROM t").WithIdempotence(true);
    private static readonly Statement Write = new SimpleStatement("INSERT INTO t (id, n) VALUES (1, 1)");

    [Fact]
    public async Task An_overloaded_node_leads_an_idempotent_request_to_the_next()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 3);
        await cluster.AllPoolsOpenAsync();
        var rule = cluster.Faults.Add(new FaultRule(FaultReaction.Fail(ServerError.Overloaded())) { StatementContains = "SELECT * FROM t", Times = 2 });

        using var rows = await cluster.Session.ExecuteAsync(Read);

        rule.Hits.Should().Be(2);
        rows.Info.EarlierAttempts.Should().HaveCount(2);
        rows.Info.EarlierAttempts.Select(attempt => attempt.HostId).Append(rows.Info.Coordinator.HostId).Should().OnlyHaveUniqueItems("each node is tried once");
    }

    [Fact]
    public async Task What_may_have_been_executed_is_not_executed_again_unless_it_is_idempotent()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        await cluster.AllPoolsOpenAsync();
        var rule = cluster.Faults.Add(new FaultRule(FaultReaction.Close()) { StatementContains = "INSERT INTO t", RunsStatementFirst = true });

        var execute = async () => await cluster.Session.ExecuteAsync(Write);

        (await execute.Should().ThrowAsync<ConnectionLostException>()).Which.MayHaveBeenExecuted.Should().BeTrue();
        rule.Hits.Should().Be(1);
    }

    [Fact]
    public async Task A_lost_connection_leads_an_idempotent_request_to_the_next_node()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        await cluster.AllPoolsOpenAsync();
        cluster.Faults.Add(new FaultRule(FaultReaction.Reset()) { StatementContains = "SELECT * FROM t", Times = 1 });

        using var rows = await cluster.Session.ExecuteAsync(Read);

        rows.Info.EarlierAttempts.Should().ContainSingle().Which.Error.Should().BeOfType<ConnectionLostException>();
    }

    [Fact]
    public async Task When_no_node_can_answer_each_is_listed_with_its_reason()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 3);
        await cluster.AllPoolsOpenAsync();
        cluster.Faults.Add(new FaultRule(FaultReaction.Fail(ServerError.Overloaded("no room"))) { StatementContains = "SELECT * FROM t" });

        var execute = async () => await cluster.Session.ExecuteAsync(Read);

        var error = (await execute.Should().ThrowAsync<NoNodeAvailableException>()).Which;
        error.Nodes.Select(attempt => attempt.HostId).Should().BeEquivalentTo(cluster.Server.Nodes.Select(node => (HostId?)node.HostId));
        error.Message.Should().Contain("no room").And.Contain(cluster.Node.Endpoint.ToString());
    }

    [Fact]
    public async Task A_node_without_a_connection_is_passed_over_and_the_policy_is_not_asked()
    {
        var policy = new CountingPolicy();
        await using var cluster = await TestCluster.StartAsync(nodes: 2, options => options.Retry = policy);
        await cluster.AllPoolsOpenAsync();
        await cluster.Server.Nodes[0].StopAsync();
        await Eventually.BecomesTrueAsync(() => !cluster.HasConnectionTo(cluster.Server.Nodes[0]), "the connection to the stopped node is gone");

        for (var i = 0; i < 4; i++)
        {
            using var rows = await cluster.Session.ExecuteAsync(Read);
            rows.Info.Coordinator.HostId.Should().Be(cluster.Server.Nodes[1].HostId);
        }

        policy.Asked.Should().Be(0);
    }

    [Fact]
    public async Task A_bootstrapping_node_is_passed_over_and_the_policy_is_not_asked()
    {
        var policy = new CountingPolicy();
        await using var cluster = await TestCluster.StartAsync(nodes: 2, options => options.Retry = policy);
        await cluster.AllPoolsOpenAsync();
        cluster.Faults.Add(new FaultRule(FaultReaction.Fail(ServerError.Bootstrapping())) { StatementContains = "INSERT INTO t", Times = 1 });

        await cluster.Session.ExecuteAsync(Write);

        policy.Asked.Should().Be(0);
    }

    [Theory]
    [InlineData(RetryDecision.RetrySameNode, 2)]
    [InlineData(RetryDecision.Rethrow, 1)]
    public async Task The_policy_decides_where_a_failed_request_goes(RetryDecision decision, int attempts)
    {
        var policy = new CountingPolicy { Decision = decision };
        await using var cluster = await TestCluster.StartAsync(nodes: 2, options => options.Retry = policy);
        await cluster.AllPoolsOpenAsync();
        var rule = cluster.Faults.Add(new FaultRule(FaultReaction.Fail(ServerError.ReadTimeout(ConsistencyLevel.One, 0, 1))) { StatementContains = "SELECT * FROM t", Times = 1 });

        var execute = async () => await cluster.Session.ExecuteAsync(Read);

        if (decision == RetryDecision.Rethrow)
        {
            await execute.Should().ThrowAsync<ReadTimeoutException>();
        }
        else
        {
            using var rows = await execute();
            rows.Info.Coordinator.HostId.Should().Be(rows.Info.EarlierAttempts.Single().HostId!.Value);
        }

        cluster.Server.Nodes.Sum(node => node.Statistics.RequestsWith("SELECT * FROM t").Length).Should().Be(attempts);
        rule.Hits.Should().Be(1);
    }

    [Fact]
    public async Task An_ignored_error_ends_the_request_well()
    {
        await using var cluster = await TestCluster.StartAsync(configure: options => options.Retry = new CountingPolicy { Decision = RetryDecision.Ignore });
        cluster.Faults.Add(new FaultRule(FaultReaction.Fail(ServerError.ReadTimeout(ConsistencyLevel.One, 0, 1))) { StatementContains = "SELECT * FROM t" });

        using var rows = await cluster.Session.ExecuteAsync(Read);

        rows.Count.Should().Be(0);
        rows.Info.EarlierAttempts.Should().ContainSingle();
    }

    [Fact]
    public async Task A_decider_never_sees_two_requests_without_a_reset()
    {
        var policy = new CountingPolicy { Decision = RetryDecision.RetrySameNode };
        var seen = 0;
        await using var cluster = await TestCluster.StartAsync(configure: options => options.Retry = policy);
        cluster.Faults.Add(new FaultRule(FaultReaction.Fail(ServerError.Overloaded())) { StatementContains = "SELECT * FROM t", When = _ => Interlocked.Increment(ref seen) % 3 != 0 });

        await Parallel.ForEachAsync(Enumerable.Range(0, 500), async (_, token) => (await cluster.Session.ExecuteAsync(Read, token)).Dispose());

        policy.Asked.Should().BePositive();
        policy.Mixed.Should().Be(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_node_that_dies_under_writes_loses_none_that_may_be_repeated(bool isKilled)
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 3);
        await cluster.AllPoolsOpenAsync();
        var insert = (await cluster.Session.PrepareAsync("INSERT INTO t (id, n, v) VALUES (?, ?, ?)")).WithIdempotence(true);
        var done = 0;

        var writing = Parallel.ForEachAsync(Enumerable.Range(0, 20_000), new ParallelOptions { MaxDegreeOfParallelism = 128 }, async (n, token) =>
        {
            await cluster.Session.ExecuteAsync(insert, (1, n, "v"), token);
            Interlocked.Increment(ref done);
        });
        await Eventually.BecomesTrueAsync(() => Volatile.Read(ref done) > 2_000, "writing is well under way");
        await (isKilled ? cluster.Server.Nodes[1].KillAsync() : cluster.Server.Nodes[1].StopAsync());
        await writing;

        cluster.Stored("SELECT n FROM ks.t").Should().HaveCount(20_000);
    }

    [Fact]
    public async Task A_node_that_hangs_is_left_when_the_heartbeat_finds_it_dead()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2, options => options.HeartbeatTimeout = TimeSpan.FromMilliseconds(500));
        await cluster.AllPoolsOpenAsync();
        cluster.Server.Nodes[1].Freeze();

        for (var i = 0; i < 4; i++)
        {
            using var rows = await cluster.Session.ExecuteAsync(Read);
            rows.Info.Coordinator.HostId.Should().Be(cluster.Node.HostId);
        }
    }

    [Fact]
    public async Task A_policy_that_retries_for_ever_is_ended_by_the_timeout()
    {
        await using var cluster = await TestCluster.StartAsync(configure: options => options.Retry = new CountingPolicy { Decision = RetryDecision.RetrySameNode });
        cluster.Faults.Add(new FaultRule(FaultReaction.Fail(ServerError.Overloaded())) { StatementContains = "SELECT * FROM t" });

        var execute = async () => await cluster.Session.ExecuteAsync(Read.WithTimeout(TimeSpan.FromMilliseconds(200)));

        (await execute.Should().ThrowAsync<RequestTimeoutException>()).Which.EarlierAttempts.Should().NotBeEmpty();
    }

    [Fact]
    public async Task A_request_that_was_only_being_handled_when_the_sweep_came_still_times_out()
    {
        var time = new ManualTimeProvider();
        using var policy = new HeldPolicy();
        await using var cluster = await TestCluster.StartAsync(configure: options => (options.TimeProvider, options.Retry) = (time, policy));
        cluster.Faults.Add(new FaultRule(FaultReaction.Fail(ServerError.Overloaded())) { StatementContains = "SELECT * FROM t", Times = 1 });
        var dropped = cluster.Faults.Add(new FaultRule(FaultReaction.Drop()) { StatementContains = "SELECT * FROM t" });

        var pending = cluster.Session.ExecuteAsync(Read).AsTask();
        await policy.Asked.WaitAsync(TimeSpan.FromSeconds(30));
        time.Advance(TimeSpan.FromMilliseconds(100));
        policy.Release();
        await dropped.WaitForHitsAsync(1);
        time.Advance(TimeSpan.FromSeconds(11));

        var wait = () => pending.WaitAsync(TimeSpan.FromSeconds(10));
        (await wait.Should().ThrowAsync<RequestTimeoutException>()).Which.Stage.Should().Be(RequestStage.InFlight);
    }

    /// <summary>Retries on the same node, once the test lets it.</summary>
    private sealed class HeldPolicy : IRetryPolicy, IRetryDecider, IDisposable
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _released = new();

        public Task Asked => _asked.Task;

        public void Release() => _released.Set();

        public IRetryDecider CreateDecider() => this;

        public RetryDecision Decide(in FailedAttempt failure)
        {
            _asked.TrySetResult();
            _released.Wait(TimeSpan.FromSeconds(30));
            return RetryDecision.RetrySameNode;
        }

        public void Reset()
        {
        }

        public void Dispose() => _released.Dispose();
    }

    private sealed class CountingPolicy : IRetryPolicy
    {
        private int _asked;
        private int _mixed;

        public RetryDecision Decision { get; init; } = RetryDecision.RetryNextNode;

        public int Asked => _asked;

        /// <summary>How often a decider was asked about a first attempt although it had seen another request before.</summary>
        public int Mixed => _mixed;

        public IRetryDecider CreateDecider() => new Decider(this);

        private sealed class Decider(CountingPolicy policy) : IRetryDecider
        {
            private int _last;

            public RetryDecision Decide(in FailedAttempt failure)
            {
                Interlocked.Increment(ref policy._asked);
                if (failure.Attempt <= _last)
                {
                    Interlocked.Increment(ref policy._mixed);
                }

                _last = failure.Attempt;
                return policy.Decision;
            }

            public void Reset() => _last = 0;
        }
    }
}
