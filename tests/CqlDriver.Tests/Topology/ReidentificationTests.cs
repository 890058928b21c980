using CqlDriver.Pools;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

/// <summary>Another host id at a known endpoint: a replacement, or the same process under another name (race 14).</summary>
public sealed class ReidentificationTests
{
    [Fact]
    public void All_nodes_under_other_host_ids_are_one_batch_and_no_connection_is_closed()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach(new SessionPoolSettings { ConnectionsPerNode = 2 });
        world.DialAll();
        var before = world.Alive.ToArray();
        var handles = session.State.Pools.Values.Select(pool => pool.Handle).ToArray();
        world.Changes.Clear();

        world.Refresh(Local(11, 1), Row(12, 2));
        world.Metadata.Nodes.Select(node => node.HostId).Should().Equal(Id(1), Id(2));
        Tell(world, 1, 11);
        world.Changes.Should().BeEmpty("all of one refresh are decided together");
        Tell(world, 2, 12);

        world.Changes.Should().ContainSingle().Which.Should().BeOfType<ChangeBatch>().Which.Changes.Should().AllBeOfType<NodeReidentified>().And.HaveCount(2);
        world.Metadata.Nodes.Select(node => node.HostId).Should().Equal(Id(11), Id(12));
        world.Metadata.Nodes.Should().OnlyContain(node => node.IsUp && node.State == TopologyState.Normal);
        world.Started.OfType<CloseConnection>().Should().BeEmpty();
        world.Started.OfType<DialNode>().Should().BeEmpty();
        session.State.Pools.Values.Select(pool => pool.Handle).Should().BeEquivalentTo(handles);
        session.State.Pools.Keys.Should().Equal(Id(11), Id(12));
        world.Alive.Should().BeEquivalentTo(before);
        foreach (var node in world.Metadata.Nodes)
        {
            session.View.PoolOf(node.Ordinal)!.TryPick(null, out _).Should().BeTrue();
        }
    }

    [Fact]
    public void A_connection_that_was_renamed_is_still_missed_when_it_is_lost()
    {
        var (world, session) = One();
        var fence = session.State.Pools[Id(2)].Fence;
        world.Refresh(Local(1, 1), Row(12, 2));
        Tell(world, 2, 12);
        var connection = (FakeConnection)session.State.Pools[Id(12)].Slots[0].Connection!;

        world.Lose(session, fence, connection);

        session.State.Pools[Id(12)].ConnectionCount.Should().Be(0);
        world.Metadata.NodeOf(Id(12))!.IsUp.Should().BeFalse();
        world.Take<DialNode>().Ticket.Fence!.Value.HostId.Should().Be(Id(12), "the node is expected under its new name");
    }

    [Fact]
    public void Dials_under_way_expected_the_old_name_and_are_begun_anew()
    {
        var (world, session) = One(connections: 2, complete: 1);
        var late = world.Dial(2);
        world.Refresh(Local(1, 1), Row(12, 2));
        Tell(world, 2, 12);

        var stale = world.Complete(late);

        world.Started.OfType<CloseConnection>().Should().Contain(closing => closing.Connection == stale);
        world.Started.OfType<DialNode>().Should().ContainSingle().Which.Ticket.Fence!.Value.HostId.Should().Be(Id(12));
        session.State.Pools[Id(12)].ConnectionCount.Should().Be(1);
    }

    [Fact]
    public void Without_a_connection_it_is_a_replacement_at_once()
    {
        var (world, session) = One();
        world.Lose(session, session.State.Pools[Id(2)].Fence, (FakeConnection)session.State.Pools[Id(2)].Slots[0].Connection!);
        world.Changes.Clear();

        world.Refresh(Local(1, 1), Row(12, 2));

        world.Parts.OfType<NodeReplaced>().Should().ContainSingle().Which.Replaced.Should().Be(Id(2));
    }

    [Fact]
    public void Connection_that_breaks_while_it_is_asked_shows_a_replacement()
    {
        var (world, session) = One();
        world.Refresh(Local(1, 1), Row(12, 2));
        var ask = world.Take<AskIdentity>();
        world.Lose(session, session.State.Pools[Id(2)].Fence, (FakeConnection)session.State.Pools[Id(2)].Slots[0].Connection!);

        world.Parts.OfType<NodeReplaced>().Should().ContainSingle();
        world.Step(new IdentityTold(ask.Ticket, Id(12), null));
        world.Parts.OfType<NodeReidentified>().Should().BeEmpty("too late: its pool is gone");
        session.State.Pools.Should().NotContainKey(Id(2));
    }

    [Fact]
    public void Connection_that_does_not_answer_within_the_limit_shows_a_replacement()
    {
        var (world, _) = One();
        world.Refresh(Local(1, 1), Row(12, 2));

        world.Fire(TimerPurpose.IdentityLimit);

        world.Parts.OfType<NodeReplaced>().Should().ContainSingle();
        world.Take<CloseConnection>().DrainLimit.Should().Be(TimeSpan.Zero, "another process is there");
    }

    [Fact]
    public void Node_that_still_says_its_old_name_is_kept_and_asked_again()
    {
        var (world, session) = One();
        world.Refresh(Local(1, 1), Row(12, 2));
        Tell(world, 2, 2);
        world.Metadata.Nodes.Select(node => node.HostId).Should().Equal(Id(1), Id(2));
        session.State.Pools[Id(2)].IsUsable.Should().BeTrue();

        world.Fire(TimerPurpose.RefreshDue);
        world.Read(Local(1, 1), Row(12, 2));
        Tell(world, 2, 12);

        world.Parts.OfType<NodeReidentified>().Should().ContainSingle();
        world.Started.OfType<CloseConnection>().Should().BeEmpty();
    }

    [Fact]
    public void Rows_that_show_the_old_name_again_end_the_doubt()
    {
        var (world, session) = One();
        world.Refresh(Local(1, 1), Row(12, 2));

        world.Refresh(Local(1, 1), Row(2, 2));

        world.State.Doubts.Should().BeEmpty();
        world.Started.OfType<StartTimer>().Should().NotContain(timer => timer.Ticket.Key.Timer == TimerPurpose.IdentityLimit);
        session.State.Pools[Id(2)].IsUsable.Should().BeTrue();
    }

    private static (TopologyWorld World, SessionPools Session) One(int connections = 1, int complete = 1)
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach(new SessionPoolSettings { ConnectionsPerNode = connections });
        while (world.Started.OfType<DialNode>().FirstOrDefault(dial => dial.Ticket.Fence!.Value.HostId == Id(1)) is { } other)
        {
            world.Complete(other);
        }

        for (var i = 0; i < complete; i++)
        {
            world.Complete(world.Dial(2));
        }

        return (world, session);
    }

    private static void Tell(TopologyWorld world, int asked, int told)
    {
        var ask = world.Take<AskIdentity>(ask => ask.Ticket.Fence!.Value.HostId == Id(asked));
        world.Step(new IdentityTold(ask.Ticket, Id(told), null));
    }
}
