using CqlDriver.Pools;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

public sealed class ControlPlaneTests
{
    [Fact]
    public void Race_7_An_answer_that_was_asked_before_a_newer_applied_one_changes_nothing()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        world.Step(new RefreshRequested(1, IsFirst: false));
        var early = world.Take<ReadNodes>();
        world.LoseControl();
        world.OpenControl(Local(1, 1));
        world.Read(Local(1, 1), Row(2, 2), Row(3, 3));

        world.Step(new NodesRead(early.Ticket, Local(1, 1), [], Local(1, 1)));

        world.Metadata.Nodes.Should().HaveCount(3);
    }

    [Fact]
    public void A_waiter_is_answered_only_by_a_refresh_that_started_after_it_asked()
    {
        var world = new TopologyWorld().Begin(Local(1, 1));
        world.Step(new RefreshRequested(1, IsFirst: false));
        world.Step(new RefreshRequested(2, IsFirst: false));
        world.Started.OfType<ReadNodes>().Should().ContainSingle("one refresh at a time");

        world.Read(Local(1, 1));
        Answered(world).Should().Equal(1);
        world.Read(Local(1, 1));
        Answered(world).Should().Equal(1, 2);
        world.Started.OfType<ReadNodes>().Should().BeEmpty();
    }

    [Fact]
    public void Events_within_a_window_are_one_refresh_and_those_during_one_are_not_lost()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        for (var i = 0; i < 100; i++)
        {
            world.Events(new NodeHint(NodeHintKind.Added, At(50 + i)));
        }

        world.Started.OfType<ReadNodes>().Should().BeEmpty("the last one was just now");
        world.Fire(TimerPurpose.RefreshDue);
        world.Events(new NodeHint(NodeHintKind.Added, At(3)));
        world.Started.OfType<ReadNodes>().Should().ContainSingle();
        world.Read(Local(1, 1), Row(2, 2));

        world.Fire(TimerPurpose.RefreshDue);
        world.Read(Local(1, 1), Row(2, 2), Row(3, 3));
        world.Metadata.Nodes.Should().HaveCount(3);
    }

    [Theory]
    [InlineData("Added", 7, true)]
    [InlineData("Added", 2, false)]
    [InlineData("Removed", 7, true)]
    [InlineData("Removed", 2, true)]
    [InlineData("Up", 7, true)]
    [InlineData("Up", 2, true)]
    [InlineData("Down", 7, false)]
    [InlineData("Down", 2, true)]
    public void An_event_is_a_hint_to_read_and_changes_nothing_about_a_connected_node(string kind, int address, bool isRefreshDue)
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        world.Attach();
        world.DialAll();
        world.Changes.Clear();

        world.Events(new NodeHint(Enum.Parse<NodeHintKind>(kind), At(address)));

        world.Changes.Should().BeEmpty();
        world.State.Refresh.IsPlanned.Should().Be(isRefreshDue);
    }

    [Fact]
    public void Gossip_counts_for_nodes_that_no_session_connects_to()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2) with { Datacenter = "dc2" });
        world.Attach();

        world.Events(new NodeHint(NodeHintKind.Down, At(2)));
        Status(world, 2).Should().Be(NodeStatus.Down);
        world.Events(new NodeHint(NodeHintKind.Up, At(2)), new NodeHint(NodeHintKind.Down, At(1)));

        Status(world, 2).Should().Be(NodeStatus.Up);
        Status(world, 1).Should().Be(NodeStatus.Up, "the control connection is there");
    }

    [Fact]
    public void A_node_is_down_when_the_last_connection_is_lost_and_up_with_its_row_read_anew()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach(new SessionPoolSettings { ConnectionsPerNode = 2 });
        world.DialAll();
        var pool = session.State.Pools[Id(2)];
        world.Lose(session, pool.Fence, (Support.FakeConnection)pool.Slots[0].Connection!);
        Status(world, 2).Should().Be(NodeStatus.Up, "one is left");
        world.Lose(session, pool.Fence, (Support.FakeConnection)pool.Slots[1].Connection!);
        Status(world, 2).Should().Be(NodeStatus.Down);

        world.Complete(world.Dial(2));
        Status(world, 2).Should().Be(NodeStatus.Down, "its row is read first");
        world.Read(Local(1, 1), Row(2, 2) with { ReleaseVersion = "5.1" });

        Status(world, 2).Should().Be(NodeStatus.Up);
        var batch = world.Changes[^1].Should().BeOfType<ChangeBatch>().Subject;
        batch.Changes.Select(change => change.GetType()).Should().Equal(typeof(NodeAttributesChanged), typeof(NodeUp));
    }

    [Fact]
    public void A_row_that_cannot_be_read_in_time_does_not_keep_a_node_down()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach();
        world.DialAll();
        var pool = session.State.Pools[Id(2)];
        world.Lose(session, pool.Fence, (Support.FakeConnection)pool.Slots[0].Connection!);
        world.Complete(world.Dial(2));

        world.Fire(TimerPurpose.UpWithoutReading);

        Status(world, 2).Should().Be(NodeStatus.Up);
    }

    [Fact]
    public void A_lagging_node_does_not_remove_a_connected_one_until_it_says_so_twice()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2), Row(3, 3));
        world.Attach();
        world.DialAll();
        world.LoseControl();
        world.OpenControl(Local(2, 2));
        world.Read(Local(2, 2), Row(1, 1));
        world.Metadata.Nodes.Should().HaveCount(3, "a new control connection's first refresh is doubted");

        world.Fire(TimerPurpose.RefreshDue);
        world.Read(Local(2, 2), Row(1, 1));

        world.Metadata.Nodes.Should().HaveCount(2);
    }

    [Fact]
    public void The_first_wait_ends_with_every_address_tried_and_why()
    {
        var world = new TopologyWorld(new TopologySettings { ContactPoints = [At(1), At(2)], StopsAtFaults = true });
        world.Step(new Started());
        world.Step(new RefreshRequested(1, IsFirst: true));
        world.Step(new ContactPointsResolved(world.Take<ResolveContactPoints>().Ticket, [At(1), At(2)], []));
        FailControl(world, new CqlConnectionException("refused", At(1)));
        FailControl(world, new CqlConnectionException("timed out", At(2)));
        world.Started.OfType<AnswerWaiters>().Should().BeEmpty("it is tried again until the limit");
        world.State.Control.Should().BeOfType<ControlPhase.Waiting>();

        world.Fire(TimerPurpose.FirstRefreshLimit);

        world.Take<AnswerWaiters>().Error!.Message.Should().Contain("10.0.0.1:9042: ").And.Contain("10.0.0.2:9042: ").And.Contain("refused").And.Contain("timed out");
    }

    [Fact]
    public void Wrong_credentials_end_the_first_wait_at_once()
    {
        var world = new TopologyWorld();
        world.Step(new Started());
        world.Step(new RefreshRequested(1, IsFirst: true));
        world.Step(new ContactPointsResolved(world.Take<ResolveContactPoints>().Ticket, [At(1)], []));

        FailControl(world, new CqlAuthenticationException("bad password", At(1)));

        world.Take<AnswerWaiters>().Error.Should().BeOfType<CqlAuthenticationException>();
    }

    [Fact]
    public void Same_inputs_same_decisions()
    {
        TopologyWorld Run()
        {
            var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2), Row(3, 3));
            world.Attach(new SessionPoolSettings { ConnectionsPerNode = 3 });
            world.Fail(world.Dial(2));
            world.DialAll();
            world.Refresh(Local(1, 1), Row(2, 3), Row(3, 2));
            world.DialAll();
            world.LoseControl();
            return world;
        }

        var (one, other) = (Run(), Run());
        one.Started.Select(effect => effect.ToString()).Should().Equal(other.Started.Select(effect => effect.ToString()));
        one.Metadata.ToString().Should().Be(other.Metadata.ToString());
    }

    [Fact]
    public void A_fault_changes_nothing_is_told_and_reads_everything_anew()
    {
        var world = new TopologyWorld(new TopologySettings { ContactPoints = [At(1)] }).Begin(Local(1, 1), Row(2, 2));
        var before = world.Metadata;
        var participant = new Failing();
        world.Step(new SessionAttached(participant));

        world.Topology.Fault.Should().BeOfType<InvalidOperationException>();
        world.Metadata.Should().BeSameAs(before);
        world.Step(new RefreshRequested(3, IsFirst: false));
        world.Take<ReadNodes>();
        world.Step(new FaultOccurred(world.Topology.Fault!, IsOfCommittedLog: false));
        world.Started.OfType<AnswerWaiters>().Should().Contain(answer => answer.Waiters.Contains(3) && answer.Error is CqlException);
        world.Fire(TimerPurpose.ControlReconnection);
        world.OpenControl(Local(1, 1));
        world.Read(Local(1, 1), Row(2, 2));
        world.Topology.Fault.Should().BeNull();
    }

    [Fact]
    public void Effect_that_nobody_answers_counts_as_failed_and_its_late_answer_is_dropped()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        world.Attach();
        var lost = world.Dial(2);
        world.DialAll();
        world.Advance(world.Settings.TicketLimit - TimeSpan.FromTicks(1));
        world.Step(new TicketSweepDue());
        world.Started.OfType<StartTimer>().Should().NotContain(timer => timer.Ticket.Key.Timer == TimerPurpose.PoolReconnection);

        world.Advance(TimeSpan.FromTicks(1));
        world.Step(new TicketSweepDue());

        world.Fire(TimerPurpose.PoolReconnection);
        var second = world.Complete(world.Dial(2));
        var late = world.Complete(lost);
        world.Started.OfType<CloseConnection>().Select(closing => closing.Connection).Should().Contain(late).And.NotContain(second);
    }

    [Fact]
    public void A_fault_on_an_answer_answers_it_with_the_worst()
    {
        var world = new TopologyWorld(new TopologySettings { ContactPoints = [At(1)] }).Begin(Local(1, 1), Row(2, 2));
        world.Attach();
        var answer = EffectAnswer.Failed(world.Dial(2).Ticket, new InvalidOperationException("a defect"));

        answer.Should().BeOfType<NodeDialFailed>().Which.IsSubstitute.Should().BeTrue();
        world.Step(answer);
        world.Started.OfType<StartTimer>().Should().Contain(timer => timer.Ticket.Key.Timer == TimerPurpose.PoolReconnection);
    }

    private static IEnumerable<long> Answered(TopologyWorld world) => world.Started.OfType<AnswerWaiters>().SelectMany(answer => answer.Waiters);

    private static NodeStatus Status(TopologyWorld world, int node) => world.Metadata.TryGetNode(Id(node), out var found) ? found.Status : throw new InvalidOperationException();

    private static void FailControl(TopologyWorld world, Exception error) => world.Step(new ControlFailed(world.Take<OpenControlConnection>().Ticket, error));

    private sealed class Failing : ITopologyParticipant
    {
        public int Id => 99;

        public ParticipantDecision Decide(TopologyStep step) => throw new InvalidOperationException("a defect");

        public ParticipantDecision Prepare(ParticipantDecision decision, Metadata next, StepDraft draft) => decision;

        public void Publish(ParticipantDecision decision)
        {
        }
    }
}
