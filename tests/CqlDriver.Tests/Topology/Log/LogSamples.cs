using System.Collections.Immutable;
using CqlDriver.Partitioning;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

/// <summary>Changes and logs to try things on.</summary>
internal static class LogSamples
{
    public static Node SampleNode(int id, int at) => new(Id(id))
    {
        Endpoint = At(at),
        Generation = id * 10L,
        Datacenter = "dc1",
        Rack = "räck",
        ReleaseVersion = "5.0.6",
        SchemaVersion = new Guid(9, 8, 7, [6, 5, 4, 3, 2, 1, 0, 1]),
        Sharding = new NodeSharding(8, 12),
        State = TopologyState.Draining,
        Status = NodeStatus.Down,
        OwnsTokens = false,
        Tokens = [new Token(long.MinValue), new Token(-1), new Token(0), new Token(long.MaxValue)],
    };

    public static HandoverCheckpoint Checkpoint(int node, long handover = 7, HandoverPhase phase = HandoverPhase.Open, int attempt = 1) => new(Id(node))
    {
        Handover = handover,
        Phase = phase,
        Attempt = attempt,
        From = At(node),
        To = At(node + 100),
        Generation = 12,
        FormerGeneration = 11,
        At = TimeSpan.FromSeconds(3),
    };

    /// <summary>One of every kind that can be written down.</summary>
    public static IReadOnlyList<TopologyChange> OneOfEach { get; } =
    [
        new EmptyEntry(),
        new OpaqueEntry(17, 5),
        new ChangeBatch([new NodePromoted(Id(1)), new ChangeBatch([new NodeLeft(Id(2)), new EmptyEntry()])]),
        new SnapshotInstalled(Snapshot()),
        new ClusterIdentified("cluster", "org.apache.cassandra.dht.Murmur3Partitioner", null),
        new ClusterVersionChanged(null, "6.0"),
        new NodeJoined(SampleNode(1, 1)),
        new NodeJoined(new Node(Id(2))),
        new NodePromoted(Id(1)),
        new NodeDemoted(Id(1)),
        new NodeDraining(Id(1)),
        new NodeDecommissioned(Id(1)),
        new NodeLeft(Id(1)),
        new NodeUp(Id(1), NodeStatus.ForcedUp, "why"),
        new NodeDown(Id(1), NodeStatus.Down, ""),
        new NodeMoved(Id(1), At(1), null, 3),
        new NodeMoved(Id(1), null, new NodeEndpoint("node.example.org", 9042), 3),
        new NodeReplaced(Id(1), SampleNode(2, 1)),
        new NodeReidentified(Id(1), SampleNode(2, 1)),
        new NodeAttributesChanged(Id(1), new NodeAttributes("dc2", null, "5.1", null)),
        new TokensChanged(Id(1), [new Token(-5), new Token(5)], ownsTokens: true),
        new ShardingChanged(Id(1), new NodeSharding(4, 12), 4),
        new ShardingChanged(Id(1), null, 5),
        new SchemaChanged("CREATED", "TABLE", "ks", "t"),
        new RoutesChanged([new ClientRoute("vpce-1", Id(1), new NodeEndpoint("nlb.example.org", 9001)) { IsUnconfirmed = true }], [new ClientRoute("vpce-2", Id(1), At(9))], [new ClientRouteChoice(Id(1), "vpce-1", 3), new ClientRouteChoice(Id(2), null, 4)]),
        new RangeReassigned(new RoutingScope("ks", "t"), new TokenRange(Token.Minimum, new Token(-7)))
        {
            Replicas = [new Replica(Id(1), 3), new Replica(Id(2))],
            Learners = [Id(4)],
            Leader = Id(1),
            Version = ulong.MaxValue,
            Group = 5,
            IsStronglyConsistent = true,
            Former = [new Replica(Id(2), 0)],
            Astray = 3,
        },
        new RangeReassigned(new RoutingScope("ks", null), new TokenRange(new Token(5), new Token(-5))),
        new LeaderChanged(new RoutingScope("ks", null), 5, null),
        new LeaderChanged(new RoutingScope("ks", "t"), 0, Id(3)),
        new ReplicaRemoved(new RoutingScope("ks", "t"), 5, Id(2)),
        new RangesDropped(new RoutingScope("ks", "t"), new TokenRange(new Token(-1), new Token(1))),
        new RangesDropped(new RoutingScope("ks", null)) { IsGone = true },
        new RingsReplaced(Rings()),
        Checkpoint(1),
        new HandoverAborted(Id(1), 7, "why") { Compensations = [new EndpointRestored(null), new GenerationBurned(12, 11)] },
    ];

    /// <summary>Two keyspaces with one ring, and a third with another.</summary>
    public static ImmutableSortedDictionary<string, RoutingTable> Rings()
    {
        RingNode[] nodes = [new(Id(1), "dc1", "r1", [new Token(-5), new Token(7)]), new(Id(2), "dc1", "r2", [new Token(0)])];
        var shared = RoutingTableOfRing.Build([.. nodes], new SimpleStrategy(2));
        return RoutingMetadata.NoRings.Add("a", shared).Add("b", shared).Add("c", RoutingTableOfRing.Build([.. nodes], new SimpleStrategy(1)));
    }

    public static Metadata Snapshot() => MetadataEvolver.Apply(MetadataEvolver.Apply(Metadata.Empty,
    [
        new ClusterIdentified("c", "p", "dc1") { Index = 1 },
        new NodeJoined(SampleNode(1, 1)) { Index = 2 },
        new NodeJoined(SampleNode(3, 3)) { Index = 3 },
        new NodeJoined(SampleNode(2, 2)) { Index = 4 },
    ]),
    [
        new NodeLeft(Id(3)) { Index = 5 },
        new RoutesChanged([new ClientRoute("vpce-1", Id(1), At(77))], [], [new ClientRouteChoice(Id(1), "vpce-1", 3)]) { Index = 5 },
        new RangeReassigned(new RoutingScope("ks", "t"), new TokenRange(Token.Minimum, new Token(-7))) { Replicas = [new Replica(Id(1), 3)], Version = 9, Index = 5 },
        new RangeReassigned(new RoutingScope("ks", "t"), new TokenRange(new Token(3), new Token(9))) { Replicas = [new Replica(Id(2), 0)], Index = 5 },
        new RangeReassigned(new RoutingScope("ks", "t"), new TokenRange(new Token(-9), new Token(-8))) { Replicas = [new Replica(Id(2), 0), new Replica(Id(1), 0)], Index = 5 },
        new RangeReassigned(new RoutingScope("led", null), new TokenRange(new Token(100), new Token(-100))) { Replicas = [new Replica(Id(1))], Group = 700, Leader = Id(1), IsStronglyConsistent = true, Index = 5 },
        new RangesDropped(new RoutingScope("other", null)) { Index = 5 },
        new RingsReplaced(Rings()) { Index = 5 },
        Checkpoint(1) with { Index = 6, Source = new LogPosition(2, 9) },
    ]);

    /// <summary>Members come, move and go; some entries say nothing, some nobody understands, some are told twice.</summary>
    public static IEnumerable<TopologyLogEntry> RandomLog(int count, int seed)
    {
        var random = new Random(seed);
        var taken = new HostId?[64];
        for (var index = 1; index <= count; index++)
        {
            var node = random.Next(32);
            var position = new LogPosition(0, index);
            yield return random.Next(16) switch
            {
                0 => TopologyLogEntry.Empty(position),
                1 => TopologyLogEntry.Opaque(position, 9, [1, 2, 3]),
                2 => new TopologyLogEntry(position, TopologyLogEntry.Seal((TopologyEntryKind)200, 1, [1, 2, 3])),
                3 => TopologyLogEntry.Of(position, new ChangeBatch([new NodePromoted(Id(node + 1)), new NodeDraining(Id(node + 1))])),
                4 or 5 => TopologyLogEntry.Of(position, Leave(taken, node)),
                6 => TopologyLogEntry.Of(position, new SchemaChanged("UPDATED", "TABLE", "ks", "t")),
                7 => TopologyLogEntry.Of(position, Checkpoint(node + 1, random.Next(3), (HandoverPhase)random.Next(4))),
                8 => TopologyLogEntry.Of(position, new HandoverAborted(Id(node + 1), random.Next(3), "r") { Compensations = [new GenerationBurned(12, 11)] }),
                9 => new TopologyLogEntry(new LogPosition(0, Math.Max(0, index - 5)), new byte[] { 1, 2, 3 }),
                _ => TopologyLogEntry.Of(position, Place(taken, node, random.Next(taken.Length))),
            };
        }
    }

    private static NodeLeft Leave(HostId?[] taken, int node)
    {
        Array.Replace(taken, Id(node + 1), null);
        return new NodeLeft(Id(node + 1));
    }

    private static TopologyChange Place(HostId?[] taken, int node, int at)
    {
        var hostId = Id(node + 1);
        if (taken[at] is { } holder && holder != hostId)
        {
            return new NodePromoted(hostId);
        }

        Array.Replace(taken, hostId, null);
        taken[at] = hostId;
        return new NodeJoined(new Node(hostId) { Endpoint = At(at + 1), State = TopologyState.Joining, Generation = 1 });
    }

    private static class Array
    {
        public static void Replace(HostId?[] taken, HostId hostId, HostId? by)
        {
            for (var i = 0; i < taken.Length; i++)
            {
                taken[i] = taken[i] == hostId ? by : taken[i];
            }
        }
    }
}
