using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Effects;
using CqlDriver.Pools;
using CqlDriver.Testing;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Topology;

/// <summary>The same loop on real sockets and real time, against the embedded cluster.</summary>
public sealed class SocketTopologyTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_cluster_is_read_pools_are_opened_and_disposal_leaves_no_connection()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 3 });
        var topology = Start(cluster);
        await topology.WaitForFirstRefreshAsync(default);
        topology.Current.Nodes.Select(node => node.HostId).Should().BeEquivalentTo(cluster.Nodes.Select(node => node.HostId));
        var session = SessionPools.Attach(topology, new SessionPoolSettings { ConnectionsPerNode = 2 });
        await session.WaitUntilUsableAsync(default);
        await Until(() => session.State.Pools.Values.All(pool => pool.ConnectionCount == 2), "two connections a node");

        await session.DisposeAsync();
        await topology.DisposeAsync();

        topology.Loop.State.Tickets.IsEmpty.Should().BeTrue();
        session.State.Tickets.IsEmpty.Should().BeTrue();
        await Until(() => cluster.Nodes.All(node => node.Statistics.ConnectionsOpen == 0), "no connection left at the servers");
    }

    [Fact]
    public async Task A_killed_node_goes_down_and_comes_up_again_after_its_restart()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        await using var topology = Start(cluster);
        await topology.WaitForFirstRefreshAsync(default);
        await using var session = SessionPools.Attach(topology, new SessionPoolSettings());
        await session.WaitUntilUsableAsync(default);
        foreach (var victim in cluster.Nodes)
        {
            await Until(() => IsUsable(session, victim.HostId), "a pool");
            await victim.KillAsync();
            await Until(() => !IsUp(topology, victim.HostId), "down");
            await victim.StartAsync();
            await Until(() => IsUp(topology, victim.HostId) && IsUsable(session, victim.HostId), "up again");
        }
    }

    [Fact]
    public async Task Nodes_that_come_and_go_are_followed()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 1 });
        await using var topology = Start(cluster);
        await topology.WaitForFirstRefreshAsync(default);
        await using var session = SessionPools.Attach(topology, new SessionPoolSettings());
        await session.WaitUntilUsableAsync(default);

        var added = await cluster.AddNodeAsync();
        await Until(() => IsUsable(session, added.HostId), "a pool for the added node");
        await cluster.DecommissionNodeAsync(added);

        await Until(() => !topology.Current.TryGetNode(added.HostId, out _) && !session.State.Pools.ContainsKey(added.HostId), "gone");
    }

    [Fact]
    public async Task A_node_that_moves_stays_the_same_node()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        await using var topology = Start(cluster);
        await topology.WaitForFirstRefreshAsync(default);
        await using var session = SessionPools.Attach(topology, new SessionPoolSettings());
        await session.WaitUntilUsableAsync(default);
        var moving = cluster.Nodes[1];
        await Until(() => IsUsable(session, moving.HostId), "a pool");
        topology.Current.TryGetNode(moving.HostId, out var before).Should().BeTrue();

        await moving.MoveAsync();

        await Until(() => topology.Current.TryGetNode(moving.HostId, out var node) && moving.Endpoint.Equals(node.Endpoint) && IsUsable(session, moving.HostId), "the new endpoint");
        topology.Current.TryGetNode(moving.HostId, out var after).Should().BeTrue();
        after!.Generation.Should().BeGreaterThan(before!.Generation);
        after.Ordinal.Should().Be(before.Ordinal);
    }

    [Fact]
    public async Task Nobody_there_fails_with_every_contact_point_named()
    {
        await using var topology = EffectRunner.StartTopology(Settings([new NodeEndpoint("127.0.0.1", 1)]) with { FirstRefreshLimit = TimeSpan.FromMilliseconds(300) }).Topology;

        var wait = () => topology.WaitForFirstRefreshAsync(default);

        (await wait.Should().ThrowAsync<CqlConnectionException>()).Which.Message.Should().Contain("127.0.0.1:1");
    }

    private static TopologySettings Settings(ImmutableArray<NodeEndpoint> contactPoints) => new()
    {
        ContactPoints = contactPoints,
        Connections = ConnectionSettings.Default,
        Reconnection = new ExponentialReconnectionPolicy(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(100)),
        EventWindow = TimeSpan.FromMilliseconds(50),
    };

    private static ClusterTopology Start(EmbeddedCluster cluster) => EffectRunner.StartTopology(Settings([.. cluster.ContactPoints])).Topology;

    private static bool IsUp(ClusterTopology topology, HostId hostId) => topology.Current.TryGetNode(hostId, out var node) && node.IsUp;

    private static bool IsUsable(SessionPools session, HostId hostId) => session.State.Pools.TryGetValue(hostId, out var pool) && pool.IsUsable;

    // Real sockets move in their own time: the condition is looked at again and again, within the limit.
    private static async Task Until(Func<bool> condition, string what)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!condition())
        {
            TimeProvider.System.GetElapsedTime(began).Should().BeLessThan(Limit, "waiting for {0}", what);
            await timer.WaitForNextTickAsync();
        }
    }
}
