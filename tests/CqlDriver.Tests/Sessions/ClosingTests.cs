using CqlDriver.Testing;
using CqlDriver.Tests.Support;

namespace CqlDriver.Tests.Sessions;

public sealed class ClosingTests
{
    private const string Write = "INSERT INTO t (id, n) VALUES (1, 1)";

    [Fact]
    public async Task Closing_ends_what_is_under_way_with_a_definite_error()
    {
        await using var cluster = await TestCluster.StartAsync(configure: options => options.MaxInFlightPerConnection = 100);
        cluster.Faults.Add(new FaultRule(FaultReaction.Drop()) { StatementContains = "INSERT" });
        var pending = Enumerable.Range(0, 1_000).Select(_ => cluster.Session.ExecuteAsync(Write).AsTask()).ToArray();

        await cluster.Session.DisposeAsync();

        foreach (var task in pending)
        {
            await task.Awaiting(ended => ended).Should().ThrowAsync<SessionClosedException>();
        }
    }

    [Fact]
    public async Task After_closing_nothing_is_open_and_every_call_says_closed()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 3);
        await cluster.AllPoolsOpenAsync();
        var insert = await cluster.Session.PrepareAsync("INSERT INTO t (id, n) VALUES (?, ?)");

        await cluster.Session.DisposeAsync();
        await cluster.Session.DisposeAsync();

        await Eventually.BecomesTrueAsync(() => cluster.Server.Nodes.All(node => node.Statistics.ConnectionsOpen == 0), "every socket is closed");
        FluentActions.Invoking(() => cluster.Session.ExecuteAsync(Write)).Should().Throw<ObjectDisposedException>();
        FluentActions.Invoking(() => cluster.Session.ExecuteAsync(insert, (1, 1))).Should().Throw<ObjectDisposedException>();
        await FluentActions.Awaiting(() => cluster.Session.PrepareAsync("SELECT * FROM t")).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Fact]
    public async Task Closing_leaves_no_timer_armed()
    {
        var time = new ManualTimeProvider();
        await using var cluster = await TestCluster.StartAsync(nodes: 2, options => options.TimeProvider = time);
        await cluster.AllPoolsOpenAsync();
        await cluster.Session.ExecuteAsync(Write);
        time.ArmedTimers.Should().NotBeEmpty();

        await cluster.Session.DisposeAsync();

        await Eventually.BecomesTrueAsync(() => time.ArmedTimers.Count == 0, "no timer is armed");
    }

    [Fact]
    public async Task Cancelling_the_lifetime_closes_everything()
    {
        using var lifetime = new CancellationTokenSource();
        await using var cluster = await TestCluster.StartAsync(configure: options => options.Lifetime = lifetime.Token);
        cluster.Faults.Add(new FaultRule(FaultReaction.Drop()) { StatementContains = "INSERT" });
        var pending = cluster.Session.ExecuteAsync(Write).AsTask();

        await lifetime.CancelAsync();

        await pending.Awaiting(ended => ended).Should().ThrowAsync<SessionClosedException>();
        await Eventually.BecomesTrueAsync(() => cluster.Node.Statistics.ConnectionsOpen == 0, "every socket is closed");
    }

    [Fact]
    public async Task Closing_the_cluster_closes_its_sessions()
    {
        await using var server = await EmbeddedCluster.StartAsync();
        var cluster = CqlCluster.Create(new CqlClusterOptions { ContactPoints = { server.Nodes[0].Endpoint.ToString() } });
        var one = await cluster.ConnectAsync();
        var two = await cluster.ConnectAsync();

        await cluster.DisposeAsync();

        await Eventually.BecomesTrueAsync(() => server.Nodes[0].Statistics.ConnectionsOpen == 0, "every socket is closed");
        FluentActions.Invoking(() => one.ExecuteAsync("x")).Should().Throw<ObjectDisposedException>();
        FluentActions.Invoking(() => two.ExecuteAsync("x")).Should().Throw<ObjectDisposedException>();
        await FluentActions.Awaiting(() => cluster.ConnectAsync()).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Fact]
    public async Task Sessions_of_one_cluster_share_its_topology_and_close_alone()
    {
        await using var server = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        await using var cluster = CqlCluster.Create(new CqlClusterOptions { ContactPoints = { server.Nodes[0].Endpoint.ToString() } });
        var one = await cluster.ConnectAsync();
        await using var two = await cluster.ConnectAsync();

        server.Nodes.Sum(node => node.Statistics.Count(RequestKind.Register)).Should().Be(1, "one control connection serves both");
        await one.DisposeAsync();

        (await two.ExecuteAsync("SELECT key FROM system.local")).Count.Should().Be(1);
        cluster.Metadata.Nodes.Should().HaveCount(2);
    }

    [Fact]
    public async Task Closing_while_a_node_does_not_answer_does_not_hang()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        await cluster.AllPoolsOpenAsync();
        cluster.Server.Nodes[1].Freeze();
        var pending = Enumerable.Range(0, 10).Select(_ => cluster.Session.ExecuteAsync(Write).AsTask()).ToArray();

        await cluster.Session.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        await Eventually.BecomesTrueAsync(() => pending.All(task => task.IsCompleted), "every request has ended");
    }
}
