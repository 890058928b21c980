using CqlDriver.Connections;
using CqlDriver.Pools;
using CqlDriver.Routing;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

/// <summary>How a node's traffic goes to another endpoint: each phase, each way out, each exact interleaving.</summary>
public sealed partial class HandoverTests
{
    private static readonly HandoverOptions Options = new();

    [Fact]
    public void Move_while_the_old_endpoint_answers_is_verified_staged_and_cut_over_in_one_batch()
    {
        var (world, session) = Two();
        var old = Pool(session).Handle;
        world.Changes.Clear();

        world.Refresh(Local(1, 1), Row(2, 9));
        world.Metadata.Handovers.Should().BeEmpty("the node answers where it was");
        world.Verify(2);
        Phases(world).Should().Equal(HandoverPhase.Open);
        session.View.PoolOf(Node(world).Ordinal).Should().BeSameAs(old, "requests do not see what is staged");
        world.Complete(StagedDial(world));

        Phases(world).Should().Equal(HandoverPhase.Open, HandoverPhase.CatchUp, HandoverPhase.CutOver, HandoverPhase.Draining);
        var cut = world.Changes.OfType<ChangeBatch>().Single(batch => batch.Changes.Any(change => change is NodeMoved));
        cut.Changes.OfType<NodeMoved>().Should().ContainSingle().Which.Should().Match<NodeMoved>(moved => moved.From!.Equals(At(2)) && moved.To!.Equals(At(9)));
        Node(world).Endpoint.Should().Be(At(9));
        Pool(session).Endpoint.Should().Be(At(9));
        old.Stub!.Target.Should().BeSameAs(Pool(session).Handle);
        world.Parts.Should().NotContain(change => change is NodeDown);

        world.CloseAll();
        Phases(world)[^1].Should().Be(HandoverPhase.Completed);
        world.Metadata.Handovers.Should().BeEmpty();
        world.State.Handovers.Should().BeEmpty();
    }

    [Fact]
    public void Move_of_a_dead_node_takes_one_dial()
    {
        var (world, session) = Two(connections: 3);
        LoseAll(world, session);
        world.Refresh(Local(1, 1), Row(2, 9));

        Phases(world).Should().Equal(HandoverPhase.Open);
        world.Started.OfType<VerifyIdentity>().Should().BeEmpty("nothing answers at the old endpoint that would speak against it");
        world.Complete(StagedDial(world));

        Node(world).Endpoint.Should().Be(At(9));
        Pool(session).ConnectionCount.Should().Be(1);
        Phases(world)[^1].Should().Be(HandoverPhase.Completed, "nothing was left to drain");
    }

    [Fact]
    public void While_the_old_endpoint_answers_every_place_is_waited_for()
    {
        var (world, session) = Two(connections: 3);
        Begin(world);
        world.Complete(StagedDial(world));
        world.Complete(StagedDial(world));
        Node(world).Endpoint.Should().Be(At(2));

        world.Complete(StagedDial(world));

        Node(world).Endpoint.Should().Be(At(9));
        Pool(session).ConnectionCount.Should().Be(3);
    }

    [Fact]
    public void Resurrected_old_address_does_nothing_to_a_node_that_answers()
    {
        var (world, session) = Two();
        var before = world.Metadata;

        world.Refresh(Local(1, 1), Row(2, 9));
        world.Verify(2, answered: 7);

        world.Metadata.Nodes.Should().BeEquivalentTo(before.Nodes);
        world.Metadata.Handovers.Should().BeEmpty();
        Pool(session).Endpoint.Should().Be(At(2));
        world.Fire(TimerPurpose.HandoverRetry);
        world.Started.OfType<VerifyIdentity>().Should().ContainSingle("while it is said it is looked at again, later and later");
    }

    [Fact]
    public void Evidence_that_could_not_be_verified_is_followed_once_the_node_answers_nowhere_else()
    {
        var (world, session) = Two();
        world.Refresh(Local(1, 1), Row(2, 9));
        world.Verify(2, answered: 7);

        LoseAll(world, session);

        Phases(world).Should().Equal(HandoverPhase.Open);
        world.Complete(StagedDial(world));
        Node(world).Endpoint.Should().Be(At(9));
    }

    [Fact]
    public void The_old_pool_serves_and_dials_nothing_while_its_node_is_handed_over()
    {
        var (world, session) = Two(connections: 2);
        world.Lose(session, Pool(session).Fence, (FakeConnection)Pool(session).Slots[0].Connection!);
        var late = world.Dial(2);
        Begin(world);

        world.Started.OfType<DialNode>().Should().OnlyContain(dial => dial.Endpoint.Equals(At(9)));
        Pool(session).IsUsable.Should().BeTrue();
        world.Lose(session, Pool(session).Fence, (FakeConnection)Pool(session).Slots[1].Connection!);
        world.Started.OfType<DialNode>().Should().OnlyContain(dial => dial.Endpoint.Equals(At(9)));
        Node(world).IsUp.Should().BeTrue("as long as the handover may still succeed");
        var stale = world.Complete(late);
        world.Started.OfType<CloseConnection>().Should().Contain(closing => closing.Connection == stale, "that address may be another node's by now");
    }

    [Theory]
    [InlineData(2, "the node is where it was")]
    [InlineData(5, "the node is said to be at 10.0.0.5:9042 now")]
    public void Changed_evidence_aborts_and_everything_is_as_before(int now, string reason)
    {
        var (world, session) = Two(connections: 2);
        var before = world.Metadata;
        Begin(world);
        var staged = world.Complete(StagedDial(world));
        var late = StagedDial(world);

        world.Refresh(Local(1, 1), Row(2, now));

        world.Parts.OfType<HandoverAborted>().Should().ContainSingle().Which.Reason.Should().Be(reason);
        world.Metadata.Nodes.Should().Equal(before.Nodes);
        Node(world).Should().Match<Node>(node => node.Endpoint!.Equals(At(2)) && node.Generation == before.NodeOf(Id(2))!.Generation && node.IsUp);
        world.Metadata.Handovers.Should().BeEmpty();
        session.State.Staged.Should().BeEmpty();
        Pool(session).ConnectionCount.Should().Be(2);
        world.Take<CloseConnection>(closing => closing.Connection == staged).DrainLimit.Should().Be(TimeSpan.Zero);

        var stale = world.Complete(late);
        world.Started.OfType<CloseConnection>().Should().Contain(closing => closing.Connection == stale, "its handover is over");
        world.Dropped(EffectKind.DialNode).Should().BeGreaterThan(0);
    }

    [Fact]
    public void Flip_back_and_forth_never_shows_two_handovers_and_burns_each_number()
    {
        var (world, session) = Two();
        Begin(world);
        var first = world.Metadata.Handovers.Single();
        world.Refresh(Local(1, 1), Row(2, 2));
        Begin(world);
        var second = world.Metadata.Handovers.Single();
        second.Generation.Should().BeGreaterThan(first.Generation);
        second.Handover.Should().NotBe(first.Handover);

        foreach (var dial in world.Started.OfType<DialNode>().ToArray())
        {
            world.Complete(dial);
        }

        Node(world).Should().Match<Node>(node => node.Endpoint!.Equals(At(9)) && node.Generation == second.Generation);
        Pool(session).Fence.Generation.Should().Be(second.Generation);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Node_that_moves_on_while_its_old_connections_drain_is_followed_when_they_are_done(int next)
    {
        var (world, session) = Two();
        world.HandOver(2, Local(1, 1), Row(2, 9));
        Phases(world)[^1].Should().Be(HandoverPhase.Draining);

        world.Refresh(Local(1, 1), Row(2, next));
        world.Started.OfType<VerifyIdentity>().Should().BeEmpty("one handover of a node at a time");
        world.CloseAll();

        Phases(world)[^1].Should().Be(HandoverPhase.Completed);
        world.Take<VerifyIdentity>().Endpoint.Should().Be(At(next), "its connections work and ask for nothing, and nobody knows when it is read again");
        Pool(session).Endpoint.Should().Be(At(9));
    }

    [Fact]
    public void Node_that_leaves_ends_its_handover_and_nothing_of_it_stays()
    {
        var (world, session) = Two();
        Begin(world);
        var late = StagedDial(world);

        world.Refresh(Local(1, 1));

        world.State.Handovers.Should().BeEmpty();
        world.State.Claims.Should().BeEmpty();
        session.State.Pools.Should().NotContainKey(Id(2));
        session.State.Staged.Should().BeEmpty();
        var stale = world.Complete(late);
        world.Started.OfType<CloseConnection>().Should().Contain(closing => closing.Connection == stale);
    }

    [Fact]
    public void Lost_anchor_begins_again_three_times_and_then_gives_up_with_both_names()
    {
        var (world, session) = Two(connections: 12);
        Begin(world);
        for (var lost = 0; lost < 4; lost++)
        {
            world.Complete(StagedDial(world));
            world.Complete(StagedDial(world));
            world.State.Handovers[Id(2)].Checkpoint.Attempt.Should().Be(lost + 1);
            world.Lose(session, session.State.Staged[Id(2)].Fence, (FakeConnection)Oldest(session));
        }

        var aborted = world.Parts.OfType<HandoverAborted>().Should().ContainSingle().Which;
        aborted.Reason.Should().MatchRegex("lost 4 times, from c\\d+ to c\\d+");
        Node(world).Endpoint.Should().Be(At(2));
        world.Started.OfType<StartTimer>().Should().Contain(timer => timer.Ticket.Key.Timer == TimerPurpose.HandoverRetry);
    }

    [Fact]
    public void Without_any_connection_it_goes_back_to_opening()
    {
        var (world, session) = Two(connections: 2);
        Begin(world);
        var first = world.Complete(StagedDial(world));

        world.Lose(session, session.State.Staged[Id(2)].Fence, first);

        Phases(world).Should().Equal(HandoverPhase.Open, HandoverPhase.CatchUp, HandoverPhase.Open);
        world.Complete(StagedDial(world));
        Phases(world)[^1].Should().Be(HandoverPhase.CatchUp);
    }

    [Fact]
    public void At_the_limit_it_takes_over_as_it_is_when_anything_works_there()
    {
        var (world, session) = Two(connections: 2);
        Begin(world);
        world.Complete(StagedDial(world));

        world.Advance(Options.Limit);
        world.Fire(TimerPurpose.Handover);

        Node(world).Endpoint.Should().Be(At(9));
        Pool(session).ConnectionCount.Should().Be(1);
    }

    [Fact]
    public void At_the_limit_it_is_given_up_when_nothing_works_there_and_tried_again_later()
    {
        var (world, session) = Two();
        Begin(world);
        world.Fail(StagedDial(world));

        world.Advance(Options.Limit);
        world.Fire(TimerPurpose.Handover);

        world.Parts.OfType<HandoverAborted>().Should().ContainSingle().Which.Reason.Should().Contain("60 s");
        Pool(session).IsUsable.Should().BeTrue();
        world.Fire(TimerPurpose.HandoverRetry);
        world.Started.OfType<VerifyIdentity>().Should().ContainSingle();
    }

    [Fact]
    public void A_dead_node_has_nothing_to_go_back_to_and_is_tried_without_limit()
    {
        var (world, session) = Two();
        LoseAll(world, session);
        world.Refresh(Local(1, 1), Row(2, 9));
        for (var round = 2; round < 5; round++)
        {
            world.Advance(Options.Limit);
            world.Fire(TimerPurpose.Handover);
            world.State.Handovers[Id(2)].Checkpoint.Attempt.Should().Be(round);
        }

        world.Parts.OfType<HandoverAborted>().Should().BeEmpty();
        world.Complete(StagedDial(world));
        Node(world).Endpoint.Should().Be(At(9));
    }

    [Fact]
    public void Statements_are_prepared_before_requests_come()
    {
        var (world, session) = Two(warmer: new NoWarmer());
        Begin(world);
        world.Complete(StagedDial(world));
        var warm = world.Take<WarmConnection>();
        Node(world).Endpoint.Should().Be(At(2), "what is unknown never counts as ready");

        world.Step(new ConnectionWarmed(warm.Ticket, 0, TimeSpan.FromMilliseconds(1)));

        Node(world).Endpoint.Should().Be(At(9));
        Pool(session).IsUsable.Should().BeTrue();
    }

    [Fact]
    public void Pause_over_the_budget_is_refused_and_said()
    {
        var (world, _) = Two(warmer: new NoWarmer());
        Begin(world);
        world.Complete(StagedDial(world));
        world.Step(new ConnectionWarmed(world.Take<WarmConnection>().Ticket, 5, TimeSpan.FromMilliseconds(200)));

        world.Advance(Options.Limit);
        world.Fire(TimerPurpose.Handover);

        world.Parts.OfType<HandoverAborted>().Should().ContainSingle().Which.Reason.Should().Contain("1000 ms").And.Contain("500 ms");
        Node(world).Endpoint.Should().Be(At(2));
    }

    [Fact]
    public void What_cannot_be_prepared_in_three_tries_does_not_hold_it_up()
    {
        var (world, _) = Two(warmer: new NoWarmer());
        Begin(world);
        world.Complete(StagedDial(world));
        for (var i = 0; i < 3; i++)
        {
            world.Step(new ConnectionWarmed(world.Take<WarmConnection>().Ticket, 1, null));
        }

        Node(world).Endpoint.Should().Be(At(9));
    }

    [Fact]
    public void Keyspace_changed_meanwhile_is_set_before_requests_come()
    {
        var (world, session) = Two();
        Begin(world);
        var dial = StagedDial(world);
        world.Step(new SessionKeyspaceChanged(session.Id, "k", 77));
        world.Complete(dial);
        Node(world).Endpoint.Should().Be(At(2));

        var use = world.Take<SetKeyspace>(use => use.Connection.Endpoint.Equals(At(9)));
        world.Step(new KeyspaceSet(use.Ticket, null));

        Node(world).Endpoint.Should().Be(At(9));
    }

    [Fact]
    public void Node_that_restarted_elsewhere_with_other_shards_is_cut_over_with_them()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach();
        world.Complete(world.Dial(2), Facts(Id(2), shard: 0, shards: 2));
        LoseAll(world, session);
        world.Refresh(Local(1, 1), Row(2, 9));

        world.Complete(StagedDial(world), Facts(Id(2), shard: 3, shards: 4));

        Node(world).Sharding!.ShardCount.Should().Be(4);
        Pool(session).Slots.Should().HaveCount(4);
        Pool(session).Slots[3].Connection.Should().NotBeNull();
    }

    [Fact]
    public void Losing_the_control_connection_keeps_the_handover_and_a_refresh_of_the_next_reconciles_it()
    {
        var (world, _) = Two(connections: 2);
        Begin(world);
        world.Complete(StagedDial(world));

        world.LoseControl();
        world.OpenControl(Local(1, 1));
        world.State.Handovers.Should().ContainKey(Id(2));
        world.Read(Local(1, 1), Row(2, 9));
        world.State.Handovers.Should().ContainKey(Id(2), "the evidence still says so");
        world.Refresh(Local(1, 1), Row(2, 2));
        world.State.Handovers.Should().BeEmpty();
    }

    [Fact]
    public void Plans_are_the_same_before_and_after_a_move()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2), Row(3, 3), Row(4, 4) with { Datacenter = "far" });
        var session = world.Attach();
        world.DialAll();
        var before = Walk(session);

        world.HandOver(2, Local(1, 1), Row(2, 9), Row(3, 3), Row(4, 4) with { Datacenter = "far" });

        world.Metadata.NodeOf(Id(2))!.Endpoint.Should().Be(At(9));
        Walk(session).Should().Equal(before);

        static List<int> Walk(SessionPools session)
        {
            // A conditional request starts at the same node each time.
            var plan = session.View.Plan(new RoutingRequest { IsConditional = true });
            var walked = new List<int>();
            while (session.View.TryNext(ref plan, out var ordinal))
            {
                walked.Add(ordinal);
            }

            return walked;
        }
    }

    [Fact]
    public void Closing_everything_in_the_middle_leaves_no_ticket()
    {
        var (world, session) = Two(connections: 2);
        Begin(world);
        world.Complete(StagedDial(world));
        var late = StagedDial(world);

        world.Step(new SessionDetached(session.Id));
        world.Step(new ShutdownRequested());
        world.Complete(late);
        foreach (var effect in world.Started.OfType<TicketedEffect>().Where(effect => effect is not CloseConnection).ToArray())
        {
            world.Answer(effect);
        }

        world.CloseAll();
        world.State.Tickets.IsEmpty.Should().BeTrue();
        session.State.Phase.Should().Be(SessionPhase.Ended);
        world.Alive.Should().BeEmpty();
    }

    private static (TopologyWorld World, SessionPools Session) Two(int connections = 1, IConnectionWarmer? warmer = null)
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach(new SessionPoolSettings { ConnectionsPerNode = connections, Warmer = warmer });
        world.DialAll();
        return (world, session);
    }

    private static void Begin(TopologyWorld world, int at = 9)
    {
        world.Refresh(Local(1, 1), Row(2, at));
        world.Verify(2);
    }

    private static DialNode StagedDial(TopologyWorld world, int node = 2, int? session = null) =>
        world.Take<DialNode>(dial => dial.Ticket.Handover != 0 && dial.Ticket.Fence!.Value.HostId == Id(node) && (session is null || dial.Ticket.Owner == session));

    private static void LoseAll(TopologyWorld world, SessionPools session, int node = 2)
    {
        while (session.State.Pools[Id(node)].Slots.Select(slot => slot.Connection).FirstOrDefault(open => open is not null) is FakeConnection open)
        {
            world.Lose(session, session.State.Pools[Id(node)].Fence, open);
        }
    }

    private static IPooledConnection Oldest(SessionPools session) =>
        session.State.Staged[Id(2)].Slots.Select(slot => slot.Connection).OfType<IPooledConnection>().MinBy(connection => connection.Id)!;

    private static PoolState Pool(SessionPools session) => session.State.Pools[Id(2)];

    private static Node Node(TopologyWorld world) => world.Metadata.NodeOf(Id(2))!;

    private static List<HandoverPhase> Phases(TopologyWorld world) => [.. world.Parts.OfType<HandoverCheckpoint>().Select(checkpoint => checkpoint.Phase)];

    private sealed class NoWarmer : IConnectionWarmer
    {
        public Task<(int Left, TimeSpan? RoundTrip)> WarmAsync(IPooledConnection connection, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("The test answers the effect itself.");
    }
}
