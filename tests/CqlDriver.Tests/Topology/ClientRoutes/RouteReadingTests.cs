using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.RouteWorld;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

/// <summary>When routes are read, and whose answer counts (S20 to S24, S27).</summary>
public sealed class RouteReadingTests
{
    /// <summary>Race 11: partial, mixed and foreign events.</summary>
    [Fact]
    public void Race_11_A_partial_mixed_and_foreign_event_moves_nobody()
    {
        var routed = new RouteWorld().Begin([Route("A", 1), Route("A", 2), Route("B", 1)], Local(1, 1), Row(2, 2));
        var session = routed.World.Attach();
        var (one, two) = (routed.Connect(1), routed.Connect(2));
        routed.World.Changes.Clear();

        // Names B and C for node 1, a stranger's pair for node 2, and A for a node that nobody knows.
        routed.Event(("B", 1), ("C", 1), ("stranger", 2), ("A", 9));
        var read = routed.World.Take<ReadRoutes>();
        read.Scope.ConnectionIds.Should().Equal("A", "B", "C");
        read.Scope.HostIds!.Value.Should().Equal(Id(1), Id(9));
        routed.World.Step(new RoutesRead(read.Ticket, new RouteReading(read.Scope, [Route("A", 1), Route("C", 1), Route("A", 9)])));

        routed.Told.Should().ContainSingle().Which.Choices.Should().BeEmpty();
        (routed.ChosenFor(1), routed.ChosenFor(2)).Should().Be(("A", "A"));
        routed.Table.Routes.Select(route => route.Target).Should().BeEquivalentTo([Via("A", 1), Via("C", 1), Via("A", 2), Via("A", 9)]);
        (one.IsOpen, two.IsOpen).Should().Be((true, true));
        routed.Timers(TimerPurpose.RouteRenewal).Should().Be(0);
        routed.World.Metadata.Nodes.Should().HaveCount(2);
        session.State.Pools.Should().HaveCount(2);
    }

    [Fact]
    public void An_event_of_strangers_alone_reads_nothing()
    {
        var routed = new RouteWorld().Begin([Route("A", 1)], Local(1, 1));

        routed.Event(("stranger", 1), ("other", 2));

        routed.World.Started.Should().NotContain(effect => effect is ReadRoutes);
    }

    [Fact]
    public void One_reading_at_a_time_and_what_comes_meanwhile_is_read_after_it()
    {
        var routed = new RouteWorld().Begin([Route("A", 1), Route("A", 2)], Local(1, 1), Row(2, 2));

        routed.Event(("A", 1));
        routed.Event(("A", 2));
        routed.World.Started.OfType<ReadRoutes>().Should().ContainSingle();
        routed.Answer(Route("A", 1, 1));
        routed.Answer(Route("A", 2, 1));

        routed.Table.Routes.Select(route => route.Target).Should().Equal(Via("A", 1, 1), Via("A", 2, 1));
        routed.World.Started.Should().NotContain(effect => effect is ReadRoutes);
    }

    /// <summary>S24: the refresh may have read before the event.</summary>
    [Fact]
    public void An_event_during_a_full_reading_is_read_again_afterwards()
    {
        var routed = new RouteWorld().Begin([Route("A", 1)], Local(1, 1));
        routed.World.Step(new RefreshRequested(7, IsFirst: false));

        routed.Event(("A", 1));
        routed.World.Started.Should().NotContain(effect => effect is ReadRoutes);
        routed.Read([Route("A", 1)], Local(1, 1));
        routed.Answer(Route("A", 1, 2));

        routed.Table.Routes.Should().ContainSingle().Which.Target.Should().Be(Via("A", 1, 2));
    }

    [Fact]
    public void A_targeted_reading_that_is_older_than_a_full_one_comes_too_late()
    {
        var routed = new RouteWorld().Begin([Route("A", 1)], Local(1, 1));
        routed.Event(("A", 1));
        var late = routed.World.Take<ReadRoutes>();
        routed.Refresh([Route("A", 1, 2)], Local(1, 1));

        routed.World.Step(new RoutesRead(late.Ticket, new RouteReading(late.Scope, [Route("A", 1, 1)])));

        routed.Table.Routes.Should().ContainSingle().Which.Target.Should().Be(Via("A", 1, 2));
        routed.World.Dropped(EffectKind.ReadRoutes).Should().Be(1);
    }

    [Fact]
    public void A_reading_of_an_older_control_connection_is_dropped_and_does_not_hold_up_later_ones()
    {
        var routed = new RouteWorld().Begin([Route("A", 1)], Local(1, 1));
        routed.Event(("A", 1));
        var late = routed.World.Take<ReadRoutes>();
        routed.World.LoseControl();
        routed.World.OpenControl(Local(1, 1));
        routed.World.Step(new RoutesRead(late.Ticket, new RouteReading(late.Scope, [Route("A", 1, 9)])));
        routed.Read([Route("A", 1, 2)], Local(1, 1));

        routed.Table.Routes.Should().ContainSingle().Which.Target.Should().Be(Via("A", 1, 2));
        routed.Change([("A", 1)], Route("A", 1, 3));
        routed.Table.Routes.Should().ContainSingle().Which.Target.Should().Be(Via("A", 1, 3));
    }

    /// <summary>S24: a lagging node's table goes back in time; its late event sets it right.</summary>
    [Fact]
    public void A_lagging_nodes_table_closes_nothing_and_its_late_event_sets_it_right()
    {
        var routed = new RouteWorld().Begin([Route("A", 1, 1), Route("B", 1)], Local(1, 1));
        var session = routed.World.Attach();
        var connection = routed.Connect(1);
        routed.World.LoseControl();
        routed.World.OpenControl(Local(1, 1));

        routed.Read([Route("B", 1)], Local(1, 1));
        routed.ChosenFor(1).Should().Be("A");
        routed.Timers(TimerPurpose.RouteRenewal).Should().Be(0);
        routed.Change([("A", 1)], Route("A", 1, 1));

        connection.IsOpen.Should().BeTrue();
        routed.Table.Routes.Should().HaveCount(2).And.OnlyContain(route => !route.IsUnconfirmed);
        PoolOf(session, 1).Slots[0].Route.IsStale.Should().BeFalse();
    }

    [Fact]
    public void A_doubted_route_is_looked_for_again_a_second_later()
    {
        var routed = new RouteWorld().Begin([Route("A", 1)], Local(1, 1));
        routed.World.LoseControl();
        routed.World.OpenControl(Local(1, 1));
        routed.Read([], Local(1, 1));
        routed.Table.Routes.Should().ContainSingle(route => route.IsUnconfirmed);

        routed.World.Fire(TimerPurpose.RefreshDue);
        routed.Read([], Local(1, 1));

        routed.Table.Routes.Should().BeEmpty();
    }

    [Fact]
    public void Events_that_nobody_understands_cost_one_warning_and_a_full_reading_and_not_the_control_connection()
    {
        var routed = new RouteWorld().Begin([Route("A", 1), Route("B", 1)], Local(1, 1));
        var control = routed.Control;

        routed.Hint(new RouteHints([], "it lists 1 connections and 2 nodes"));
        var read = routed.World.Take<ReadRoutes>();
        read.Scope.Should().BeEquivalentTo(new RouteScope(["A", "B", "C"], null));
        routed.World.Step(new RoutesRead(read.Ticket, new RouteReading(read.Scope, [Route("A", 1, 4)])));
        routed.Hint(new RouteHints([], "it lists 1 connections and 2 nodes"));

        routed.Table.Routes.Should().ContainSingle().Which.Target.Should().Be(Via("A", 1, 4));
        routed.Notices.Where(notice => notice.Contains("it lists", StringComparison.Ordinal)).Should().ContainSingle();
        routed.World.Started.OfType<ReadRoutes>().Should().ContainSingle("the second event is read for too");
        routed.Control.Should().BeSameAs(control);
    }

    [Fact]
    public void A_reading_that_fails_is_made_up_for_by_a_full_refresh()
    {
        var routed = new RouteWorld().Begin([Route("A", 1)], Local(1, 1));
        routed.Event(("A", 1));
        var control = routed.Control;
        routed.World.Advance(TimeSpan.FromSeconds(5));

        routed.World.Step(new RoutesReadFailed(routed.World.Take<ReadRoutes>().Ticket, new CqlConnectionException("slow", At(1))));
        routed.Read([Route("A", 1, 2)], Local(1, 1));

        routed.Table.Routes.Should().ContainSingle().Which.Target.Should().Be(Via("A", 1, 2));
        routed.Control.Should().BeSameAs(control);
    }

    /// <summary>S27: the advertised address is the node's, the route is not.</summary>
    [Fact]
    public void Another_route_is_no_move_and_another_port_is_one()
    {
        var routed = new RouteWorld().Begin([Route("A", 1)], Local(1, 1));
        var session = routed.World.Attach();
        routed.Connect(1);
        var generation = routed.World.State.GenerationOf(Id(1));
        routed.World.Changes.Clear();

        routed.Change([("A", 1)], Route("A", 1, 5));
        routed.World.Parts.Should().ContainSingle().Which.Should().BeOfType<RoutesChanged>();
        routed.World.State.GenerationOf(Id(1)).Should().Be(generation);
        PoolOf(session, 1).Fence.Generation.Should().Be(generation);

        routed.Refresh([Route("A", 1, 5)], Local(1, 1) with { Port = 9043 });
        var verify = routed.World.Take<VerifyIdentity>();
        verify.Ticket.Route!.Target.Should().Be(Via("A", 1, 5), "even to see who is there, nothing is dialled past the balancer");
        routed.World.Step(new IdentityVerified(verify.Ticket, Id(1), null));
        while (routed.World.Started.OfType<DialNode>().FirstOrDefault(dial => dial.Ticket.Handover != 0) is { } dial)
        {
            dial.Ticket.Route!.Target.Should().Be(Via("A", 1, 5));
            routed.World.Complete(dial);
        }

        routed.World.Parts.Should().ContainSingle(change => change is NodeMoved);
    }

    [Fact]
    public void A_node_said_to_be_elsewhere_while_no_route_leads_to_it_is_looked_at_when_one_has_come()
    {
        var routed = new RouteWorld().Begin([Route("A", 1)], Local(1, 1));
        routed.World.Attach();
        routed.Connect(1);
        routed.Change([("A", 1)]);
        routed.Refresh([], Local(1, 2));
        routed.World.Started.OfType<VerifyIdentity>().Should().BeEmpty("nothing is dialled past the balancer");

        routed.World.Fire(TimerPurpose.HandoverRetry);
        routed.World.Started.OfType<VerifyIdentity>().Should().BeEmpty("there is still none");
        routed.Change([("A", 1)], Route("A", 1, 5));
        routed.World.Fire(TimerPurpose.HandoverRetry);

        routed.World.Take<VerifyIdentity>().Ticket.Route!.Target.Should().Be(Via("A", 1, 5));
    }
}
