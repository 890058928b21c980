using CqlDriver.Pools;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.RouteWorld;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

/// <summary>A route changes under live pools (S25, D9).</summary>
public sealed class RouteRenewalTests
{
    private readonly RouteWorld _routed = new RouteWorld().Begin([Route("A", 1)], Local(1, 1));

    [Fact]
    public void Connections_migrate_one_by_one_each_closed_when_its_successor_is_there()
    {
        var session = Attach(connections: 3, out var old);

        _routed.Change([("A", 1)], Route("A", 1, 1));
        for (var i = 0; i < 3; i++)
        {
            _routed.Timers(TimerPurpose.RouteRenewal).Should().Be(1);
            _routed.Dials(1).Should().Be(0);
            var began = _routed.World.Now;
            var (dial, target) = _routed.Renew(1);
            (_routed.World.Now - began).Should().Be(i == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(1), "one a second, the first at once");
            target.Should().Be(Via("A", 1, 1));
            PoolOf(session, 1).ConnectionCount.Should().Be(3, "make before break");
            Closing().Should().HaveCount(i);
            _routed.World.Complete(dial);
            Closing().Should().HaveCount(i + 1).And.OnlyContain(closing => closing.DrainLimit > TimeSpan.Zero && old.Contains(closing.Connection));
        }

        _routed.Timers(TimerPurpose.RouteRenewal).Should().Be(0);
        PoolOf(session, 1).Slots.Should().OnlyContain(slot => slot.Route.Used!.Target.Equals(Via("A", 1, 1)) && !slot.Route.IsStale && !slot.Route.IsDue);
    }

    [Fact]
    public void Two_sessions_share_the_pace()
    {
        Attach(connections: 1, out _);
        Attach(connections: 1, out _);

        _routed.Change([("A", 1)], Route("A", 1, 1));

        _routed.World.Started.OfType<StartTimer>().Where(timer => timer.Ticket.Key.Timer == TimerPurpose.RouteRenewal).Select(timer => timer.DueIn)
            .Should().Equal(TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    /// <summary>Race 25: the row of the route that is used is updated to a bad target.</summary>
    [Fact]
    public void Race_25_A_bad_target_cuts_nothing_that_works()
    {
        var session = Attach(connections: 2, out var old);

        _routed.Change([("A", 1)], Route("A", 1, 1));
        for (var i = 0; i < 3; i++)
        {
            _routed.World.Fail(_routed.Renew(1).Dial);
            FirePause();
        }

        _routed.Timers(TimerPurpose.RouteRenewal).Should().Be(0, "three failures are enough");
        _routed.Notices.Should().ContainSingle(notice => notice.Contains("RouteRenewalStopped", StringComparison.Ordinal));
        Closing().Should().BeEmpty();
        old.Should().OnlyContain(connection => connection.IsOpen);
        PoolOf(session, 1).IsUsable.Should().BeTrue();
        _routed.StatusOf(1).Should().Be(NodeStatus.Up);

        // The row is set right: it goes on, whatever pause was due.
        _routed.Change([("A", 1)], Route("A", 1, 2));
        var (dial, target) = _routed.Renew(1);
        target.Should().Be(Via("A", 1, 2));
        _routed.World.Complete(dial);
        Closing().Should().ContainSingle();
    }

    [Fact]
    public void Race_25_Without_its_defence_what_works_is_closed()
    {
        var routed = new RouteWorld(settings: settings => settings with { Defences = Defences.All.Without(Race.BadRoute) }).Begin([Route("A", 1)], Local(1, 1));
        var session = routed.World.Attach();
        routed.Connect(1);

        routed.Change([("A", 1)], Route("A", 1, 1));

        routed.World.Started.OfType<CloseConnection>().Should().ContainSingle();
        PoolOf(session, 1).IsUsable.Should().BeFalse();
    }

    /// <summary>S25 (b): other usable connections are tried before it is given up.</summary>
    [Fact]
    public void When_the_new_target_is_bad_another_private_connection_takes_over()
    {
        var session = Attach(connections: 1, out var old);
        _routed.Change([("B", 1)], Route("B", 1));

        _routed.Change([("A", 1)], Route("A", 1, 1));
        for (var i = 0; i < 3; i++)
        {
            _routed.World.Fail(_routed.Renew(1).Dial);
            FirePause();
        }

        _routed.ChosenFor(1).Should().BeNull();
        old.Should().OnlyContain(connection => connection.IsOpen);
        var (dial, target) = _routed.Renew(1);
        target.Should().Be(Via("B", 1));
        _routed.World.Complete(dial);
        _routed.ChosenFor(1).Should().Be("B");
        PoolOf(session, 1).Slots[0].Route.Used!.ConnectionId.Should().Be("B");
    }

    /// <summary>S25 (c): the old proxy goes before the migration.</summary>
    [Fact]
    public void When_the_old_proxy_goes_first_the_new_target_is_dialled_at_once()
    {
        var session = Attach(connections: 1, out var old);
        _routed.World.Lose(session, PoolOf(session, 1).Fence, old[0]);
        _routed.FailDials(1, 2);
        _routed.Timers(TimerPurpose.PoolReconnection).Should().Be(1);

        _routed.Change([("A", 1)], Route("A", 1, 1));

        _routed.Timers(TimerPurpose.PoolReconnection).Should().Be(0, "the pause was for the old target");
        PoolOf(session, 1).Attempt.Should().Be(0);
        _routed.Dial(1).Target.Should().Be(Via("A", 1, 1));
    }

    [Fact]
    public void What_is_being_dialled_by_the_old_target_is_not_waited_for_where_nothing_works()
    {
        var session = Attach(connections: 1, out var old);
        _routed.World.Lose(session, PoolOf(session, 1).Fence, old[0]);
        var (late, _) = _routed.Dial(1);

        _routed.Change([("A", 1)], Route("A", 1, 1));
        var (dial, target) = _routed.Dial(1);
        var stale = _routed.World.Complete(late);
        var current = _routed.World.Complete(dial);

        target.Should().Be(Via("A", 1, 1));
        Closing().Should().ContainSingle(closing => closing.Connection == stale);
        PoolOf(session, 1).Handle.Slots.All.Should().Equal(current);
    }

    /// <summary>S25 (d): where something works an arrival by the old target is adopted, and renewed like the others.</summary>
    [Fact]
    public void A_dial_by_the_old_target_that_comes_home_is_adopted_once_and_marked()
    {
        var session = _routed.World.Attach(new SessionPoolSettings { ConnectionsPerNode = 2 });
        _routed.Connect(1);
        var (late, before) = _routed.Dial(1);
        _routed.Change([("A", 1)], Route("A", 1, 1));

        before.Should().Be(Via("A", 1));
        _routed.World.Complete(late);

        PoolOf(session, 1).ConnectionCount.Should().Be(2);
        PoolOf(session, 1).Slots.Should().OnlyContain(slot => slot.Route.IsStale);
        _routed.Routes.Of(Id(1)).Live.Values.Sum().Should().Be(2);
        _routed.Dials(1).Should().Be(0);
    }

    [Fact]
    public void A_target_that_flips_back_leaves_everything_as_it_is()
    {
        var session = Attach(connections: 2, out var old);

        _routed.Change([("A", 1)], Route("A", 1, 1));
        var (late, _) = _routed.Renew(1);
        _routed.Change([("A", 1)], Route("A", 1));
        _routed.World.Complete(late);

        old.Should().OnlyContain(connection => connection.IsOpen);
        PoolOf(session, 1).ConnectionCount.Should().Be(2);
        PoolOf(session, 1).Slots.Should().OnlyContain(slot => !slot.Route.IsStale && !slot.Route.IsDue);
        _routed.Timers(TimerPurpose.RouteRenewal).Should().Be(0);
    }

    [Fact]
    public void A_deleted_pair_is_left_for_another_connection_in_the_same_way()
    {
        var session = Attach(connections: 1, out var old);
        _routed.Change([("B", 1)], Route("B", 1));

        _routed.Change([("A", 1)]);

        old[0].IsOpen.Should().BeTrue();
        var (dial, target) = _routed.Renew(1);
        target.Should().Be(Via("B", 1));
        _routed.World.Complete(dial);
        _routed.ChosenFor(1).Should().Be("B");
        PoolOf(session, 1).IsUsable.Should().BeTrue();
    }

    [Fact]
    public void A_pair_that_is_deleted_and_posted_again_renews_nothing()
    {
        Attach(connections: 2, out _);

        _routed.Change([("A", 1)]);
        _routed.Change([("A", 1)], Route("A", 1));

        _routed.Timers(TimerPurpose.RouteRenewal).Should().Be(0);
        Closing().Should().BeEmpty();
    }

    /// <summary>Behind a balancer the node chooses the shard: what comes to the wrong one is kept until all have theirs, or the next would come to the same one.</summary>
    [Fact]
    public void Connections_to_shards_that_are_taken_are_kept_until_all_shards_have_theirs()
    {
        var session = _routed.World.Attach();
        var first = _routed.World.Complete(_routed.World.Dial(1), Facts(Id(1), 0, 2));
        var excess = _routed.World.Complete(_routed.World.Dial(1), Facts(Id(1), 0, 2));
        Closing().Should().BeEmpty();
        PoolOf(session, 1).Handle.Slots.All.Should().Equal([first], "requests do not see it");

        var second = _routed.World.Complete(_routed.World.Dial(1), Facts(Id(1), 1, 2));
        Closing().Should().ContainSingle(closing => closing.Connection == excess);
        PoolOf(session, 1).Handle.Slots.All.Should().Equal(first, second);

        // And the same when they are renewed.
        _routed.World.CloseAll();
        _routed.Change([("A", 1)], Route("A", 1, 1));
        _routed.World.Complete(_routed.Renew(1).Dial, Facts(Id(1), 0, 2));
        var again = _routed.World.Complete(_routed.Renew(1).Dial, Facts(Id(1), 0, 2));
        Closing().Should().NotContain(closing => closing.Connection == again);
        _routed.World.Complete(_routed.Renew(1).Dial, Facts(Id(1), 1, 2));
        Closing().Should().Contain(closing => closing.Connection == again).And.HaveCount(3);
        PoolOf(session, 1).Slots.Should().OnlyContain(slot => !slot.Route.IsStale);
    }

    [Fact]
    public void What_was_kept_is_closed_with_its_pool()
    {
        var session = _routed.World.Attach();
        _routed.World.Complete(_routed.World.Dial(1), Facts(Id(1), 0, 2));
        _routed.World.Complete(_routed.World.Dial(1), Facts(Id(1), 0, 2));

        _routed.World.Step(new SessionDetached(session.Id));

        Closing().Should().HaveCount(2);
    }

    [Fact]
    public void A_closed_session_leaves_no_timer_of_a_renewal()
    {
        var session = Attach(connections: 1, out _);
        _routed.Change([("A", 1)], Route("A", 1, 1));

        _routed.World.Step(new SessionDetached(session.Id));
        _routed.World.CloseAll();

        _routed.Timers(TimerPurpose.RouteRenewal).Should().Be(0);
        session.State.Phase.Should().Be(SessionPhase.Ended);
        _routed.Routes.Of(Id(1)).Live.Should().BeEmpty();
    }

    private SessionPools Attach(int connections, out List<Support.FakeConnection> opened)
    {
        var session = _routed.World.Attach(new SessionPoolSettings { ConnectionsPerNode = connections });
        opened = [.. Enumerable.Range(0, connections).Select(_ => _routed.Connect(1))];
        return session;
    }

    private List<CloseConnection> Closing() => [.. _routed.World.Started.OfType<CloseConnection>()];

    private void FirePause()
    {
        if (_routed.Timers(TimerPurpose.PoolReconnection) > 0)
        {
            _routed.World.Fire(TimerPurpose.PoolReconnection);
        }
    }
}
