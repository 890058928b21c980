using System.Collections.Immutable;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology.Monitors;

/// <summary>What a monitor's words do, step by step: it suggests, the rules decide.</summary>
public sealed class MonitorRulesTests
{
    private static readonly TopologySettings Alone = new() { ContactPoints = [], Monitor = new MonitorSettings("registry", RequiresControlConnection: false), StopsAtFaults = true, RandomSeed = 5 };

    [Fact]
    public void It_is_watched_before_it_is_read_and_nothing_else_is_asked()
    {
        var world = new TopologyWorld(Alone);

        world.Step(new Started());

        world.Started.Select(effect => effect.GetType()).Should().Equal(typeof(WatchMonitor), typeof(ReadMonitor));
        world.State.Control.Should().BeOfType<ControlPhase.Idle>();
    }

    [Fact]
    public void The_first_wait_is_answered_by_the_first_list()
    {
        var world = new TopologyWorld(Alone);
        world.Step(new Started());
        world.Step(new RefreshRequested(7, IsFirst: true));

        Tell(world, Node(1), Node(2));

        world.Take<AnswerWaiters>().Should().Match<AnswerWaiters>(answer => answer.Error == null && answer.Waiters.SequenceEqual(new[] { 7L }));
        world.Metadata.Nodes.Select(node => node.HostId).Should().Equal(Id(1), Id(2));
        world.Metadata.InitialDatacenter.Should().Be("dc1");
    }

    [Fact]
    public void At_the_limit_the_first_wait_is_told_what_the_monitor_said()
    {
        var world = new TopologyWorld(Alone);
        world.Step(new Started());
        world.Step(new RefreshRequested(7, IsFirst: true));
        world.Step(new NodesReadFailed(world.Take<ReadMonitor>().Ticket, new InvalidOperationException("no such registry")));

        world.Fire(TimerPurpose.FirstRefreshLimit);

        world.Take<AnswerWaiters>().Error.Should().BeOfType<CqlConnectionException>().Which.Message.Should().Be("registry did not tell the nodes of the cluster within 30 s. It failed: no such registry");
    }

    [Fact]
    public void A_reading_that_failed_is_repeated_later_and_later()
    {
        var world = new TopologyWorld(Alone);
        world.Step(new Started());
        var pauses = new List<TimeSpan>();
        for (var attempt = 0; attempt < 5; attempt++)
        {
            world.Step(new NodesReadFailed(world.Take<ReadMonitor>().Ticket, new InvalidOperationException("no")));
            pauses.Add(world.Started.OfType<StartTimer>().Single(timer => timer.Ticket.Key.Timer == TimerPurpose.RefreshDue).DueIn);
            world.Fire(TimerPurpose.RefreshDue);
        }

        pauses.Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
        Tell(world, Node(1));
        world.State.Watch!.Failures.Should().Be(0);
    }

    [Fact]
    public void What_a_former_stream_says_is_dropped()
    {
        var world = Begin(Node(1), Node(2));
        var former = world.Take<WatchMonitor>();
        world.Step(new MonitorEnded(former.Ticket, new InvalidOperationException("hung up")));
        world.Step(new SuggestionsTold(former.Ticket) { Forced = [(Id(2), NodeStatus.ForcedDown)] });
        world.Fire(TimerPurpose.MonitorRestart);

        world.Step(new SuggestionsTold(former.Ticket) { Forced = [(Id(2), NodeStatus.ForcedDown)] });

        world.Metadata.NodeOf(Id(2))!.Status.Should().Be(NodeStatus.Up);
        world.Dropped(EffectKind.WatchMonitor).Should().Be(2);
    }

    [Fact]
    public void A_stream_that_ends_without_a_word_is_begun_later_and_later_and_the_nodes_are_read_each_time()
    {
        var world = Begin(Node(1));
        var pauses = new List<TimeSpan>();
        for (var attempt = 0; attempt < 4; attempt++)
        {
            world.Step(new MonitorEnded(world.Take<WatchMonitor>().Ticket, null));
            pauses.Add(world.Started.OfType<StartTimer>().Single(timer => timer.Ticket.Key.Timer == TimerPurpose.MonitorRestart).DueIn);
            world.Fire(TimerPurpose.MonitorRestart);
            Tell(world, Node(1));
        }

        pauses.Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
        Suggest(world, new SuggestionsTold(Stream(world)) { IsRefreshSuggested = true });
        world.State.Watch!.Restarts.Should().Be(0, "this one has said something");
    }

    [Fact]
    public void A_list_that_is_told_while_one_is_read_leads_to_another_reading()
    {
        var world = Begin(Node(1));
        world.Step(new RefreshRequested(1, IsFirst: false));
        var reading = world.Take<ReadMonitor>();

        world.Step(new SuggestionsTold(Stream(world)) { Nodes = [Row(1), Row(2)] });
        world.Metadata.Nodes.Should().HaveCount(1, "which of the two is newer nobody knows");
        world.Step(new NodesRead(reading.Ticket, Row(1), [Row(1)], null) { IsWhole = true });
        Tell(world, Node(1), Node(2));

        world.Metadata.Nodes.Select(node => node.HostId).Should().Equal(Id(1), Id(2));
        world.Changes.OfType<NodeLeft>().Should().BeEmpty();
    }

    [Fact]
    public void A_list_that_is_told_when_nothing_is_read_is_taken_at_once_as_one_change()
    {
        var world = Begin(Node(1), Node(2));

        world.Step(new SuggestionsTold(Stream(world)) { Nodes = [Row(2, 12), Row(3)] });

        world.Started.OfType<ReadMonitor>().Should().BeEmpty();
        world.Metadata.Nodes.Select(node => node.ToString()).Should().Equal($"{Id(2)}@{At(12)}", $"{Id(3)}@{At(3)}");
        world.Changes[^1].Should().BeOfType<ChangeBatch>().Which.Changes.Select(change => change.GetType()).Should().BeEquivalentTo([typeof(NodeLeft), typeof(NodeMoved), typeof(NodeJoined)]);
    }

    [Fact]
    public void One_node_is_read_alone_and_the_others_stay()
    {
        var world = Begin(Node(1), Node(2));
        world.Step(new SuggestionsTold(Stream(world)) { Reads = [Id(3), Id(2)] });
        var (third, second) = (world.Take<ReadMonitorNode>(read => read.HostId == Id(3)), world.Take<ReadMonitorNode>());

        world.Step(new NodeRead(third.Ticket, Row(3), null));
        world.Step(new NodeRead(second.Ticket, Row(2) with { Rack = "r9" }, null));

        world.Metadata.Nodes.Select(node => node.Rack).Should().Equal("r1", "r9", "r1");
        world.Started.OfType<ReadMonitor>().Should().BeEmpty();
    }

    [Fact]
    public void One_node_that_was_asked_for_before_the_newest_list_is_ignored()
    {
        var world = Begin(Node(1), Node(2));
        world.Step(new SuggestionsTold(Stream(world)) { Reads = [Id(2)] });
        var late = world.Take<ReadMonitorNode>();
        world.Step(new SuggestionsTold(Stream(world)) { Nodes = [Row(1)] });

        world.Step(new NodeRead(late.Ticket, Row(2), null));

        world.Metadata.Nodes.Select(node => node.HostId).Should().Equal(Id(1));
    }

    [Fact]
    public void A_node_that_is_not_there_when_it_is_asked_for_leaves_by_a_list_alone()
    {
        var world = Begin(Node(1), Node(2));
        world.Advance(TimeSpan.FromSeconds(5));
        world.Step(new SuggestionsTold(Stream(world)) { Reads = [Id(2)] });

        world.Step(new NodeRead(world.Take<ReadMonitorNode>().Ticket, null, null));
        world.Metadata.Nodes.Should().HaveCount(2);
        Tell(world, Node(1));

        world.Metadata.Nodes.Should().HaveCount(1);
    }

    [Fact]
    public void A_node_forced_before_it_is_known_is_forced_when_it_joins()
    {
        var world = Begin(Node(1));
        Suggest(world, new SuggestionsTold(Stream(world)) { Forced = [(Id(2), NodeStatus.ForcedDown), (Id(3), NodeStatus.ForcedDown)] });
        Suggest(world, new SuggestionsTold(Stream(world)) { Forced = [(Id(3), null)] });

        world.Step(new SuggestionsTold(Stream(world)) { Nodes = [Row(1), Row(2), Row(3)] });

        world.Metadata.Nodes.Select(node => node.Status).Should().Equal(NodeStatus.Up, NodeStatus.ForcedDown, NodeStatus.Up);
    }

    /// <summary>Row J20: what is forced beats connections and whatever is suggested, until it is forced otherwise or released.</summary>
    [Theory]
    [InlineData("forced down", "down suggested", NodeStatus.ForcedDown)]
    [InlineData("forced down", "up suggested", NodeStatus.ForcedDown)]
    [InlineData("forced down", "forced up", NodeStatus.ForcedUp)]
    [InlineData("forced down", "released", NodeStatus.Up)]
    [InlineData("forced up", "down suggested", NodeStatus.ForcedUp)]
    [InlineData("forced up", "forced down", NodeStatus.ForcedDown)]
    [InlineData("forced up", "released", NodeStatus.Up)]
    [InlineData("released", "down suggested", NodeStatus.Up)]
    [InlineData("released", "released", NodeStatus.Up)]
    public void Forced_wins(string first, string then, NodeStatus expected)
    {
        var world = Begin(Node(1), Node(2));
        world.Attach();
        world.DialAll();

        Say(world, first);
        world.DialAll();
        Say(world, then);
        world.DialAll();

        world.Metadata.NodeOf(Id(2))!.Status.Should().Be(expected);
        world.State.HasOpenConnection(Id(2)).Should().Be(expected != NodeStatus.ForcedDown, "a pool is closed while it is forced down, and opened again after");
    }

    [Theory]
    [InlineData(9, true, true)]
    [InlineData(9, false, false)]
    [InlineData(2, true, true)]
    public void A_node_that_is_said_to_be_up_is_a_reason_to_read_and_an_unknown_one_that_is_down_is_none(int node, bool isUp, bool isRead)
    {
        var world = Begin(Node(1), Node(2));
        world.Advance(TimeSpan.FromSeconds(5));

        world.Step(new SuggestionsTold(Stream(world)) { Hints = [(Id(node), isUp)] });

        world.Started.OfType<ReadMonitor>().Any().Should().Be(isRead);
    }

    [Fact]
    public void Without_a_session_suggestions_set_what_is_shown()
    {
        var world = Begin(Node(1), Node(2));

        Suggest(world, new SuggestionsTold(Stream(world)) { Hints = [(Id(2), false)] });
        world.Metadata.NodeOf(Id(2))!.Status.Should().Be(NodeStatus.Down);
        Suggest(world, new SuggestionsTold(Stream(world)) { Hints = [(Id(2), true)] });

        world.Metadata.NodeOf(Id(2))!.Status.Should().Be(NodeStatus.Up);
    }

    [Fact]
    public void Suggestions_within_a_second_are_one_reading()
    {
        var world = Begin(Node(1));
        world.Advance(TimeSpan.FromSeconds(5));
        for (var i = 0; i < 20; i++)
        {
            world.Step(new SuggestionsTold(Stream(world)) { IsRefreshSuggested = true });
        }

        Tell(world, Node(1));
        world.Started.OfType<ReadMonitor>().Should().BeEmpty("the second one waits for the window's end");
        world.Fire(TimerPurpose.RefreshDue);

        world.Started.OfType<ReadMonitor>().Should().ContainSingle();
    }

    [Fact]
    public void The_first_list_of_a_new_stream_removes_nobody_who_answers()
    {
        var world = Begin(Node(1), Node(2));
        world.Attach();
        world.DialAll();
        world.Step(new MonitorEnded(world.Take<WatchMonitor>().Ticket, null));
        world.Fire(TimerPurpose.MonitorRestart);

        Tell(world, Node(1));
        world.Metadata.Nodes.Should().HaveCount(2, "a source that has just begun may not know all");
        world.Fire(TimerPurpose.RefreshDue);
        Tell(world, Node(1));

        world.Metadata.Nodes.Should().HaveCount(1);
    }

    [Fact]
    public void The_connection_for_the_schema_is_sought_when_nodes_are_known_and_its_end_stops_no_reading()
    {
        var world = new TopologyWorld(Alone with { ReadsSchema = true });
        world.Step(new Started());
        world.Started.OfType<OpenControlConnection>().Should().BeEmpty();
        Tell(world, Node(1));
        world.OpenControl(TopologyWorld.Row(1, 1));
        world.Take<ReadSchema>().Connection.Should().NotBeNull();
        world.Step(new RefreshRequested(1, IsFirst: false));
        var reading = world.Take<ReadMonitor>();

        world.LoseControl();
        world.Step(new NodesRead(reading.Ticket, Row(1), [Row(1), Row(2)], null) { IsWhole = true });

        world.Metadata.Nodes.Should().HaveCount(2);
        world.Dropped(EffectKind.ReadNodes).Should().Be(0);
    }

    [Fact]
    public void A_connection_that_never_served_the_schema_is_a_failed_candidate()
    {
        var world = new TopologyWorld(Alone with { ReadsSchema = true });
        world.Step(new Started());
        Tell(world, Node(1));
        for (var attempt = 0; attempt < 2; attempt++)
        {
            world.OpenControl(TopologyWorld.Row(1, 1));
            world.LoseControl();
            world.Started.OfType<OpenControlConnection>().Should().BeEmpty("the only node is not dialled again without a pause");
            world.Step(new ContactPointsResolved(world.Take<ResolveContactPoints>().Ticket, [], []));
            world.Fire(TimerPurpose.ControlReconnection);
        }
    }

    [Fact]
    public void One_that_requires_a_control_connection_is_read_while_there_is_one()
    {
        var world = new TopologyWorld(Alone with { ContactPoints = [At(1)], Monitor = new MonitorSettings("registry", RequiresControlConnection: true) });
        world.Step(new Started());
        world.Started.OfType<WatchMonitor>().Should().BeEmpty();
        world.Step(new ContactPointsResolved(world.Take<ResolveContactPoints>().Ticket, [At(1)], []));
        world.OpenControl(TopologyWorld.Row(1, 1));
        Tell(world, Node(1), Node(2));
        world.Step(new RefreshRequested(1, IsFirst: false));

        world.LoseControl();
        world.Started.OfType<CancelEffect>().Should().ContainSingle(cancel => cancel.Cancelled.Kind == EffectKind.ReadNodes);
        world.Step(new SuggestionsTold(Stream(world)) { IsRefreshSuggested = true });
        world.Started.RemoveAll(effect => effect is ReadMonitor);
        world.OpenControl(TopologyWorld.Row(2, 2));

        world.Started.OfType<ReadMonitor>().Should().ContainSingle("everything is read anew");
    }

    [Fact]
    public void A_stream_may_go_on_for_ever()
    {
        var world = Begin(Node(1));
        world.Advance(TimeSpan.FromHours(1));

        world.Step(new TicketSweepDue());

        world.State.Watch!.Stream.Should().NotBeNull();
    }

    [Fact]
    public void After_a_defect_it_is_watched_and_read_anew()
    {
        var world = Begin(Node(1));
        var former = world.Take<WatchMonitor>();

        world.Step(new FaultOccurred(new InvalidOperationException("a defect"), IsOfCommittedLog: false));
        world.Step(new MonitorEnded(former.Ticket, null));
        world.Fire(TimerPurpose.MonitorRestart);

        world.Take<WatchMonitor>().Ticket.Should().NotBe(former.Ticket);
        Tell(world, Node(1), Node(2));
        world.Metadata.Nodes.Should().HaveCount(2);
    }

    [Fact]
    public void Closing_ends_the_stream_and_waits_for_it()
    {
        var world = Begin(Node(1));
        var watch = world.Take<WatchMonitor>();

        world.Step(new ShutdownRequested());
        world.Started.OfType<CancelEffect>().Should().ContainSingle(cancel => cancel.Cancelled == watch.Ticket);
        world.State.Tickets.IsEmpty.Should().BeFalse();
        world.Step(new MonitorEnded(watch.Ticket, null));

        world.State.Tickets.IsEmpty.Should().BeTrue();
        world.Started.OfType<StartTimer>().Should().NotContain(timer => timer.Ticket.Key.Timer == TimerPurpose.MonitorRestart);
    }

    private static TopologyWorld Begin(params NodeDescription[] nodes)
    {
        var world = new TopologyWorld(Alone);
        world.Step(new Started());
        Tell(world, nodes);
        return world;
    }

    private static NodeDescription Node(int id, int? at = null) => new(Id(id), At(at ?? id)) { Datacenter = "dc1", Rack = "r1", Tokens = [new Token(id)] };

    private static NodeRow Row(int id, int? at = null) => Node(id, at).ToRow("registry", id);

    private static EffectTicket Stream(TopologyWorld world) => world.State.Watch!.Stream!;

    /// <summary>Answers the reading that is under way.</summary>
    private static void Tell(TopologyWorld world, params NodeDescription[] nodes)
    {
        ImmutableArray<NodeRow> rows = [.. nodes.Select((node, i) => node.ToRow("registry", i))];
        world.Step(new NodesRead(world.Take<ReadMonitor>().Ticket, rows[0], rows, null) { IsWhole = true });
    }

    /// <summary>Tells something; a reading that follows from it stays unanswered, and is not looked at.</summary>
    private static void Suggest(TopologyWorld world, SuggestionsTold told)
    {
        world.Step(told);
        world.Started.OfType<ReadMonitor>().ToList().ForEach(read =>
        {
            world.Started.Remove(read);
            world.Step(new NodesRead(read.Ticket, Known(world)[0], Known(world), null) { IsWhole = true });
        });
    }

    private static ImmutableArray<NodeRow> Known(TopologyWorld world) =>
        [.. world.Metadata.Nodes.Select((node, i) => new NodeDescription(node.HostId, node.Endpoint!) { Datacenter = node.Datacenter, Rack = node.Rack, Tokens = node.Tokens }.ToRow("registry", i))];

    private static void Say(TopologyWorld world, string what) => Suggest(world, what switch
    {
        "forced down" => new SuggestionsTold(Stream(world)) { Forced = [(Id(2), NodeStatus.ForcedDown)] },
        "forced up" => new SuggestionsTold(Stream(world)) { Forced = [(Id(2), NodeStatus.ForcedUp)] },
        "released" => new SuggestionsTold(Stream(world)) { Forced = [(Id(2), null)] },
        "up suggested" => new SuggestionsTold(Stream(world)) { Hints = [(Id(2), true)] },
        _ => new SuggestionsTold(Stream(world)) { Hints = [(Id(2), false)] },
    });
}
