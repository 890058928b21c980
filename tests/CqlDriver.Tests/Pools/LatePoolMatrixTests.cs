using CqlDriver.Diagnostics;
using CqlDriver.Pools;
using CqlDriver.Tests.Support;
using CqlDriver.Tests.Topology;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Pools;

/// <summary>
/// A pool is being created; something happens to its node; then the creation comes home, in each way it can, before or after
/// the newer pool has its connection. Nothing of it may touch what stands then.
/// </summary>
public sealed class LatePoolMatrixTests
{
    public enum Outcome
    {
        Opened,
        Refused,
        CredentialsRefused,
        KeyspaceRefused,
    }

    public enum Happening
    {
        Moved,
        Replaced,
        Removed,
        RemovedAndAddedAgain,
        ShardingChanged,
        ForcedDown,
        Renewed,
        SessionClosed,
        ClusterClosed,
    }

    public static TheoryData<Outcome, Happening, bool> Cases()
    {
        var cases = new TheoryData<Outcome, Happening, bool>();
        foreach (var outcome in Enum.GetValues<Outcome>())
        {
            foreach (var happening in Enum.GetValues<Happening>())
            {
                cases.Add(outcome, happening, false);
                cases.Add(outcome, happening, true);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_comes_home_too_late_touches_nothing(Outcome outcome, Happening happening, bool afterTheNewerPool)
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var session = world.Attach(new SessionPoolSettings { ConnectionsPerNode = 2 });
        FakeConnection? first = null;
        if (happening == Happening.ShardingChanged)
        {
            first = world.Complete(world.Dial(2), Facts(Id(2), shard: 0, shards: 8));
        }

        var late = world.Dial(2);
        Make(world, session, happening, first);
        if (afterTheNewerPool)
        {
            world.DialAll();
        }

        var before = session.State;
        var metadata = world.Metadata;
        var dropped = world.Dropped(EffectKind.DialNode);
        var connection = ComeHome(world, late, outcome);

        world.Dropped(EffectKind.DialNode).Should().Be(dropped + 1);
        session.State.Pools.Should().Equal(before.Pools);
        session.State.Staged.Should().Equal(before.Staged);
        world.Metadata.Should().BeSameAs(metadata);
        world.Started.OfType<ReportNotice>().Should().NotContain(report => report.Message == (NoticeMessage)Log.NodeUnreachable);
        if (connection is not null)
        {
            world.Started.OfType<CloseConnection>().Should().ContainSingle(closing => closing.Connection == connection);
        }
    }

    private static void Make(TopologyWorld world, SessionPools session, Happening happening, FakeConnection? first)
    {
        switch (happening)
        {
            case Happening.Moved:
                world.Refresh(Local(1, 1), Row(2, 9));
                break;
            case Happening.Replaced:
                world.Refresh(Local(1, 1), Row(3, 2));
                break;
            case Happening.Removed:
                world.Refresh(Local(1, 1));
                break;
            case Happening.RemovedAndAddedAgain:
                world.Refresh(Local(1, 1));
                world.Refresh(Local(1, 1), Row(2, 2));
                break;
            case Happening.ShardingChanged:
                var other = world.Dial(2);
                world.Lose(session, session.State.Pools[Id(2)].Fence, first!);
                world.Complete(other, Facts(Id(2), shard: 1, shards: 4));
                break;
            case Happening.ForcedDown:
                world.Step(new NodeForced(Id(2), NodeStatus.ForcedDown));
                break;
            case Happening.Renewed:
                world.Step(new NodeForced(Id(2), NodeStatus.ForcedDown));
                world.Step(new NodeForced(Id(2), null));
                break;
            case Happening.SessionClosed:
                world.Step(new SessionDetached(session.Id));
                break;
            case Happening.ClusterClosed:
                world.Step(new ShutdownRequested());
                break;
        }
    }

    private static FakeConnection? ComeHome(TopologyWorld world, DialNode late, Outcome outcome)
    {
        switch (outcome)
        {
            case Outcome.Opened:
                return world.Complete(late);
            case Outcome.CredentialsRefused:
                world.Fail(late, new CqlAuthenticationException("no", late.Endpoint));
                return null;
            case Outcome.KeyspaceRefused:
                world.Step(new NodeDialFailed(late.Ticket, new CqlConnectionException("no keyspace", late.Endpoint), null, IsKeyspaceRefused: true));
                return null;
            default:
                world.Fail(late);
                return null;
        }
    }
}
