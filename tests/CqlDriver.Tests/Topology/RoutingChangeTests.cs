using CqlDriver.Partitioning;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Topology;

/// <summary>What changes of ranges and groups do to a snapshot: the table of A40 to A44.</summary>
public sealed class RoutingChangeTests
{
    private static readonly RoutingScope Scope = new("ks", null);
    private static readonly HostId A = TopologyWorld.Id(1);
    private static readonly HostId B = TopologyWorld.Id(2);
    private static readonly HostId C = TopologyWorld.Id(3);

    [Fact]
    public void A40_a_range_that_goes_to_a_group_gets_its_replicas_and_the_new_leader()
    {
        var metadata = Apply(TwoGroups(), new RangeReassigned(Scope, Range(0, 10)) { Group = 1, Leader = C });

        Find(metadata, 5).Replicas.Select(replica => replica.HostId).Should().Equal(B, C);
        Find(metadata, 5).Leader.Should().Be(C);
        Find(metadata, 11).Replicas.Select(replica => replica.HostId).Should().Equal([A, B], "only the range has changed");
        Find(metadata, -5).Leader.Should().Be(C, "it is the group's leader, for all its ranges");
    }

    [Fact]
    public void A40_a_group_that_is_not_known_is_made_when_replicas_are_named()
    {
        var metadata = Apply(TwoGroups(), new RangeReassigned(Scope, Range(0, 10)) { Group = 40, Replicas = [new Replica(C)] });

        Find(metadata, 5).Id.Should().Be(40);
        metadata.Routing.Tables[Scope].GroupCount.Should().Be(3);
    }

    [Fact]
    public void A41_a_leader_changes_for_all_ranges_of_the_group_and_little_is_copied()
    {
        var metadata = TwoGroups(ranges: 100_000);
        TopologyChange[] change = [new LeaderChanged(Scope, 0, B) { Index = 3 }];
        MetadataEvolver.Apply(metadata, change);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var next = MetadataEvolver.Apply(metadata, change);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        allocated.Should().BeLessThan(4_096);
        metadata.Routing.Tables[Scope].Ranges.Count().Should().BeGreaterThan(100_000);
        next.Routing.Tables[Scope].Ranges.Where(entry => entry.Group.Id == 0).Should().OnlyContain(entry => entry.Group.Leader == B);
    }

    [Fact]
    public void A42_a_member_that_is_removed_is_neither_replica_nor_learner_nor_leader()
    {
        var led = Apply(TwoGroups(), new RangeReassigned(Scope, Range(0, 10)) { Group = 0, Replicas = [new Replica(A), new Replica(B)], Learners = [C], Leader = A });

        var metadata = Apply(led, new ReplicaRemoved(Scope, 0, A));

        Find(metadata, 5).Replicas.Select(replica => replica.HostId).Should().Equal(B);
        Find(metadata, 5).Leader.Should().BeNull("whoever led is not known any more");
        Find(Apply(metadata, new ReplicaRemoved(Scope, 0, C)), 5).Learners.Should().BeEmpty();
    }

    public static TheoryData<string> Unknown => ["group", "no such group", "table", "keyspace", "member", "tablets"];

    [Theory]
    [MemberData(nameof(Unknown))]
    public void A43_what_names_nothing_that_is_known_does_nothing(string what)
    {
        var metadata = TwoGroups();
        TopologyChange change = what switch
        {
            "group" => new LeaderChanged(Scope, 77, A),
            "no such group" => new RangeReassigned(Scope, Range(0, 10)) { Group = 77, Leader = A },
            "table" => new LeaderChanged(new RoutingScope("ks", "t"), 0, A),
            "keyspace" => new ReplicaRemoved(new RoutingScope("other", null), 0, A),
            "member" => new ReplicaRemoved(Scope, 0, C),
            _ => new RangesDropped(new RoutingScope("ks", "t"), Range(0, 10)),
        };

        Apply(metadata, change).Routing.Should().BeSameAs(metadata.Routing);
    }

    [Fact]
    public void A44_a_node_that_leaves_leads_nobody_and_its_tablets_are_gone()
    {
        var tablets = new RoutingScope("ks", "t");
        var metadata = Apply(
            TwoGroups(),
            new NodeJoined(new Node(A) { Endpoint = TopologyWorld.At(1) }),
            new LeaderChanged(Scope, 0, A),
            new RangeReassigned(tablets, Range(0, 10)) { Replicas = [new Replica(A, 1), new Replica(B, 1)] },
            new RangeReassigned(tablets, Range(10, 20)) { Replicas = [new Replica(B, 1), new Replica(C, 1)] });

        var left = Apply(metadata, new NodeLeft(A));

        Find(left, 5).Leader.Should().BeNull();
        Find(left, 5).Replicas.Select(replica => replica.HostId).Should().Equal(B);
        left.Routing.Tables[tablets].Find(new Token(5)).Should().BeNull();
        left.Routing.Tables[tablets].Find(new Token(15)).Should().NotBeNull();
    }

    [Fact]
    public void Numbers_of_groups_are_used_again_so_that_a_busy_table_does_not_grow()
    {
        var scope = new RoutingScope("ks", "t");
        var metadata = Metadata.Empty;
        for (var i = 0; i < 10_000; i++)
        {
            metadata = Apply(metadata, new RangeReassigned(scope, Range(i % 10 * 10, (i % 10 * 10) + 10)) { Replicas = [new Replica(A, i)] });
        }

        metadata.Routing.Tables[scope].Groups.Select(group => group.Id).Should().HaveCount(10).And.OnlyContain(id => id <= 10);
    }

    [Fact]
    public void Tablets_of_a_table_count_before_ranges_of_its_keyspace_and_these_before_the_ring()
    {
        var metadata = Apply(Metadata.Empty, new RingsReplaced(LogSamples.Rings()));
        metadata.Routing.Find("a", "t").Should().BeSameAs(metadata.Routing.Rings["a"]);

        metadata = Apply(metadata, new RangeReassigned(new RoutingScope("a", null), Range(0, 10)) { Group = 0, Replicas = [new Replica(A)] });
        metadata.Routing.Find("a", "t").Should().BeSameAs(metadata.Routing.Tables[new RoutingScope("a", null)]);

        metadata = Apply(metadata, new RangeReassigned(new RoutingScope("a", "t"), Range(0, 10)) { Replicas = [new Replica(A)] });
        metadata.Routing.Find("a", "t")!.Find(new Token(50)).Should().BeNull("a hole is not the ring");
        metadata.Routing.Find("a", "u").Should().BeSameAs(metadata.Routing.Tables[new RoutingScope("a", null)]);
    }

    /// <summary>Ranges in turn in two groups: the first one's replicas are A and B, the second one's B and C.</summary>
    private static Metadata TwoGroups(int ranges = 10)
    {
        var metadata = Apply(
            Metadata.Empty,
            new RangeReassigned(Scope, TokenRange.Whole) { Group = 0, Replicas = [new Replica(A), new Replica(B)] },
            new RangeReassigned(Scope, Range(-10, 0)) { Group = 1, Replicas = [new Replica(B), new Replica(C)] });
        return Apply(metadata, [.. Enumerable.Range(0, ranges).Select(i => new RangeReassigned(Scope, Range(1_000 + (i * 2), 1_001 + (i * 2))) { Group = 1 })]);
    }

    private static Metadata Apply(Metadata metadata, params TopologyChange[] changes) =>
        MetadataEvolver.Apply(metadata, changes.Select((change, at) => change with { Index = metadata.AppliedIndex + at + 1 }));

    private static ReplicaGroup Find(Metadata metadata, long token) => metadata.Routing.Tables[Scope].Find(new Token(token))!;

    private static TokenRange Range(long first, long last) => new(new Token(first), new Token(last));
}
