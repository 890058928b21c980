using System.Net;
using CqlDriver.Testing;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Sessions;

/// <summary>A node's traffic is handed over to another endpoint of the node: what the phases wait for, and what ends them.</summary>
public sealed class HandoverTests
{
    private static readonly HandoverPhase[] AllPhases = [HandoverPhase.Open, HandoverPhase.CatchUp, HandoverPhase.CutOver, HandoverPhase.Draining, HandoverPhase.Completed];

    // Known before the move, so that what happens there can be held.
    private static readonly IPAddress Elsewhere = IPAddress.Parse("127.0.0.60");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_move_goes_through_its_phases_and_is_told_in_one_batch_without_a_down(int which)
    {
        await using var cluster = await StartAsync();
        var (node, from) = (cluster.Server.Nodes[which], cluster.Server.Nodes[which].Endpoint);
        await using var traffic = Traffic.Start(cluster.Session);
        await traffic.GoOnAsync();

        // The first node has the control connection, and nobody else tells of it.
        await node.MoveAsync(OldAddress.Kept);
        await cluster.Cluster.RefreshMetadataAsync();
        await cluster.PhaseAsync(HandoverPhase.Completed);
        await traffic.GoOnAsync();
        await traffic.StopAsync();

        traffic.Failures.Should().BeEmpty();
        cluster.Phases.Select(phase => phase.Phase).Should().Equal(AllPhases);
        cluster.Phases.Should().OnlyContain(phase => phase.HostId == node.HostId && phase.To.Equals(node.Endpoint) && phase.From!.Equals(from) && phase.Attempt == 1);
        cluster.Phases.Skip(1).Should().OnlyContain(phase => phase.Ready == 1 && phase.Wanted == 1);
        var batch = cluster.Batches.OfType<ChangeBatch>().Single(change => change.Changes.OfType<NodeMoved>().Any());
        batch.Changes.OfType<HandoverCheckpoint>().Should().ContainSingle(checkpoint => checkpoint.Phase == HandoverPhase.CutOver);
        cluster.Changes.OfType<NodeMoved>().Should().ContainSingle();
        cluster.Changes.Where(change => change is NodeDown or NodeLeft or NodeReplaced or HandoverAborted).Should().BeEmpty();
        (cluster.Cluster.Handovers.ActiveCount, cluster.Metadata.Handovers.Length).Should().Be((0, 0));
        await Eventually.BecomesTrueAsync(() => OpenForUsersAt(node, from) == 0, "the session has nothing left at the old address");
    }

    [Fact]
    public async Task While_the_old_endpoint_answers_every_shard_is_waited_for_and_nothing_is_sent_to_the_new_one()
    {
        await using var cluster = await StartAsync(Sharded());
        var node = cluster.Server.Nodes[1];
        var gate = new FaultGate();
        var held = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = RequestKind.Connect, Address = Elsewhere, When = OnShardAwarePort(node), Times = 1 });
        await using var traffic = Traffic.Start(cluster.Session);
        await traffic.GoOnAsync();

        await node.MoveAsync(OldAddress.Kept, new NodeEndpoint(Elsewhere, node.Endpoint.Port));
        await held.WaitForHitsAsync(1);
        await cluster.PhaseAsync(HandoverPhase.CatchUp);
        await Eventually.BecomesTrueAsync(() => cluster.Cluster.Handovers.Snapshot().Single() is { Ready: 3, Wanted: 4 }, "all shards but one are ready");
        await traffic.GoOnAsync(500);

        cluster.Phases.Select(phase => phase.Phase).Should().Equal(HandoverPhase.Open, HandoverPhase.CatchUp);
        SentTo(node, Elsewhere).Should().BeEmpty("requests do not see what is not ready");
        cluster.IsUsed(node).Should().BeFalse();

        gate.Open();
        await cluster.PhaseAsync(HandoverPhase.Completed);
        await traffic.GoOnAsync();
        await traffic.StopAsync();
        traffic.Failures.Should().BeEmpty();
        SentTo(node, Elsewhere).Should().NotBeEmpty();
        cluster.Phases.Single(phase => phase.Phase == HandoverPhase.CutOver).Should().BeEquivalentTo(new { Ready = 4, Wanted = 4 });
        node.Statistics.Connections.Where(open => open.Server.Address.Equals(Elsewhere)).Select(open => open.Shard!.Value).Order().Should().Equal(0, 1, 2, 3);
    }

    [Fact]
    public async Task When_the_old_endpoint_is_dead_the_first_connection_is_enough()
    {
        await using var cluster = await StartAsync(Sharded());
        var node = cluster.Server.Nodes[1];
        var gate = new FaultGate();
        cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = RequestKind.Connect, Address = Elsewhere, When = OnShardAwarePort(node) });
        await using var traffic = Traffic.Start(cluster.Session);
        await traffic.GoOnAsync();

        await node.MoveAsync(OldAddress.Reset, new NodeEndpoint(Elsewhere, node.Endpoint.Port));
        await cluster.PhaseAsync(HandoverPhase.Completed);
        await Eventually.BecomesTrueAsync(() => SentTo(node, Elsewhere).Count > 0, "requests go there");

        node.Statistics.Connections.Count(open => open.Shard is not null && open.Server.Address.Equals(Elsewhere) && !open.IsShardAware).Should().Be(1);
        gate.Open();
        await Eventually.BecomesTrueAsync(() => node.Statistics.Connections.Select(open => open.Shard!.Value).Order().SequenceEqual([0, 1, 2, 3]), "the other shards follow");
        await traffic.StopAsync();
        traffic.Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task Statements_are_prepared_before_the_new_endpoint_takes_over()
    {
        await using var cluster = await StartAsync();
        var node = cluster.Server.Nodes[1];
        var gate = new FaultGate();
        var held = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = RequestKind.Prepare, Address = Elsewhere });
        using var executed = cluster.Server.CountExecutions(request => request.Integer(0));
        await using var traffic = Traffic.Start(cluster.Session, isIdempotent: false);
        await traffic.GoOnAsync();
        node.ForgetPrepared();

        await node.MoveAsync(OldAddress.Kept, new NodeEndpoint(Elsewhere, node.Endpoint.Port));
        await held.WaitForHitsAsync(1);
        await traffic.GoOnAsync(500);
        SentTo(node, Elsewhere).Should().BeEmpty();
        gate.Open();
        await cluster.PhaseAsync(HandoverPhase.Completed);
        await traffic.GoOnAsync(500);
        await traffic.StopAsync();

        traffic.Failures.Should().BeEmpty();
        SentTo(node, Elsewhere).Should().NotBeEmpty();
        held.Hits.Should().Be(1, "the one statement in use was prepared there once");
        (executed.Total, executed.DistinctKeys).Should().Be((traffic.Started, traffic.Started));
    }

    [Fact]
    public async Task A_pause_over_the_budget_is_refused_and_everything_stays_as_it_was_until_it_is_not()
    {
        await using var cluster = await StartAsync(configure: options => options.Handover = new HandoverOptions
        {
            Limit = TimeSpan.FromMilliseconds(700),
            PauseBudget = TimeSpan.FromMilliseconds(1),
        });
        var (node, before) = (cluster.Server.Nodes[1], cluster.NodeOf(cluster.Server.Nodes[1]));
        var gate = new FaultGate();
        cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = RequestKind.Prepare, Address = Elsewhere });
        await using var traffic = Traffic.Start(cluster.Session);
        await traffic.GoOnAsync();

        await node.MoveAsync(OldAddress.Kept, new NodeEndpoint(Elsewhere, node.Endpoint.Port));
        await cluster.PhaseAsync(HandoverPhase.Aborted);

        var aborted = cluster.Phases.First(phase => phase.Phase == HandoverPhase.Aborted);
        aborted.Reason.Should().Contain("budget");
        (cluster.NodeOf(node).Endpoint, cluster.NodeOf(node).Generation).Should().Be((before.Endpoint, before.Generation));
        await traffic.GoOnAsync(500);
        SentTo(node, Elsewhere).Should().BeEmpty();

        gate.Open();
        await cluster.PhaseAsync(HandoverPhase.Completed);
        await traffic.GoOnAsync(500);
        await traffic.StopAsync();
        traffic.Failures.Should().BeEmpty();
        cluster.NodeOf(node).Endpoint.Should().Be(node.Endpoint);
        cluster.NodeOf(node).Generation.Should().BeGreaterThan(before.Generation + 1, "the numbers of those that were given up are burned");
        cluster.Changes.OfType<NodeMoved>().Should().ContainSingle();
    }

    [Fact]
    public async Task A_node_that_is_back_before_it_was_followed_was_never_away()
    {
        await using var cluster = await StartAsync();
        var (node, before) = (cluster.Server.Nodes[1], cluster.NodeOf(cluster.Server.Nodes[1]));
        var gate = new FaultGate();
        var held = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = RequestKind.Connect, Address = Elsewhere });
        await using var traffic = Traffic.Start(cluster.Session);
        var away = new NodeEndpoint(Elsewhere, node.Endpoint.Port);

        await node.MoveAsync(OldAddress.Kept, away);
        await held.WaitForHitsAsync(1);
        await node.MoveAsync(OldAddress.Kept, before.Endpoint);
        await cluster.Cluster.RefreshMetadataAsync();

        (cluster.NodeOf(node).Endpoint, cluster.NodeOf(node).Generation).Should().Be((before.Endpoint, before.Generation));
        cluster.Cluster.Handovers.ActiveCount.Should().Be(0);
        cluster.Changes.OfType<NodeMoved>().Should().BeEmpty();

        await node.MoveAsync(OldAddress.Kept, away);
        gate.Open();
        await cluster.PhaseAsync(HandoverPhase.Completed);
        await traffic.GoOnAsync();
        await traffic.StopAsync();
        traffic.Failures.Should().BeEmpty();
        cluster.Changes.OfType<NodeMoved>().Should().ContainSingle().Which.To.Should().Be(away);
        await Eventually.BecomesTrueAsync(() => WatchedCluster.OpenAt(node, away) == 1, "one connection is open there, and none of those before it");
    }

    [Fact]
    public async Task Another_node_at_the_new_address_is_not_followed()
    {
        await using var cluster = await StartAsync();
        var (node, before) = (cluster.Server.Nodes[1], cluster.NodeOf(cluster.Server.Nodes[1]));
        var stranger = cluster.Faults.Add(new FaultRule(FaultReaction.ReportHostId(Guid.NewGuid())) { Kind = RequestKind.Query, StatementContains = "system.local", Address = Elsewhere });
        await using var traffic = Traffic.Start(cluster.Session);

        await node.MoveAsync(OldAddress.Kept, new NodeEndpoint(Elsewhere, node.Endpoint.Port));
        await stranger.WaitForHitsAsync(2);
        await traffic.GoOnAsync(500);

        (cluster.NodeOf(node).Endpoint, cluster.NodeOf(node).Generation, cluster.NodeOf(node).IsUp).Should().Be((before.Endpoint, before.Generation, true));
        cluster.Changes.OfType<NodeMoved>().Should().BeEmpty();
        SentTo(node, Elsewhere).Should().BeEmpty("no user's request goes to a stranger");

        cluster.Faults.Clear();
        await cluster.PhaseAsync(HandoverPhase.Completed);
        await traffic.GoOnAsync();
        await traffic.StopAsync();
        traffic.Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task When_all_connections_to_the_new_endpoint_are_lost_it_is_opened_again()
    {
        await using var cluster = await StartAsync();
        var node = cluster.Server.Nodes[1];
        var gate = new FaultGate();
        var held = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = RequestKind.Prepare, Address = Elsewhere });
        await using var traffic = Traffic.Start(cluster.Session);
        await traffic.GoOnAsync();

        await node.MoveAsync(OldAddress.Kept, new NodeEndpoint(Elsewhere, node.Endpoint.Port));
        await held.WaitForHitsAsync(1);
        await node.DropConnectionsAsync(abruptly: true);
        await cluster.PhaseAsync(HandoverPhase.CatchUp, times: 2);
        await traffic.GoOnAsync();
        gate.Open();
        await cluster.PhaseAsync(HandoverPhase.Completed);
        await traffic.GoOnAsync();
        await traffic.StopAsync();

        traffic.Failures.Should().BeEmpty();
        cluster.Phases.Select(phase => phase.Phase).Should().Equal([HandoverPhase.Open, HandoverPhase.CatchUp, .. AllPhases]);
        cluster.Phases.Select(phase => phase.Id).Distinct().Should().ContainSingle("it is the same handover");
        cluster.Changes.OfType<NodeMoved>().Should().ContainSingle();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_the_control_connection_was_lost_a_handover_goes_on_or_is_given_up_as_the_tables_say(bool isBackMeanwhile)
    {
        await using var cluster = await StartAsync();
        var (node, home) = (cluster.Server.Nodes[1], cluster.Server.Nodes[1].Endpoint);
        var gate = new FaultGate();
        var held = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = RequestKind.Prepare, Address = Elsewhere });
        await using var traffic = Traffic.Start(cluster.Session);
        await traffic.GoOnAsync();
        await node.MoveAsync(OldAddress.Kept, new NodeEndpoint(Elsewhere, node.Endpoint.Port));
        await held.WaitForHitsAsync(1);

        var registering = new FaultGate();
        var lost = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(registering)) { Kind = RequestKind.Register });
        await cluster.ControlNode.KillAsync();
        await lost.WaitForHitsAsync(1);
        if (isBackMeanwhile)
        {
            await node.MoveAsync(OldAddress.Kept, home);
        }

        registering.Open();
        await cluster.Cluster.RefreshMetadataAsync();
        await traffic.GoOnAsync();
        gate.Open();
        await cluster.PhaseAsync(isBackMeanwhile ? HandoverPhase.Aborted : HandoverPhase.Completed);
        await Eventually.BecomesTrueAsync(() => cluster.IsUsed(node), "it is used where it is");
        await traffic.StopAsync();

        traffic.Failures.Should().BeEmpty();
        cluster.Phases.Select(phase => phase.Id).Distinct().Should().ContainSingle();
        cluster.Changes.OfType<NodeMoved>().Should().HaveCount(isBackMeanwhile ? 0 : 1);
    }

    [Fact]
    public async Task A_row_without_tokens_at_the_new_address_costs_the_node_nothing()
    {
        await using var cluster = await StartAsync();
        var (node, before) = (cluster.Server.Nodes[1], cluster.NodeOf(cluster.Server.Nodes[1]));
        await using var traffic = Traffic.Start(cluster.Session);

        // Seen on real ones, for a tenth of a second: the address has changed, and the tokens are not there yet.
        cluster.Server.Nodes[0].OverrideRows(row => row.HostId == node.HostId.Value ? row with { Tokens = default } : row);
        await node.MoveAsync(OldAddress.Reset);
        await cluster.Cluster.RefreshMetadataAsync();
        await traffic.GoOnAsync();
        cluster.Server.Nodes[0].RestoreRows();
        await cluster.Cluster.RefreshMetadataAsync();
        await cluster.AllPoolsOpenAsync();
        await traffic.GoOnAsync();
        await traffic.StopAsync();

        traffic.Failures.Should().BeEmpty();
        cluster.NodeOf(node).Tokens.Should().Equal(before.Tokens);
        cluster.NodeOf(node).State.Should().Be(TopologyState.Normal);
        cluster.Changes.OfType<NodeMoved>().Should().ContainSingle();
        cluster.Changes.Where(change => change is NodeLeft or NodeReplaced).Should().BeEmpty();
    }

    [Fact]
    public async Task All_sessions_take_the_new_endpoint_at_once()
    {
        await using var cluster = await StartAsync();
        await using var second = await cluster.Cluster.ConnectAsync();
        var node = cluster.Server.Nodes[1];
        await Eventually.BecomesTrueAsync(() => cluster.Server.Nodes.All(one => WatchedCluster.IsUsed(second, one)), "both sessions have all pools");
        var gate = new FaultGate();

        // The verification and one session's dial pass, the other session's is held.
        var held = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = RequestKind.Connect, Address = Elsewhere, Skip = 2 });
        await using var one = Traffic.Start(cluster.Session);
        await using var other = Traffic.Start(second);
        await node.MoveAsync(OldAddress.Kept, new NodeEndpoint(Elsewhere, node.Endpoint.Port));
        await held.WaitForHitsAsync(1);
        await Task.WhenAll(one.GoOnAsync(), other.GoOnAsync());
        SentTo(node, Elsewhere).Should().BeEmpty("neither goes alone");

        gate.Open();
        await cluster.PhaseAsync(HandoverPhase.Completed);
        (cluster.IsUsed(node), WatchedCluster.IsUsed(second, node)).Should().Be((true, true));
        await Task.WhenAll(one.GoOnAsync(), other.GoOnAsync());
        await Task.WhenAll(one.StopAsync(), other.StopAsync());
        one.Failures.Concat(other.Failures).Should().BeEmpty();
        cluster.Changes.OfType<NodeMoved>().Should().ContainSingle();
    }

    [Fact]
    public async Task Requests_that_wait_behind_a_stalled_write_are_passed_on()
    {
        const int Requests = 3_000;
        await using var cluster = await StartAsync(new EmbeddedClusterOptions { Nodes = 2, RequestLogCapacity = 0 });
        var node = cluster.Server.Nodes[1];
        using var executed = cluster.Server.CountExecutions(request => request.Integer(0));
        var insert = (await cluster.Session.PrepareAsync("INSERT INTO t (id, n, v) VALUES (?, 0, ?)")).WithIdempotence(false);
        var gate = new FaultGate();
        cluster.Faults.Add(new FaultRule(FaultReaction.StopReading(gate)) { Kind = RequestKind.Execute, Node = node, Times = 1 });

        // Much more than the sockets between hold: some of it is not written when the node moves.
        var text = new string('x', 32 * 1024);
        var pending = Enumerable.Range(1, Requests).Select(id => cluster.Session.ExecuteAsync(insert, (id, text)).AsTask()).ToList();
        await node.MoveAsync(OldAddress.Kept);
        await cluster.PhaseAsync(HandoverPhase.Draining);
        await Eventually.BecomesTrueAsync(() => cluster.Session.Cluster.Handovers.Snapshot()[^1].Forwarded > 0, "what was not written is passed on while the write stands still");
        executed.DistinctKeys.Should().BeLessThan(Requests);
        gate.Open();
        await Task.WhenAll(pending).WaitAsync(TimeSpan.FromMinutes(1));

        (executed.Total, executed.DistinctKeys).Should().Be((Requests, Requests), "those that were written got their answers from the old connection");
        await cluster.PhaseAsync(HandoverPhase.Completed);
        cluster.Phases[^1].Forwarded.Should().BePositive();
        cluster.Phases[^1].Pause.Should().NotBeNull();
        node.Statistics.ConnectionsOpen.Should().Be(1);
    }

    private static EmbeddedClusterOptions Sharded() => new() { Nodes = 2, Scylla = new EmbeddedScyllaOptions { ShardsPerNode = 4 }, RequestLogCapacity = 50_000 };

    private static Func<RequestRecord, bool> OnShardAwarePort(EmbeddedNode node)
    {
        var plain = node.Endpoint.Port;
        return request => request.Server.Port != plain;
    }

    /// <summary>Requests of users that came in at an address.</summary>
    private static List<RequestRecord> SentTo(EmbeddedNode node, IPAddress address) =>
        [.. node.Statistics.RequestsWith("INSERT").Where(request => request.Kind == RequestKind.Execute && request.Server.Address.Equals(address))];

    private static int OpenForUsersAt(EmbeddedNode node, NodeEndpoint endpoint) =>
        node.Statistics.Connections.Count(open => !open.IsRegistered && open.Server.Address.Equals(endpoint.Address));

    private static async Task<WatchedCluster> StartAsync(EmbeddedClusterOptions? server = null, Action<CqlClusterOptions>? configure = null)
    {
        var cluster = await WatchedCluster.StartAsync(server ?? new EmbeddedClusterOptions { Nodes = 3, RequestLogCapacity = 50_000 }, configure);
        await cluster.AllPoolsOpenAsync();
        return cluster;
    }
}
