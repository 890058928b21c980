using CqlDriver.Pools;
using CqlDriver.Routing;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

/// <summary>Whether a node is up is a function of its connections; what gossip says counts only for nodes that nobody connects to.</summary>
public sealed class NodeStatusTests
{
    public enum Situation
    {
        Connected,
        Reconnecting,
        Unwanted,
        ForcedDown,
    }

    public enum Signal
    {
        UpEvent,
        DownEvent,
        AddedEvent,
        RemovedEvent,
        ForceUp,
        TakeForceBack,
    }

    [Theory]
    [InlineData(Situation.Connected, Signal.UpEvent, NodeStatus.Up)]
    [InlineData(Situation.Connected, Signal.DownEvent, NodeStatus.Up)]
    [InlineData(Situation.Connected, Signal.AddedEvent, NodeStatus.Up)]
    [InlineData(Situation.Connected, Signal.RemovedEvent, NodeStatus.Up)]
    [InlineData(Situation.Connected, Signal.ForceUp, NodeStatus.ForcedUp)]
    [InlineData(Situation.Connected, Signal.TakeForceBack, NodeStatus.Up)]
    [InlineData(Situation.Reconnecting, Signal.UpEvent, NodeStatus.Down)]
    [InlineData(Situation.Reconnecting, Signal.DownEvent, NodeStatus.Down)]
    [InlineData(Situation.Reconnecting, Signal.AddedEvent, NodeStatus.Down)]
    [InlineData(Situation.Reconnecting, Signal.RemovedEvent, NodeStatus.Down)]
    [InlineData(Situation.Reconnecting, Signal.ForceUp, NodeStatus.ForcedUp)]
    [InlineData(Situation.Reconnecting, Signal.TakeForceBack, NodeStatus.Down)]
    [InlineData(Situation.Unwanted, Signal.UpEvent, NodeStatus.Up)]
    [InlineData(Situation.Unwanted, Signal.DownEvent, NodeStatus.Down)]
    [InlineData(Situation.Unwanted, Signal.AddedEvent, NodeStatus.Up)]
    [InlineData(Situation.Unwanted, Signal.RemovedEvent, NodeStatus.Up)]
    [InlineData(Situation.Unwanted, Signal.ForceUp, NodeStatus.ForcedUp)]
    [InlineData(Situation.Unwanted, Signal.TakeForceBack, NodeStatus.Up)]
    [InlineData(Situation.ForcedDown, Signal.UpEvent, NodeStatus.ForcedDown)]
    [InlineData(Situation.ForcedDown, Signal.DownEvent, NodeStatus.ForcedDown)]
    [InlineData(Situation.ForcedDown, Signal.AddedEvent, NodeStatus.ForcedDown)]
    [InlineData(Situation.ForcedDown, Signal.RemovedEvent, NodeStatus.ForcedDown)]
    [InlineData(Situation.ForcedDown, Signal.ForceUp, NodeStatus.ForcedUp)]
    [InlineData(Situation.ForcedDown, Signal.TakeForceBack, NodeStatus.Up)]
    public void Signal_in_a_situation_gives_a_status(Situation situation, Signal signal, NodeStatus expected)
    {
        var world = In(situation, out _);

        Give(world, signal);

        world.Metadata.NodeOf(Id(2))!.Status.Should().Be(expected);
        world.Changes.Should().NotContain(change => change is NodeLeft);
    }

    [Fact]
    public void Forced_down_beats_connections_and_what_events_say_until_it_is_taken_back()
    {
        var world = In(Situation.Connected, out var session);
        foreach (var signal in new[] { Signal.UpEvent, Signal.DownEvent, Signal.UpEvent })
        {
            Give(world, signal);
        }

        world.Step(new NodeForced(Id(2), NodeStatus.ForcedDown));
        Give(world, Signal.UpEvent);

        world.Parts.Where(change => change is NodeUp or NodeDown).Should().ContainSingle().Which.Should().BeOfType<NodeDown>();
        session.State.Pools.Should().NotContainKey(Id(2));
        world.Started.OfType<DialNode>().Should().BeEmpty();
        Give(world, Signal.TakeForceBack);
        world.DialAll();
        session.State.Pools[Id(2)].IsUsable.Should().BeTrue();
    }

    [Fact]
    public void Session_that_closes_downs_nobody_and_another_ones_connections_count()
    {
        var world = In(Situation.Connected, out var session);
        var other = world.Attach();
        world.DialAll();

        world.Step(new SessionDetached(session.Id));
        world.CloseAll();
        world.Step(new SessionDetached(other.Id));
        world.CloseAll();

        world.Parts.Should().NotContain(change => change is NodeDown);
    }

    [Fact]
    public void Node_said_to_be_down_is_asked_for_a_sign_of_life()
    {
        var world = In(Situation.Connected, out var session);

        Give(world, Signal.DownEvent);

        world.Started.OfType<ProbeConnection>().Should().ContainSingle().Which.Connection.Should().BeSameAs(session.State.Pools[Id(2)].Slots[0].Connection);
    }

    [Fact]
    public void All_nodes_gone_for_an_hour_come_back_elsewhere_as_who_they_were()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2), Row(3, 3));
        var session = world.Attach();
        world.DialAll();
        var ordinals = world.Metadata.Nodes.Select(node => node.Ordinal).ToArray();
        foreach (var pool in session.State.Pools.Values)
        {
            world.Lose(session, pool.Fence, (FakeConnection)pool.Slots[0].Connection!);
        }

        world.LoseControl();
        while (world.Now < TimeSpan.FromHours(1))
        {
            RefuseEverything(world);
        }

        world.Metadata.Nodes.Should().HaveCount(3).And.OnlyContain(node => !node.IsUp);
        while (world.Started.OfType<ResolveContactPoints>().FirstOrDefault() is null)
        {
            RefuseEverything(world);
        }

        world.Step(new ContactPointsResolved(world.Take<ResolveContactPoints>().Ticket, [At(11)], []));
        world.OpenControl(Local(1, 11));
        world.Read(Local(1, 11), Row(2, 12), Row(3, 13));
        while (world.Started.OfType<DialNode>().FirstOrDefault() is { } dial)
        {
            if (dial.Endpoint.Address!.GetAddressBytes()[3] > 10)
            {
                world.Complete(dial);
            }
            else
            {
                world.Fail(dial);
            }
        }

        world.Metadata.Nodes.Select(node => node.Endpoint).Should().Equal(At(11), At(12), At(13));
        world.Metadata.Nodes.Select(node => node.Ordinal).Should().Equal(ordinals);
        session.State.Pools.Values.Should().HaveCount(3).And.OnlyContain(pool => pool.IsUsable);
        world.Parts.Should().NotContain(change => change is NodeLeft || change is NodeReplaced);
    }

    private static void RefuseEverything(TopologyWorld world)
    {
        foreach (var dial in world.Started.OfType<DialNode>().ToArray())
        {
            world.Fail(dial);
        }

        while (world.Started.OfType<OpenControlConnection>().FirstOrDefault() is { } open)
        {
            world.Started.Remove(open);
            world.Step(new ControlFailed(open.Ticket, new CqlConnectionException("refused", open.Endpoint)));
        }

        if (world.Started.OfType<ResolveContactPoints>().FirstOrDefault() is { } resolve && world.Now < TimeSpan.FromHours(1))
        {
            world.Started.Remove(resolve);
            world.Step(new ContactPointsResolved(resolve.Ticket, [At(1)], []));
        }
        else if (world.Started.OfType<StartTimer>().OrderBy(timer => timer.DueIn).FirstOrDefault(timer => timer.Ticket.Key.Timer is TimerPurpose.ControlReconnection) is { } timer)
        {
            world.Fire(timer.Ticket.Key.Timer);
        }
    }

    private static TopologyWorld In(Situation situation, out SessionPools session)
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        session = world.Attach(new SessionPoolSettings { Policies = [situation == Situation.Unwanted ? new Ignoring(Id(2)) : new LocalDatacenterPolicy()] });
        world.DialAll();
        if (situation == Situation.Reconnecting)
        {
            var pool = session.State.Pools[Id(2)];
            world.Lose(session, pool.Fence, (FakeConnection)pool.Slots[0].Connection!);
        }
        else if (situation == Situation.ForcedDown)
        {
            world.Step(new NodeForced(Id(2), NodeStatus.ForcedDown));
        }

        world.Changes.Clear();
        return world;
    }

    private static void Give(TopologyWorld world, Signal signal)
    {
        switch (signal)
        {
            case Signal.UpEvent:
                world.Events(new NodeHint(NodeHintKind.Up, At(2)));
                break;
            case Signal.DownEvent:
                world.Events(new NodeHint(NodeHintKind.Down, At(2)));
                break;
            case Signal.AddedEvent:
                world.Events(new NodeHint(NodeHintKind.Added, At(2)));
                break;
            case Signal.RemovedEvent:
                world.Events(new NodeHint(NodeHintKind.Removed, At(2)));
                break;
            case Signal.ForceUp:
                world.Step(new NodeForced(Id(2), NodeStatus.ForcedUp));
                break;
            default:
                world.Step(new NodeForced(Id(2), null));
                break;
        }
    }

    private sealed class Ignoring(HostId ignored) : ILoadBalancingPolicy
    {
        private readonly LocalDatacenterPolicy _others = new();

        public NodeDistance DistanceOf(Node node, Metadata snapshot) =>
            node.HostId == ignored ? NodeDistance.Ignored : _others.DistanceOf(node, snapshot);

        public PlanTable Build(Metadata snapshot) => _others.Build(snapshot);
    }
}
