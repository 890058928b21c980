using CqlDriver.Connections;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.RouteWorld;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

/// <summary>Which route a dial takes, when one is chosen, and when another one is (D8, D11).</summary>
public sealed class RouteChoiceTests
{
    [Fact]
    public void Nodes_and_routes_are_published_in_one_snapshot_and_dialled_after_it()
    {
        var routed = new RouteWorld();
        routed.World.Attach();

        routed.Begin([Route("A", 1), Route("A", 2)], Local(1, 1), Row(2, 2));

        routed.World.Changes.Should().ContainSingle(change => change is ChangeBatch).Which.As<ChangeBatch>().Changes.Should().ContainSingle(part => part is RoutesChanged);
        routed.Dial(1).Target.Should().Be(Via("A", 1));
        routed.Dial(2).Target.Should().Be(Via("A", 2));
    }

    [Fact]
    public void Until_one_has_led_to_the_node_each_dial_takes_the_next_route()
    {
        var routed = new RouteWorld().Begin([Route("C", 1), Route("A", 1), Route("B", 1)], Local(1, 1));
        routed.World.Attach();
        var taken = new List<NodeEndpoint?>();
        for (var i = 0; i < 5; i++)
        {
            var (dial, target) = routed.Dial(1);
            taken.Add(target);
            routed.World.Fail(dial);
            routed.World.Fire(TimerPurpose.PoolReconnection);
        }

        taken.Should().Equal(Via("A", 1), Via("B", 1), Via("C", 1), Via("A", 1), Via("B", 1));
        routed.ChosenFor(1).Should().BeNull();

        routed.Connect(1);

        routed.ChosenFor(1).Should().Be("C");
        routed.Told.Last().Choices.Should().ContainSingle(choice => choice.ConnectionId == "C");
    }

    [Fact]
    public void The_first_success_makes_the_choice_for_all_sessions()
    {
        var routed = new RouteWorld().Begin([Route("A", 1), Route("B", 1)], Local(1, 1));
        var (one, other) = (routed.World.Attach(), routed.World.Attach());
        var (first, viaA) = routed.Dial(1);
        var (second, viaB) = routed.Dial(1);

        routed.World.Complete(second);
        routed.World.Complete(first);

        (viaA, viaB).Should().Be((Via("A", 1), Via("B", 1)));
        routed.ChosenFor(1).Should().Be("B");
        PoolOf(one, 1).Slots[0].Route.IsStale.Should().BeTrue("it serves, and is renewed by the route that was chosen");
        PoolOf(other, 1).Slots[0].Route.IsStale.Should().BeFalse();
        routed.Renew(1).Target.Should().Be(Via("B", 1));
    }

    [Fact]
    public void A_route_is_given_up_after_three_failures_with_nothing_open_and_not_taken_back()
    {
        var routed = new RouteWorld().Begin([Route("A", 1), Route("B", 1)], Local(1, 1));
        var session = routed.World.Attach();
        var connection = routed.Connect(1);
        routed.World.Lose(session, PoolOf(session, 1).Fence, connection);

        routed.FailDials(1, 2);
        routed.ChosenFor(1).Should().Be("A");
        routed.FailDials(1, 1);

        routed.ChosenFor(1).Should().BeNull();
        routed.Dials(1).Should().Be(1, "another way is tried at once");
        var (dial, target) = routed.Dial(1);
        target.Should().Be(Via("B", 1));
        routed.World.Complete(dial);
        routed.ChosenFor(1).Should().Be("B");

        routed.Read([Route("A", 1), Route("B", 1)], Local(1, 1));
        routed.Change([("A", 1)], Route("A", 1, 3));
        routed.ChosenFor(1).Should().Be("B", "what happens to other routes does not matter");
        routed.Timers(TimerPurpose.RouteRenewal).Should().Be(0);
    }

    [Fact]
    public void While_something_is_open_through_a_route_it_is_kept()
    {
        var routed = new RouteWorld().Begin([Route("A", 1), Route("B", 1)], Local(1, 1));
        var session = routed.World.Attach(new() { ConnectionsPerNode = 2 });
        routed.Connect(1);

        routed.FailDials(1, 7);

        routed.ChosenFor(1).Should().Be("A");
        PoolOf(session, 1).IsUsable.Should().BeTrue();
    }

    [Fact]
    public void The_only_route_is_kept_however_often_it_fails()
    {
        var routed = new RouteWorld().Begin([Route("A", 1)], Local(1, 1));
        var session = routed.World.Attach();
        routed.World.Lose(session, PoolOf(session, 1).Fence, routed.Connect(1));

        routed.FailDials(1, 8);

        routed.ChosenFor(1).Should().Be("A");
        PoolOf(session, 1).Attempt.Should().Be(8);
    }

    [Fact]
    public void Refused_credentials_say_nothing_against_a_route()
    {
        var routed = new RouteWorld().Begin([Route("A", 1), Route("B", 1)], Local(1, 1));
        var session = routed.World.Attach();
        routed.World.Lose(session, PoolOf(session, 1).Fence, routed.Connect(1));
        for (var i = 0; i < 4; i++)
        {
            routed.World.Fail(routed.World.Dial(1), new CqlAuthenticationException("no", At(1)));
            routed.World.Fire(TimerPurpose.PoolReconnection);
        }

        routed.ChosenFor(1).Should().Be("A");
    }

    public static TheoryData<string> Arrivals => ["peers first", "route first", "together"];

    /// <summary>S26 with the fallback off.</summary>
    [Theory]
    [MemberData(nameof(Arrivals))]
    public void A_node_and_its_route_come_in_any_order(string order)
    {
        var routed = new RouteWorld().Begin(order == "route first" ? [Route("A", 1), Route("A", 2)] : [Route("A", 1)], Local(1, 1));
        var session = routed.World.Attach();
        routed.Connect(1);
        routed.World.Metadata.Nodes.Should().ContainSingle("a route makes no node");

        routed.Refresh(order == "peers first" ? [Route("A", 1)] : [Route("A", 1), Route("A", 2)], Local(1, 1), Row(2, 2));

        if (order == "peers first")
        {
            routed.StatusOf(2).Should().Be(NodeStatus.NoRoute);
            routed.Dials(2).Should().Be(0);
            routed.Timers(TimerPurpose.PoolReconnection).Should().Be(0, "nothing is waited for but a route");
            PoolOf(session, 2).Attempt.Should().Be(0);
            PoolOf(session, 2).LastError!.Message.Should().Contain("No client route");
            routed.Change([("A", 2)], Route("A", 2));
            routed.StatusOf(2).Should().Be(NodeStatus.Up);
        }

        var (dial, target) = routed.Dial(2);
        target.Should().Be(Via("A", 2));
        routed.World.Complete(dial);
        routed.StatusOf(2).Should().Be(NodeStatus.Up);
    }

    /// <summary>S26 with the fallback on.</summary>
    [Fact]
    public void With_the_fallback_a_node_without_a_route_is_dialled_where_it_is_until_one_comes()
    {
        var routed = new RouteWorld(routes => routes with { AllowsDirect = true }).Begin([Route("A", 1)], Local(1, 1), Row(2, 2));
        var session = routed.World.Attach();
        var (dial, target) = routed.Dial(2);
        target.Should().BeNull();
        var direct = routed.World.Complete(dial);
        routed.StatusOf(2).Should().Be(NodeStatus.Up);
        routed.Notices.Should().ContainSingle(notice => notice.Contains("DialledDirectly", StringComparison.Ordinal));

        routed.Change([("A", 2)], Route("A", 2));

        direct.IsOpen.Should().BeTrue();
        var (renewal, by) = routed.Renew(2);
        by.Should().Be(Via("A", 2));
        routed.World.Complete(renewal);
        PoolOf(session, 2).Slots[0].Route.Used!.Target.Should().Be(Via("A", 2));
        routed.World.Started.OfType<CloseConnection>().Should().ContainSingle(closing => closing.Connection == direct && closing.DrainLimit > TimeSpan.Zero);
    }

    [Fact]
    public void A_node_that_leaves_takes_its_choice_with_it_and_nothing_else()
    {
        var routed = new RouteWorld().Begin([Route("A", 1), Route("A", 2), Route("B", 2)], Local(1, 1), Row(2, 2));
        var session = routed.World.Attach();
        routed.Connect(1);
        routed.World.Fail(routed.World.Dial(2));
        routed.World.Fire(TimerPurpose.PoolReconnection);
        routed.Connect(2);
        routed.ChosenFor(2).Should().Be("B");

        routed.Refresh([Route("A", 1), Route("A", 2), Route("B", 2)], Local(1, 1));
        routed.Table.TryGetChosen(Id(2), out _).Should().BeFalse();
        routed.Table.Routes.Should().HaveCount(3);
        routed.Refresh([Route("A", 1), Route("A", 2), Route("B", 2)], Local(1, 1), Row(2, 2));

        routed.Dial(2).Target.Should().Be(Via("A", 2), "it begins anew");
        session.State.Pools.Should().HaveCount(2);
    }

    [Fact]
    public void When_all_routes_of_a_node_go_its_connections_stay_and_none_is_dialled()
    {
        var routed = new RouteWorld().Begin([Route("A", 1)], Local(1, 1));
        var session = routed.World.Attach();
        var connection = routed.Connect(1);

        routed.Change([("A", 1)]);

        connection.IsOpen.Should().BeTrue();
        routed.StatusOf(1).Should().Be(NodeStatus.Up, "something is open");
        routed.World.Lose(session, PoolOf(session, 1).Fence, connection);
        routed.Dials(1).Should().Be(0);
        routed.StatusOf(1).Should().Be(NodeStatus.NoRoute);

        routed.Change([("A", 1)], Route("A", 1));
        routed.Connect(1);
        routed.StatusOf(1).Should().Be(NodeStatus.Up);
    }

    [Fact]
    public void Behind_a_route_its_port_is_dialled_and_a_shard_wished_for_only_where_that_gets_through()
    {
        foreach (var isAllowed in new[] { false, true })
        {
            var routed = new RouteWorld(routes => routes with { AllowsShardChoice = isAllowed }).Begin([Route("A", 1)], Local(1, 1));
            routed.World.Attach();
            var facts = new ConnectionFacts(ProtocolVersion.V4) { HostId = Id(1), Sharding = new ShardingFacts(0, 2, 12, 19_042, null) };
            routed.World.Complete(routed.World.Dial(1), facts);

            var (dial, target) = routed.Dial(1);

            target.Should().Be(Via("A", 1));
            (dial.Shard is not null).Should().Be(isAllowed);
        }
    }

    [Fact]
    public void Who_answers_behind_a_route_is_no_evidence_of_where_a_node_is()
    {
        var routed = new RouteWorld().Begin([Route("A", 1), Route("A", 2), Route("B", 2)], Local(1, 1), Row(2, 2));
        routed.World.Attach();
        routed.World.Changes.Clear();

        routed.World.Fail(routed.World.Dial(2), new WrongNodeException(Via("A", 2), Id(2), Id(1)), answered: Id(1));

        routed.World.Parts.Should().NotContain(change => change is HandoverCheckpoint || change is NodeMoved);
        routed.World.State.Claims.Should().BeEmpty();
    }

    /// <summary>I27: nothing is dialled at an address that a node says, but for contact points.</summary>
    [Fact]
    public void A_new_control_connection_is_sought_by_routes_then_at_contact_points()
    {
        var routed = new RouteWorld().Begin([Route("A", 1), Route("A", 2)], Local(1, 1), Row(2, 2), Row(3, 3));
        routed.World.Attach();
        routed.World.LoseControl();
        var tried = new List<NodeEndpoint>();
        while (routed.World.Started.OfType<OpenControlConnection>().FirstOrDefault() is { } open)
        {
            routed.World.Started.Remove(open);
            tried.Add(open.Endpoint);
            routed.World.Step(new ControlFailed(open.Ticket, new CqlConnectionException("refused", open.Endpoint)));
        }

        tried.Should().BeEquivalentTo([Via("A", 1), Via("A", 2)], "node 3 has no route");
        routed.World.Started.OfType<ResolveContactPoints>().Should().ContainSingle();
    }

    [Fact]
    public void Clients_that_spread_take_different_connections_and_a_lost_one_moves_only_its_own_nodes()
    {
        var settings = new RouteSettings { Proxies = [.. Enumerable.Range(0, 4).Select(i => new RouteProxy($"c{i}", null))] };
        var state = new ClientRouteState(settings);
        for (var node = 1; node <= 200; node++)
        {
            state = state.With(settings.Proxies.Select(proxy => new ClientRoute(proxy.ConnectionId, Id(node), At(1))), []);
        }

        var spread = settings with { SpreadBy = new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]) };
        var other = settings with { SpreadBy = new Guid(2, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]) };
        var first = Enumerable.Range(1, 200).Select(node => spread.Ordered(state.Table, Id(node))[0].ConnectionId).ToArray();
        var without = spread with { Proxies = [.. settings.Proxies.Where(proxy => proxy.ConnectionId != "c2")] };

        first.GroupBy(id => id).Should().HaveCount(4).And.OnlyContain(group => group.Count() > 25);
        Enumerable.Range(1, 200).Count(node => other.Ordered(state.Table, Id(node))[0].ConnectionId != first[node - 1]).Should().BeGreaterThan(100);
        Enumerable.Range(1, 200).Where(node => without.Ordered(state.Table, Id(node))[0].ConnectionId != first[node - 1]).Should().OnlyContain(node => first[node - 1] == "c2");
        settings.Ordered(state.Table, Id(7)).Select(route => route.ConnectionId).Should().Equal("c0", "c1", "c2", "c3");
    }
}
