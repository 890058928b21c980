using CqlDriver.Testing;
using CqlDriver.Tests.Support;

namespace CqlDriver.Tests.Sessions;

public sealed class CancellationTests
{
    private const string Write = "INSERT INTO t (id, n) VALUES (1, 1)";

    [Fact]
    public async Task A_request_cancelled_before_it_starts_is_never_sent()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var source = new CancellationTokenSource();
        await source.CancelAsync();

        var execute = async () => await cluster.Session.ExecuteAsync(Write, source.Token);

        (await execute.Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(source.Token);
        cluster.Node.Statistics.RequestsWith("INSERT").Should().BeEmpty();
    }

    [Fact]
    public async Task A_request_cancelled_while_it_waits_for_room_is_never_sent()
    {
        await using var cluster = await TestCluster.StartAsync(configure: options => options.MaxInFlightPerConnection = 1);
        var gate = new FaultGate();
        var held = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { StatementContains = "SELECT" });
        using var source = new CancellationTokenSource();
        var first = cluster.Session.ExecuteAsync("SELECT * FROM t").AsTask();
        await held.WaitForHitsAsync(1);

        var second = cluster.Session.ExecuteAsync(Write, source.Token).AsTask();
        cluster.Session.Executor.Waiting.Count.Should().Be(1);
        await source.CancelAsync();

        await second.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
        gate.Open();
        (await first).Dispose();
        await cluster.Session.ExecuteAsync("SELECT * FROM t WHERE id = 9");
        cluster.Node.Statistics.RequestsWith("INSERT").Should().BeEmpty();
    }

    [Fact]
    public async Task A_request_cancelled_in_flight_returns_at_once_and_keeps_its_stream_until_the_answer()
    {
        await using var cluster = await TestCluster.StartAsync();
        var gate = new FaultGate();
        var held = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { StatementContains = "INSERT" });
        using var source = new CancellationTokenSource();
        var connection = cluster.Connection;

        var pending = cluster.Session.ExecuteAsync(Write, source.Token).AsTask();
        await held.WaitForHitsAsync(1);
        await source.CancelAsync();

        await pending.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
        connection.Orphans.Should().Be(1);
        gate.Open();
        await Eventually.BecomesTrueAsync(() => connection.Orphans == 0 && connection.InFlight == 0, "the late answer freed its stream id");
    }

    [Fact]
    public async Task A_timeout_says_where_the_time_went()
    {
        await using var cluster = await TestCluster.StartAsync(configure: options => options.MaxInFlightPerConnection = 1);
        cluster.Faults.Add(new FaultRule(FaultReaction.Drop()) { StatementContains = "INSERT" });
        var brief = new SimpleStatement(Write).WithTimeout(TimeSpan.FromMilliseconds(50));

        var inFlight = async () => await cluster.Session.ExecuteAsync(brief);
        var waiting = async () => await cluster.Session.ExecuteAsync(brief);

        var first = (await inFlight.Should().ThrowAsync<RequestTimeoutException>()).Which;
        first.Stage.Should().Be(RequestStage.InFlight);
        first.MayHaveBeenExecuted.Should().BeTrue();
        first.HostId.Should().Be(cluster.Node.HostId);
        var second = (await waiting.Should().ThrowAsync<RequestTimeoutException>("the dropped answer still holds the only stream id")).Which;
        second.Stage.Should().Be(RequestStage.Waiting);
        second.MayHaveBeenExecuted.Should().BeFalse();
    }

    [Fact]
    public async Task A_request_object_that_is_used_again_has_a_time_of_its_own()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(configure: options => options.TimeProvider = time);
        var gate = new FaultGate();
        var held = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { StatementContains = "INSERT", Times = 1 });
        var dropped = cluster.Faults.Add(new FaultRule(FaultReaction.Drop()) { StatementContains = "INSERT" });
        var connection = cluster.Connection;

        var brief = cluster.Session.ExecuteAsync(new SimpleStatement(Write).WithTimeout(TimeSpan.FromMilliseconds(500))).AsTask();
        await held.WaitForHitsAsync(1);
        time.Advance(TimeSpan.FromMilliseconds(100));
        gate.Open();
        await brief;
        var patient = cluster.Session.ExecuteAsync(new SimpleStatement(Write).WithTimeout(TimeSpan.FromSeconds(4))).AsTask();
        await dropped.WaitForHitsAsync(1);
        time.Advance(TimeSpan.FromMilliseconds(100));
        time.Advance(TimeSpan.FromSeconds(3));

        connection.Orphans.Should().Be(0, "the deadline of the first life is not the second's");
        time.Advance(TimeSpan.FromSeconds(2));
        var wait = () => patient.WaitAsync(TimeSpan.FromSeconds(10));
        await wait.Should().ThrowAsync<RequestTimeoutException>();
    }

    [Fact]
    public async Task One_cancellation_ends_a_hundred_thousand_requests()
    {
        await using var cluster = await TestCluster.StartAsync(configure: options => options.MaxWaitingRequests = 100_000);
        cluster.Node.Freeze();
        using var source = new CancellationTokenSource();
        var pending = Enumerable.Range(0, 100_000).Select(_ => cluster.Session.ExecuteAsync(Write, source.Token).AsTask()).ToArray();

        await source.CancelAsync();

        await Eventually.BecomesTrueAsync(() => pending.All(task => task.IsCompleted), "all have ended");
        pending.Should().OnlyContain(task => task.IsCanceled);
        cluster.Node.Thaw();
    }

    [Fact]
    public async Task When_full_a_session_that_fails_fast_says_so()
    {
        await using var cluster = await TestCluster.StartAsync(configure: options =>
        {
            options.MaxInFlightPerConnection = 2;
            options.Backpressure = BackpressureMode.FailFast;
        });
        var gate = new FaultGate();
        cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { StatementContains = "INSERT" });
        var held = new[] { cluster.Session.ExecuteAsync(Write).AsTask(), cluster.Session.ExecuteAsync(Write).AsTask() };

        var execute = async () => await cluster.Session.ExecuteAsync(Write);

        (await execute.Should().ThrowAsync<TooManyRequestsException>()).Which.MayHaveBeenExecuted.Should().BeFalse();
        gate.Open();
        await Task.WhenAll(held);
    }

    [Fact]
    public async Task When_full_requests_wait_their_turn_and_all_end()
    {
        await using var cluster = await TestCluster.StartAsync(configure: options => options.MaxInFlightPerConnection = 4);

        await Task.WhenAll(Enumerable.Range(0, 5_000).Select(n => cluster.Session.ExecuteAsync(new SimpleStatement("INSERT INTO t (id, n) VALUES (?, ?)", 1, n)).AsTask()));

        cluster.Stored("SELECT n FROM ks.t").Should().HaveCount(5_000);
        cluster.Session.Executor.Waiting.Count.Should().Be(0);
    }

    [Fact]
    public async Task When_too_many_wait_the_next_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync(configure: options => (options.MaxInFlightPerConnection, options.MaxWaitingRequests) = (1, 3));
        var gate = new FaultGate();
        cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { StatementContains = "INSERT" });
        var held = Enumerable.Range(0, 4).Select(_ => cluster.Session.ExecuteAsync(Write).AsTask()).ToArray();

        var execute = async () => await cluster.Session.ExecuteAsync(Write);

        (await execute.Should().ThrowAsync<TooManyRequestsException>()).Which.Waiting.Should().Be(3);
        gate.Open();
        await Task.WhenAll(held);
    }
}
