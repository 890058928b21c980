using CqlDriver.Pools;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

/// <summary>From joining to gone, as a source that tells states shows it.</summary>
public sealed class LifecycleTests
{
    [Fact]
    public void Node_that_joins_is_known_and_not_dialled_until_it_is_promoted()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), In(TopologyState.Joining));
        var session = world.Attach();
        world.Metadata.NodeOf(Id(2))!.State.Should().Be(TopologyState.Joining);
        session.State.Pools.Should().NotContainKey(Id(2));
        world.Changes.Clear();

        world.Refresh(Local(1, 1), In(TopologyState.Normal));

        world.Parts.Should().ContainSingle().Which.Should().BeOfType<NodePromoted>();
        session.State.Pools.Should().ContainKey(Id(2));
    }

    [Fact]
    public void Node_that_drains_serves_and_its_pool_does_not_grow()
    {
        var (world, session) = Connected();

        world.Refresh(Local(1, 1), In(TopologyState.Draining));
        world.Parts.Should().ContainSingle().Which.Should().BeOfType<NodeDraining>();
        session.State.Pools[Id(2)].IsUsable.Should().BeTrue();
        Lose(world, session);
        world.Started.OfType<DialNode>().Should().BeEmpty("two are left, and it is on its way out");
        Lose(world, session);
        Lose(world, session);
        world.Started.OfType<DialNode>().Should().ContainSingle("without any it may still be needed");
    }

    [Fact]
    public void Node_that_stays_after_all_is_shown_as_joining_in_between_and_its_pool_is_filled()
    {
        var (world, session) = Connected();
        world.Refresh(Local(1, 1), In(TopologyState.Draining));
        Lose(world, session);
        world.Changes.Clear();

        world.Refresh(Local(1, 1), In(TopologyState.Normal));

        world.Changes.Should().ContainSingle().Which.Should().BeOfType<ChangeBatch>().Which.Changes.Select(change => change.GetType()).Should().Equal(typeof(NodeDemoted), typeof(NodePromoted));
        world.Metadata.NodeOf(Id(2))!.State.Should().Be(TopologyState.Normal);
        world.DialAll();
        session.State.Pools[Id(2)].ConnectionCount.Should().Be(3);
    }

    [Fact]
    public void Node_that_was_decommissioned_gets_nothing_more_and_answers_what_it_has()
    {
        var (world, session) = Connected();

        world.Refresh(Local(1, 1), In(TopologyState.Decommissioned));

        world.Parts.Should().ContainSingle().Which.Should().BeOfType<NodeDecommissioned>();
        session.State.Pools.Should().NotContainKey(Id(2));
        world.Started.OfType<CloseConnection>().Should().HaveCount(3).And.OnlyContain(closing => closing.DrainLimit > TimeSpan.Zero);
        world.Refresh(Local(1, 1));
        world.Parts.Last().Should().BeOfType<NodeLeft>();
    }

    private static (TopologyWorld World, SessionPools Session) Connected()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), In(TopologyState.Normal));
        var session = world.Attach(new SessionPoolSettings { ConnectionsPerNode = 3 });
        world.DialAll();
        world.Changes.Clear();
        return (world, session);
    }

    private static void Lose(TopologyWorld world, SessionPools session)
    {
        var pool = session.State.Pools[Id(2)];
        world.Lose(session, pool.Fence, (FakeConnection)pool.Slots.First(slot => slot.Connection is not null).Connection!);
    }

    private static NodeRow In(TopologyState state) => Row(2, 2) with { State = state };
}
