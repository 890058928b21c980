using CqlDriver.Diagnostics;
using CqlDriver.Pools;
using CqlDriver.Tests.Topology;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Pools;

/// <summary>Each race as an exact interleaving, numbered as in the list of races that must be impossible.</summary>
public sealed class PoolRaceTests
{
    [Fact]
    public void Race_1_A_pool_that_comes_home_after_a_move_is_closed()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach();
        var late = world.Dial(2);
        world.Refresh(Local(1, 1), Row(2, 3));
        var current = world.Complete(world.Dial(2));
        var stale = world.Complete(late);

        PoolOf(session, 2).Endpoint.Should().Be(At(3));
        PoolOf(session, 2).Handle.Slots.All.Should().Equal(current);
        world.Started.OfType<CloseConnection>().Should().ContainSingle(closing => closing.Connection == stale);
        world.Dropped(EffectKind.DialNode).Should().Be(1);
    }

    [Fact]
    public void Race_1_A_failure_that_comes_home_after_a_move_harms_nobody()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach();
        var late = world.Dial(2);
        world.Refresh(Local(1, 1), Row(2, 3));
        world.Complete(world.Dial(2));

        world.Fail(late, new CqlAuthenticationException("refused", At(2)));

        PoolOf(session, 2).IsUsable.Should().BeTrue();
        PoolOf(session, 2).Attempt.Should().Be(0);
        world.Metadata.TryGetNode(Id(2), out var node).Should().BeTrue();
        node!.IsUp.Should().BeTrue();
    }

    [Fact]
    public void Race_2_The_loss_of_a_retired_pools_connection_downs_nobody()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach();
        var old = PoolOf(session, 2).Fence;
        var first = world.Complete(world.Dial(2));
        world.HandOver(2, Local(1, 1), Row(2, 3));
        world.CloseAll();
        world.Changes.Clear();

        world.Lose(session, old, first);

        world.Changes.Should().BeEmpty();
        PoolOf(session, 2).IsUsable.Should().BeTrue();
        world.Dropped(EffectKind.ConnectionLoss).Should().Be(1);
    }

    [Fact]
    public void Race_3_A_replacement_connection_of_an_old_endpoint_is_closed()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach(new SessionPoolSettings { ConnectionsPerNode = 2 });
        world.DialAll();
        var pool = PoolOf(session, 2);
        world.Lose(session, pool.Fence, (Support.FakeConnection)pool.Slots[1].Connection!);
        var late = world.Dial(2);
        world.HandOver(2, Local(1, 1), Row(2, 3));
        var connections = PoolOf(session, 2).ConnectionCount;

        var stale = world.Complete(late);

        world.Started.OfType<CloseConnection>().Should().Contain(closing => closing.Connection == stale);
        PoolOf(session, 2).Endpoint.Should().Be(At(3));
        PoolOf(session, 2).ConnectionCount.Should().Be(connections);
    }

    [Fact]
    public void Race_5_Triggers_that_come_together_start_one_dial()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach();
        var pool = PoolOf(session, 2);
        world.Events(new NodeHint(NodeHintKind.Up, At(2)), new NodeHint(NodeHintKind.Added, At(2)));
        world.Fire(TimerPurpose.RefreshDue);
        world.Read(Local(1, 1), Row(2, 2) with { Rack = "r2" }, Row(3, 3));

        world.Started.OfType<DialNode>().Where(dial => dial.Ticket.Fence!.Value.HostId == Id(2)).Should().ContainSingle();
        PoolOf(session, 2).Fence.Should().Be(pool.Fence, "a pool of the present generation is never replaced");
        world.DialAll();
        world.Refresh(Local(1, 1), Row(2, 2), Row(3, 3));
        world.Started.OfType<DialNode>().Should().BeEmpty();
    }

    [Fact]
    public void Race_6_Node_removed_while_dialling_publishes_nothing()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach();
        var late = world.Dial(2);
        world.Refresh(Local(1, 1));

        var stale = world.Complete(late);

        session.State.Pools.Should().NotContainKey(Id(2));
        world.Started.OfType<CloseConnection>().Should().ContainSingle(closing => closing.Connection == stale);
        world.Started.OfType<StartTimer>().Should().NotContain(timer => timer.Ticket.Key.HostId == Id(2));
    }

    [Fact]
    public void Race_9_Work_of_a_nodes_first_life_does_not_pass_in_its_second()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach();
        var first = world.Dial(2);
        var generation = PoolOf(session, 2).Fence.Generation;
        world.Refresh(Local(1, 1));
        world.Refresh(Local(1, 1), Row(2, 2));
        PoolOf(session, 2).Fence.Generation.Should().BeGreaterThan(generation);

        var stale = world.Complete(first);

        PoolOf(session, 2).ConnectionCount.Should().Be(0);
        world.Started.OfType<CloseConnection>().Should().ContainSingle(closing => closing.Connection == stale);
    }

    [Fact]
    public void Race_10_A_changed_shard_count_lays_the_places_out_anew_and_an_old_report_does_not_undo_it()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach();
        world.Complete(world.Dial(2), Facts(Id(2), 0, 2));
        var generation = PoolOf(session, 2).Fence.Generation;
        PoolOf(session, 2).Slots.Should().HaveCount(2);
        var older = world.Dial(2);
        var pool = PoolOf(session, 2);
        world.Lose(session, pool.Fence, (Support.FakeConnection)pool.Slots[0].Connection!);
        var newer = world.Started.OfType<DialNode>().LastOrDefault(dial => dial.Ticket.Fence!.Value.HostId == Id(2) && dial != older);
        newer.Should().BeNull("one dial at a time when nothing is open");
        world.Fail(older);
        world.Fire(TimerPurpose.PoolReconnection);

        world.Complete(world.Dial(2), Facts(Id(2), 3, 4));

        PoolOf(session, 2).Slots.Should().HaveCount(4);
        PoolOf(session, 2).Slots[3].Connection.Should().NotBeNull();
        PoolOf(session, 2).Fence.Generation.Should().BeGreaterThan(generation);
        var first = world.Dial(2);
        var second = world.Dial(2);
        world.Complete(second, Facts(Id(2), 0, 8));
        PoolOf(session, 2).Slots.Should().HaveCount(8);
        world.Complete(first, Facts(Id(2), 1, 4));
        PoolOf(session, 2).Slots.Should().HaveCount(8, "an older connection's report must not shrink it back");
    }

    [Fact]
    public void Race_10_An_older_connection_of_another_session_does_not_undo_what_a_newer_one_told()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var (one, other) = (world.Attach(), world.Attach());
        var older = world.Dial(2);
        world.Complete(world.Dial(2), Facts(Id(2), 0, 4));

        var stale = world.Complete(older, Facts(Id(2), 0, 2));

        world.Metadata.TryGetNode(Id(2), out var node).Should().BeTrue();
        node!.Sharding!.ShardCount.Should().Be(4);
        PoolOf(one, 2).Slots.Should().HaveCount(4);
        PoolOf(other, 2).ConnectionCount.Should().Be(1);
        world.Started.OfType<CloseConnection>().Should().ContainSingle(closing => closing.Connection == stale);
    }

    [Fact]
    public void Race_12_Three_contact_points_of_one_node_are_one_node()
    {
        var world = new TopologyWorld(new TopologySettings { ContactPoints = [At(1), At(21), At(31)], StopsAtFaults = true }).Begin(Local(1, 1));
        var session = world.Attach();
        world.DialAll();
        world.LoseControl();
        world.Step(new ControlFailed(world.Take<OpenControlConnection>().Ticket, new CqlConnectionException("refused", At(1))));
        world.Step(new ContactPointsResolved(world.Take<ResolveContactPoints>().Ticket, [At(21), At(31)], []));
        world.OpenControl(Local(1, 1));
        world.Read(Local(1, 1));

        world.Metadata.Nodes.Should().ContainSingle();
        session.State.Pools.Should().ContainSingle();
    }

    [Fact]
    public void Race_13_Disposal_with_everything_in_flight_waits_for_all_of_it_and_leaves_nothing()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2), Row(3, 3), Row(4, 4));
        var session = world.Attach(new SessionPoolSettings { ConnectionsPerNode = 2, Keyspace = "a" });
        world.Complete(world.Dial(1));
        world.Fail(world.Dial(2));
        world.Step(new SessionKeyspaceChanged(session.Id, "b", 900));
        var dials = world.Started.OfType<DialNode>().ToArray();
        dials.Should().NotBeEmpty();

        var disposal = session.DisposeAsync().AsTask();
        world.Step(new SessionDetached(session.Id));
        disposal.IsCompleted.Should().BeFalse("dials are out");
        foreach (var dial in dials)
        {
            world.Complete(dial);
        }

        foreach (var set in world.Started.OfType<SetKeyspace>().ToArray())
        {
            world.Started.Remove(set);
            world.Step(new KeyspaceSet(set.Ticket, null));
        }

        disposal.IsCompleted.Should().BeFalse("connections are open");
        world.CloseAll();

        session.State.Tickets.IsEmpty.Should().BeTrue();
        session.State.Phase.Should().Be(SessionPhase.Ended);
        world.Alive.Should().ContainSingle("the control connection is not the session's");
        world.Started.OfType<StartTimer>().Should().BeEmpty();
        disposal.Status.Should().BeOneOf(TaskStatus.RanToCompletion, TaskStatus.WaitingForActivation);
        world.Metadata.Nodes.Should().OnlyContain(node => node.IsUp || node.HostId == Id(2), "a session that is disposed downs nobody");
    }

    [Fact]
    public void Race_13_Shutdown_ends_when_the_last_effect_has_answered()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        world.Step(new RefreshRequested(5, IsFirst: false));
        var read = world.Take<ReadNodes>();

        world.Step(new ShutdownRequested());
        world.Topology.Loop.TryPost(new RefreshAbandoned(0)).Should().BeTrue("a reading is out");
        world.CloseAll();
        world.Step(new NodesReadFailed(read.Ticket, new OperationCanceledException()));

        world.State.Tickets.IsEmpty.Should().BeTrue();
        world.Alive.Should().BeEmpty();
        world.Topology.Loop.TryPost(new RefreshAbandoned(0)).Should().BeFalse("the loop has ended");
        world.Started.OfType<AnswerWaiters>().Should().Contain(answer => answer.Waiters.Contains(5) && answer.Error is ObjectDisposedException);
    }

    [Fact]
    public void Race_18_Another_node_that_answers_is_refused_reported_and_the_nodes_are_read_again()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach();
        world.Advance(TimeSpan.FromSeconds(5));

        world.Fail(world.Dial(2), new CqlConnectionException("wrong node", At(2)), answered: Id(7));

        world.Started.OfType<ReadNodes>().Should().ContainSingle();
        world.Started.OfType<ReportNotice>().Should().Contain(report => report.Message == (NoticeMessage)Log.WrongNode);
        PoolOf(session, 2).ConnectionCount.Should().Be(0);

        world.Fire(TimerPurpose.PoolReconnection);
        var stranger = world.Complete(world.Dial(2), Facts(Id(7)));
        world.Started.OfType<CloseConnection>().Should().Contain(closing => closing.Connection == stranger);
        PoolOf(session, 2).ConnectionCount.Should().Be(0, "no stranger enters a pool, whatever the dial believed");
    }

    [Fact]
    public void Race_21_The_failure_of_a_pool_renewed_at_the_same_generation_does_not_touch_its_successor()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach();
        var old = PoolOf(session, 2).Fence;
        var connection = world.Complete(world.Dial(2));
        world.Step(new NodeForced(Id(2), NodeStatus.ForcedDown));
        session.State.Pools.Should().NotContainKey(Id(2), "what is forced down is not connected to");
        world.Step(new NodeForced(Id(2), null));
        world.Complete(world.Dial(2));
        var renewed = PoolOf(session, 2).Fence;
        renewed.Generation.Should().Be(old.Generation);
        renewed.PoolId.Should().NotBe(old.PoolId);
        world.CloseAll();
        world.Changes.Clear();

        world.Lose(session, old, connection);

        PoolOf(session, 2).IsUsable.Should().BeTrue();
        world.Changes.Should().BeEmpty();
    }

    [Fact]
    public void Race_22_An_event_for_an_address_that_changed_hands_touches_neither_its_old_nor_its_new_owner()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach();
        world.DialAll();
        world.Lose(session, PoolOf(session, 2).Fence, (Support.FakeConnection)PoolOf(session, 2).Slots[0].Connection!);
        world.Refresh(Local(1, 1), Row(3, 2));
        world.Metadata.TryGetNode(Id(3), out _).Should().BeTrue();
        world.DialAll();
        world.Changes.Clear();

        world.Events(new NodeHint(NodeHintKind.Removed, At(2)), new NodeHint(NodeHintKind.Down, At(2)));

        world.Changes.Should().BeEmpty();
        PoolOf(session, 3).IsUsable.Should().BeTrue();
        world.State.Refresh.IsPlanned.Should().BeTrue("it is a hint to read again");
    }

    [Fact]
    public void Race_23_What_an_old_control_connection_says_late_is_not_heard()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var old = ((ControlPhase.Ready)world.State.Control).Connection;
        world.Step(new RefreshRequested(5, IsFirst: false));
        var late = world.Take<ReadNodes>();
        world.LoseControl();
        world.OpenControl(Local(2, 2));
        world.Read(Local(2, 2), Row(1, 1));
        var current = world.State.Control;

        world.Step(new NodesReadFailed(late.Ticket, new CqlConnectionException("lost", At(1))));
        world.Step(new NodesRead(late.Ticket, Local(1, 1), [], Local(1, 1)));
        world.Step(new ControlLost(old.Id, new CqlConnectionException("lost", At(1))));
        world.Step(new EventsObserved(old.Id, [new NodeHint(NodeHintKind.Removed, At(2))], [], false));

        world.State.Control.Should().Be(current);
        world.Metadata.Nodes.Should().HaveCount(2);
        world.Started.OfType<OpenControlConnection>().Should().BeEmpty();
        world.Dropped(EffectKind.ReadNodes).Should().Be(3);
    }

    [Fact]
    public void Race_24_A_connection_dialled_with_an_older_keyspace_joins_only_after_it_was_switched()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach(new SessionPoolSettings { Keyspace = "a" });
        var dial = world.Dial(2);
        dial.Keyspace.Should().Be("a");
        world.Step(new SessionKeyspaceChanged(session.Id, "b", 900));
        world.Step(new SessionKeyspaceChanged(session.Id, "c", 901));

        var connection = world.Complete(dial);
        PoolOf(session, 2).Handle.Slots.Count.Should().Be(0, "it is at the wrong keyspace");
        world.Started.OfType<AnswerWaiters>().Should().Contain(answer => answer.Waiters.Contains(900), "no connection was behind when it was asked");
        var set = world.Take<SetKeyspace>();
        set.Keyspace.Should().Be("c");
        world.Step(new KeyspaceSet(set.Ticket, null));

        PoolOf(session, 2).Handle.Slots.All.Should().Equal(connection);
    }

    [Fact]
    public void Race_24_A_keyspace_changed_while_another_change_is_under_way_ends_at_the_newest()
    {
        var world = new TopologyWorld().Begin(Local(1, 1));
        var session = world.Attach();
        world.DialAll();
        world.Step(new SessionKeyspaceChanged(session.Id, "a", 900));
        world.Step(new SessionKeyspaceChanged(session.Id, "b", 901));

        var first = world.Take<SetKeyspace>();
        world.Started.OfType<SetKeyspace>().Should().BeEmpty("one at a time on a connection");
        world.Step(new KeyspaceSet(first.Ticket, null));
        world.Started.OfType<AnswerWaiters>().Should().Contain(answer => answer.Waiters.Contains(900)).And.NotContain(answer => answer.Waiters.Contains(901));
        var second = world.Take<SetKeyspace>();
        second.Keyspace.Should().Be("b");
        world.Step(new KeyspaceSet(second.Ticket, null));

        world.Started.OfType<AnswerWaiters>().Should().Contain(answer => answer.Waiters.Contains(901) && answer.Error == null);
    }

    [Fact]
    public void A_keyspace_that_is_refused_costs_the_connection_and_not_the_node()
    {
        var world = new TopologyWorld().Begin(Local(1, 1));
        var session = world.Attach();
        world.DialAll();
        world.Changes.Clear();
        world.Step(new SessionKeyspaceChanged(session.Id, "a", 900));

        world.Step(new KeyspaceSet(world.Take<SetKeyspace>().Ticket, new CqlException("no such keyspace")));

        world.Changes.Should().BeEmpty("a refused keyspace downs nobody");
        world.Started.OfType<CloseConnection>().Should().ContainSingle();
        world.Started.OfType<AnswerWaiters>().Should().Contain(answer => answer.Waiters.Contains(900) && answer.Error!.Message.Contains("no such keyspace"));
    }

    [Fact]
    public void An_answer_given_twice_counts_once_and_the_second_is_closed()
    {
        var world = new TopologyWorld().Begin(Local(1, 1));
        var session = world.Attach();
        var dial = world.Dial(1);
        world.Complete(dial);

        var twice = world.Complete(dial);

        PoolOf(session, 1).ConnectionCount.Should().Be(1);
        world.Started.OfType<CloseConnection>().Should().ContainSingle(closing => closing.Connection == twice);
    }

    [Fact]
    public void A_replaced_nodes_pool_is_closed_at_once_and_a_leavers_drains()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2), Row(3, 3));
        world.Attach();
        world.DialAll();

        world.Refresh(Local(1, 1), Row(4, 2));
        world.Fire(TimerPurpose.IdentityLimit);

        world.Take<CloseConnection>(closing => closing.Connection.Endpoint.Equals(At(2))).DrainLimit.Should().Be(TimeSpan.Zero);
        world.Take<CloseConnection>(closing => closing.Connection.Endpoint.Equals(At(3))).DrainLimit.Should().BeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    public void Reconnection_is_one_timer_per_pool_that_an_up_event_cuts_short()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach();
        world.Fail(world.Dial(2));
        world.Fire(TimerPurpose.PoolReconnection);
        world.Fail(world.Dial(2));
        PoolOf(session, 2).Attempt.Should().Be(2);
        world.Started.OfType<StartTimer>().Count(timer => timer.Ticket.Key.Timer == TimerPurpose.PoolReconnection).Should().Be(1);

        world.Events(new NodeHint(NodeHintKind.Up, At(2)));

        world.Started.OfType<StartTimer>().Should().NotContain(timer => timer.Ticket.Key.Timer == TimerPurpose.PoolReconnection);
        world.Complete(world.Dial(2));
        PoolOf(session, 2).IsUsable.Should().BeTrue();
    }

    [Fact]
    public void A_move_to_another_endpoint_swaps_the_view_once_and_drains_the_old_pool()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach();
        world.DialAll();
        var before = session.View;
        world.Metadata.TryGetNode(Id(2), out var node).Should().BeTrue();
        var old = before.PoolOf(node!.Ordinal)!;

        world.HandOver(2, Local(1, 1), Row(2, 3));

        session.View.Should().NotBeSameAs(before);
        session.View.PoolOf(node.Ordinal)!.Endpoint.Should().Be(At(3));
        old.IsRetired.Should().BeTrue();
        old.TryPick(null, out _).Should().BeTrue("requests that hold it may finish");
    }

    [Fact]
    public void Worn_connection_serves_until_its_replacement_is_there_and_then_drains()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach();
        world.DialAll();
        var pool = PoolOf(session, 2);
        var worn = pool.Slots[0].Connection!;

        world.Step(new ConnectionWorn(session.Id, pool.Fence, worn.Id));
        world.Step(new ConnectionWorn(session.Id, pool.Fence, worn.Id));
        PoolOf(session, 2).Handle.TryPick(null, out var picked).Should().BeTrue();
        picked.Should().BeSameAs(worn);
        world.Fail(world.Dial(2));
        PoolOf(session, 2).IsUsable.Should().BeTrue();
        world.Fire(TimerPurpose.PoolReconnection);
        var successor = world.Complete(world.Dial(2));

        PoolOf(session, 2).Handle.TryPick(null, out picked).Should().BeTrue();
        picked.Should().BeSameAs(successor);
        world.Take<CloseConnection>(closing => closing.Connection == worn).DrainLimit.Should().BeGreaterThan(TimeSpan.Zero);
        world.Started.OfType<DialNode>().Should().BeEmpty();
    }

    [Fact]
    public void Worn_connection_that_is_lost_first_leaves_one_dial_for_its_place()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach();
        world.DialAll();
        var pool = PoolOf(session, 2);
        world.Step(new ConnectionWorn(session.Id, pool.Fence, pool.Slots[0].Connection!.Id));

        world.Lose(session, pool.Fence, (Support.FakeConnection)pool.Slots[0].Connection!);

        world.Complete(world.Dial(2));
        world.Started.OfType<DialNode>().Should().BeEmpty();
        PoolOf(session, 2).ConnectionCount.Should().Be(1);
    }

    private static PoolState PoolOf(SessionPools session, int node) => session.State.Pools[Id(node)];
}
