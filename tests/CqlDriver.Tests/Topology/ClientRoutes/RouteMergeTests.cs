using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.RouteWorld;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

/// <summary>What a reading of routes changes: S20 to S23 as tables.</summary>
public sealed class RouteMergeTests
{
    private static readonly RouteSettings Settings = new() { Proxies = [new RouteProxy("A", null), new RouteProxy("B", null), new RouteProxy("C", "nlb.example.org")] };
    private static readonly RouteScope Everything = new(["A", "B", "C"], null);

    private readonly StepDraft _step = new(new TopologySettings { ContactPoints = [At(1)] }, new ControlState(), TimeSpan.FromMinutes(1));

    public static IEnumerable<object[]> PartialEvents =>
        from ofA in new[] { "same", "updated", "deleted" }
        from ofB in new[] { "inserted", "updated", "deleted" }
        from namesA in new[] { true, false }
        select new object[] { ofA, ofB, namesA };

    /// <summary>S20: A leads to the node and is used; an event names others, or it too.</summary>
    [Theory]
    [MemberData(nameof(PartialEvents))]
    public void A_choice_changes_only_by_what_is_said_of_its_own_pair(string ofA, string ofB, bool namesA)
    {
        var known = ofB == "inserted" ? Known(Route("A", 1)) : Known(Route("A", 1), Route("B", 1));
        known = Choose(known, "A");
        var table = new List<RouteRow>();
        if (ofA != "deleted")
        {
            table.Add(Route("A", 1, ofA == "updated" ? 5 : 0));
        }

        if (ofB != "deleted")
        {
            table.Add(Route("B", 1, ofB == "updated" ? 5 : 0));
        }

        var scope = RouteScope.Of(namesA ? [Key("A", 1), Key("B", 1)] : [Key("B", 1)]);
        var after = Apply(known, scope, [.. table.Where(row => scope.Contains(Key(row.ConnectionId!, 1)))]);

        var isGone = namesA && ofA == "deleted";
        after.Of(Id(1)).Chosen?.Target.Should().Be(Via("A", 1, namesA && ofA == "updated" ? 5 : 0));
        (after.Table.ChoiceOf(Id(1))?.ConnectionId).Should().Be(isGone && ofB != "deleted" ? null : "A");
        (after.Of(Id(1)).Next?.Target).Should().Be(
            !isGone ? Via("A", 1, namesA && ofA == "updated" ? 5 : 0) : ofB == "deleted" ? null : Via("B", 1, ofB == "updated" ? 5 : 0));
        after.Table.TryGetRoute(Id(1), "B", out var other).Should().Be(ofB != "deleted");
        (other is null || other.Target.Equals(Via("B", 1, ofB == "updated" ? 5 : 0))).Should().BeTrue("what is known is overwritten");
    }

    [Fact]
    public void What_was_not_asked_for_stays_whatever_the_answer_holds()
    {
        var known = Known(Route("A", 1), Route("A", 2), Route("B", 1), Route("B", 2));

        var after = Apply(known, RouteScope.Of([Key("A", 2)]), Route("B", 2, 7), Route("A", 1, 7), Route("X", 2));

        Targets(after).Should().BeEquivalentTo([Via("A", 1), Via("B", 1), Via("B", 2)], "of what was asked nothing came, and the rest was not asked");
    }

    /// <summary>S22: the product of both lists is what was asked, so absence anywhere in it is knowledge.</summary>
    [Fact]
    public void The_whole_product_counts_as_asked()
    {
        var known = Known(Route("A", 1), Route("A", 2), Route("B", 1), Route("B", 2));
        var scope = RouteScope.Of([Key("A", 2), Key("B", 1)]);

        var after = Apply(known, scope, Route("A", 1), Route("B", 1, 3), Route("A", 2));

        Targets(after).Should().BeEquivalentTo([Via("A", 1), Via("B", 1, 3), Via("A", 2)]);
    }

    [Fact]
    public void The_same_row_twice_is_one_route() =>
        Targets(Apply(Known(Route("A", 1)), Everything, Route("A", 1, 2), Route("A", 1, 2))).Should().Equal(Via("A", 1, 2));

    [Fact]
    public void More_than_a_hundred_nodes_are_asked_by_connection()
    {
        RouteScope.Of(Enumerable.Range(1, 100).Select(node => Key("A", node))).HostIds!.Value.Should().HaveCount(100);
        RouteScope.Of(Enumerable.Range(1, 101).Select(node => Key("A", node))).HostIds.Should().BeNull();
    }

    public static IEnumerable<object[]> Defects =>
        from defect in new[] { "no port", "port 0", "port 70000", "no address", "blank address", "two words", "only tls" }
        from hadRoute in new[] { true, false }
        from reading in new[] { "first", "later", "event" }
        select new object[] { defect, hadRoute, reading };

    /// <summary>S23: a row that is there and of no use shows that its route exists.</summary>
    [Theory]
    [MemberData(nameof(Defects))]
    public void A_row_that_cannot_be_used_costs_one_warning_and_nothing_else(string defect, bool hadRoute, string reading)
    {
        var row = defect switch
        {
            "no port" => Route("A", 1) with { Port = null },
            "port 0" => Route("A", 1) with { Port = 0 },
            "port 70000" => Route("A", 1) with { Port = 70_000 },
            "no address" => Route("A", 1) with { Address = null },
            "blank address" => Route("A", 1) with { Address = " " },
            "two words" => Route("A", 1) with { Address = "a b" },
            _ => Route("A", 1) with { Port = null, TlsPort = 9142 },
        };
        var known = hadRoute ? Known(Route("A", 1), Route("B", 2)) : Known(Route("B", 2));
        RouteDoubt? doubt = reading == "event" ? null : new RouteDoubt(TimeSpan.FromMinutes(1), reading == "first");

        var once = RouteMerge.Apply(known, _step, new RouteReading(Everything, [row, Route("B", 2)]), doubt);
        var twice = RouteMerge.Apply(once, _step, new RouteReading(Everything, [row, Route("B", 2)]), doubt);

        Targets(twice).Should().BeEquivalentTo(hadRoute ? [Via("A", 1), Via("B", 2)] : new[] { Via("B", 2) });
        _step.Effects.OfType<ReportNotice>().Should().ContainSingle();
    }

    [Fact]
    public void A_row_whose_key_cannot_be_read_protects_all_that_was_asked_with_it()
    {
        var known = Known(Route("A", 1), Route("B", 2));

        Targets(Apply(known, Everything, Route(null, 1))).Should().HaveCount(2);
        Targets(Apply(known, Everything, Route("A", 1) with { HostId = null })).Should().HaveCount(2);
        Targets(Apply(known, Everything, Route("A", 1) with { HostId = Guid.Empty })).Should().HaveCount(2);
    }

    [Fact]
    public void The_options_address_beats_the_tables_and_makes_an_unreadable_one_harmless()
    {
        var after = Apply(Known(), Everything, Route("C", 1), Route("C", 2) with { Address = null });

        Targets(after).Should().BeEquivalentTo([new NodeEndpoint("nlb.example.org", 9_000), new NodeEndpoint("nlb.example.org", 9_000)]);
    }

    [Theory]
    [InlineData("[2001:db8::1]", "2001:db8::1")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("::ffff:10.1.2.3", "10.1.2.3")]
    [InlineData("[::ffff:10.1.2.3]", "10.1.2.3")]
    [InlineData(" NLB.Example.org ", "nlb.example.org")]
    public void Addresses_are_taken_in_every_form(string address, string host) =>
        Targets(Apply(Known(), Everything, Route("A", 1) with { Address = address })).Should().Equal(new NodeEndpoint(host, 9_000));

    [Fact]
    public void With_tls_the_port_is_the_one_for_it()
    {
        var state = new ClientRouteState(Settings with { IsTls = true });

        Targets(RouteMerge.Apply(state, _step, new RouteReading(Everything, [Route("A", 1) with { TlsPort = 9142 }]), null)).Should().Equal(new NodeEndpoint(Via("A", 1).Host, 9142));
    }

    /// <summary>D6: the first reading of a control connection may be of a node that lags.</summary>
    [Fact]
    public void What_only_the_first_reading_of_an_epoch_misses_is_doubted_until_a_second_one()
    {
        var known = Choose(Known(Route("A", 1)), "A");
        var first = RouteMerge.Apply(known, _step, new RouteReading(Everything, []), new RouteDoubt(TimeSpan.FromSeconds(60), IsFirstOfEpoch: true));
        var tooSoon = RouteMerge.Apply(first, _step, new RouteReading(Everything, []), new RouteDoubt(TimeSpan.FromSeconds(60.5), IsFirstOfEpoch: false));
        var second = RouteMerge.Apply(tooSoon, _step, new RouteReading(Everything, []), new RouteDoubt(TimeSpan.FromSeconds(61), IsFirstOfEpoch: false));

        first.Table.Routes.Should().ContainSingle(route => route.IsUnconfirmed);
        first.Of(Id(1)).Next!.Target.Should().Be(Via("A", 1));
        Targets(tooSoon).Should().ContainSingle();
        Targets(second).Should().BeEmpty();
        Apply(first, Everything).Table.Routes.Should().BeEmpty("an event has announced it");
        Apply(first, Everything, Route("A", 1)).Table.Routes.Should().ContainSingle(route => !route.IsUnconfirmed);
    }

    /// <summary>Race 11 without its defence: what was not asked for goes with the rest.</summary>
    [Fact]
    public void Without_the_defence_a_partial_event_takes_an_innocent_route()
    {
        var defenceless = new StepDraft(new TopologySettings { ContactPoints = [At(1)], Defences = Defences.All.Without(Race.ClientRoutes) }, new ControlState(), TimeSpan.Zero);

        Targets(RouteMerge.Apply(Known(Route("A", 1)), defenceless, new RouteReading(RouteScope.Of([Key("B", 1)]), [Route("B", 1)]), null)).Should().Equal(Via("B", 1));
        Targets(Apply(Known(Route("A", 1)), RouteScope.Of([Key("B", 1)]), Route("B", 1))).Should().HaveCount(2);
    }

    private ClientRouteState Known(params RouteRow[] rows) => Apply(new ClientRouteState(Settings), Everything, rows);

    private ClientRouteState Apply(ClientRouteState routes, RouteScope scope, params RouteRow[] rows) => RouteMerge.Apply(routes, _step, new RouteReading(scope, [.. rows]), doubt: null);

    private static ClientRouteState Choose(ClientRouteState routes, string connectionId) =>
        routes.With(Id(1), routes.Of(Id(1)) with { Chosen = routes.Of(Id(1)).Routes.Single(route => route.ConnectionId == connectionId) });

    private static ClientRouteKey Key(string connectionId, int node) => new(Id(node), connectionId);

    private static IEnumerable<NodeEndpoint> Targets(ClientRouteState routes) => routes.Table.Routes.Select(route => route.Target);
}
