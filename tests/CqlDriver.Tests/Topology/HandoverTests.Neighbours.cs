using CqlDriver.Pools;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

/// <summary>Several sessions that take part in one handover, and several nodes that want one address.</summary>
public sealed partial class HandoverTests
{
    [Fact]
    public void All_sessions_change_in_the_same_step()
    {
        var (world, one) = Two();
        var other = world.Attach(new SessionPoolSettings { ConnectionsPerNode = 2 });
        world.DialAll();
        Begin(world);
        world.Complete(StagedDial(world, session: one.Id));
        Pool(one).Endpoint.Should().Be(At(2), "the other session is not ready");
        world.Complete(StagedDial(world, session: other.Id));
        world.Complete(StagedDial(world, session: other.Id));

        Pool(one).Endpoint.Should().Be(At(9));
        Pool(other).Endpoint.Should().Be(At(9));
        world.Parts.OfType<NodeMoved>().Should().ContainSingle();
    }

    [Fact]
    public void Session_that_closes_meanwhile_is_not_waited_for()
    {
        var (world, one) = Two();
        var other = world.Attach();
        world.DialAll();
        Begin(world);
        world.Complete(StagedDial(world, session: one.Id));

        world.Step(new SessionDetached(other.Id));

        Node(world).Endpoint.Should().Be(At(9));
    }

    [Fact]
    public void Session_that_comes_meanwhile_takes_part_and_dials_only_the_new_endpoint()
    {
        var (world, one) = Two();
        Begin(world);
        var other = world.Attach();

        world.Started.OfType<DialNode>().Where(dial => dial.Ticket.Owner == other.Id && dial.Ticket.Fence!.Value.HostId == Id(2))
            .Should().OnlyContain(dial => dial.Endpoint.Equals(At(9)));
        world.Complete(StagedDial(world, session: one.Id));
        world.Complete(StagedDial(world, session: other.Id));
        Pool(other).Endpoint.Should().Be(At(9));
    }

    [Fact]
    public void Two_dead_nodes_that_swapped_addresses_change_hands_in_one_batch()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2), Row(3, 3));
        var session = world.Attach();
        world.DialAll();
        LoseAll(world, session, 2);
        LoseAll(world, session, 3);
        world.Changes.Clear();
        world.Refresh(Local(1, 1), Row(2, 3), Row(3, 2));

        world.Complete(StagedDial(world, node: 2));

        world.Changes.OfType<ChangeBatch>().Single(batch => batch.Changes.Any(change => change is NodeMoved)).Changes.OfType<NodeMoved>().Should().HaveCount(2);
        world.Metadata.NodeOf(Id(2))!.Endpoint.Should().Be(At(3));
        world.Metadata.NodeOf(Id(3))!.Endpoint.Should().Be(At(2));
        world.Parts.Should().NotContain(change => change is NodeLeft || change is NodeJoined);
    }

    [Fact]
    public void Newcomer_at_the_address_of_a_node_that_still_answers_there_waits()
    {
        var (world, session) = Two();
        world.Refresh(Local(1, 1), Row(2, 9), Row(3, 2));

        world.Metadata.NodeOf(Id(3)).Should().Match<Node>(node => node.Endpoint == null && node.State == TopologyState.Joining);
        Pool(session).Endpoint.Should().Be(At(2));

        world.Verify(2);
        world.Complete(StagedDial(world));
        Node(world).Endpoint.Should().Be(At(9));
        world.Refresh(Local(1, 1), Row(2, 9), Row(3, 2));
        world.Metadata.NodeOf(Id(3)).Should().Match<Node>(node => node.Endpoint!.Equals(At(2)) && node.State == TopologyState.Normal);
    }

    [Fact]
    public void Newcomer_at_the_address_of_a_dead_node_takes_it_at_once()
    {
        var (world, session) = Two();
        LoseAll(world, session);

        world.Refresh(Local(1, 1), Row(2, 9), Row(3, 2));

        Node(world).Endpoint.Should().Be(At(9));
        world.Metadata.NodeOf(Id(3))!.Endpoint.Should().Be(At(2));
    }

    [Fact]
    public void Dial_that_reaches_a_known_node_without_connections_is_evidence_of_where_it_is()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2), Row(3, 3));
        var session = world.Attach();
        world.DialAll();
        LoseAll(world, session, 2);
        LoseAll(world, session, 3);

        world.Fail(world.Dial(2), answered: Id(3));

        world.Metadata.Handovers.Should().ContainSingle().Which.Should().Match<HandoverCheckpoint>(handover => handover.HostId == Id(3) && handover.To.Equals(At(2)));
    }
}
