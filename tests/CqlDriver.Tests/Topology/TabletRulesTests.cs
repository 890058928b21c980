using System.Collections.Immutable;
using CqlDriver.Partitioning;
using CqlDriver.Schema;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Topology;

/// <summary>What becomes of hints about tablets, and of tablets when the cluster changes. Rules 1 to 7 of tablets.</summary>
public sealed class TabletRulesTests
{
    private static readonly RoutingScope Table = new("ks", "t");
    private static readonly HostId A = TopologyWorld.Id(1);
    private static readonly HostId B = TopologyWorld.Id(2);
    private static readonly HostId C = TopologyWorld.Id(3);
    private static readonly HostId Stranger = TopologyWorld.Id(9);

    [Fact]
    public void A_hint_becomes_a_range_of_its_table()
    {
        var world = Begin();

        Hint(world, 0, 100, A, B);

        world.Changes[^1].Should().BeOfType<RangeReassigned>().Which.Scope.Should().Be(Table);
        Owners(world, 50).Should().Equal(A, B);
        world.Metadata.Routing.Find("ks", "t")!.Find(new Token(101)).Should().BeNull("a hole is unknown");
    }

    [Fact]
    public void What_is_known_already_makes_no_change()
    {
        var world = Begin();
        Hint(world, 0, 100, A, B);
        var before = world.Metadata;

        Hint(world, 0, 100, A, B);

        world.Metadata.Should().BeSameAs(before);
    }

    [Fact]
    public void Race_17_a_late_hint_does_not_undo_a_newer_one()
    {
        var world = Begin();
        Hint(world, 0, 100, A);
        var sent = world.Metadata.AppliedIndex;                    // two requests are routed
        Hint(world, 0, 100, [B], routedAt: sent);                  // the answer of the second: the tablet has moved
        var moved = world.Metadata;

        Hint(world, 0, 100, [A], routedAt: sent);                  // the answer of the first, given before the move

        world.Metadata.Should().BeSameAs(moved);
        Owners(world, 50).Should().Equal(B);
    }

    [Theory]
    [InlineData(-50, 50)]
    [InlineData(50, 150)]
    [InlineData(-50, 150)]
    [InlineData(20, 30)]
    public void Race_17_counts_for_whatever_overlaps(long first, long last)
    {
        var world = Begin();
        var sent = world.Metadata.AppliedIndex;
        Hint(world, 0, 100, B);

        Hint(world, first, last, [A], routedAt: sent);

        Owners(world, 50).Should().Equal(B);
        world.Metadata.Routing.Tables[Table].GroupCount.Should().Be(1);
    }

    [Fact]
    public void Race_17_without_its_defence_the_old_answer_wins()
    {
        var world = Begin(new TopologySettings { ContactPoints = [TopologyWorld.At(1)], StopsAtFaults = true, ReadsSchema = true, Defences = Defences.All.Without(Race.LateTabletHint) });
        var sent = world.Metadata.AppliedIndex;
        Hint(world, 0, 100, B);

        Hint(world, 0, 100, [A], routedAt: sent);

        Owners(world, 50).Should().Equal([A], "this is what the defence is for");
    }

    [Fact]
    public void What_was_routed_by_the_newest_picture_counts()
    {
        var world = Begin();
        Hint(world, 0, 100, A);

        Hint(world, 0, 100, B);

        Owners(world, 50).Should().Equal(B);
    }

    [Fact]
    public void An_unknown_replica_is_kept_and_asked_for_and_forgotten_when_nobody_knows_it()
    {
        var world = Begin();
        Hint(world, 0, 100, A, Stranger);
        Hint(world, 100, 200, A, B);

        Owners(world, 50).Should().Equal(A, Stranger);
        world.Fire(TimerPurpose.RefreshDue);                       // asked for by the hint
        Read(world);

        world.Metadata.Routing.Tables[Table].Find(new Token(50)).Should().BeNull();
        Owners(world, 150).Should().Equal([A, B], "others stay");
        world.Changes[^1].Should().BeOfType<RangesDropped>();
    }

    [Fact]
    public void An_unknown_replica_that_the_refresh_shows_stays()
    {
        var world = Begin();
        Hint(world, 0, 100, A, Stranger);

        world.Fire(TimerPurpose.RefreshDue);
        world.Read(TopologyWorld.Local(1, 1), TopologyWorld.Row(2, 2), TopologyWorld.Row(3, 3), TopologyWorld.Row(9, 9));

        Owners(world, 50).Should().Equal(A, Stranger);
        world.State.Routing.Doubted.Should().BeEmpty();
    }

    [Fact]
    public void A_refresh_that_began_before_the_hint_decides_nothing_about_it()
    {
        var world = Begin();
        world.Step(new RefreshRequested(77, IsFirst: false));
        Hint(world, 0, 100, A, Stranger);

        Read(world);
        Owners(world, 50).Should().Equal(A, Stranger);

        world.Fire(TimerPurpose.RefreshDue);
        Read(world);
        world.Metadata.Routing.Tables.Should().BeEmpty();
    }

    [Fact]
    public void A_node_that_leaves_takes_its_tablets_along()
    {
        var world = Begin();
        Hint(world, 0, 100, A, B);
        Hint(world, 100, 200, A, C);

        world.Refresh(TopologyWorld.Local(1, 1), TopologyWorld.Row(3, 3));

        world.Metadata.Routing.Tables[Table].Find(new Token(50)).Should().BeNull();
        Owners(world, 150).Should().Equal(A, C);
        world.Metadata.Routing.Tables[Table].Groups.Should().OnlyContain(group => group.Replicas.All(replica => replica.HostId != B));
    }

    [Fact]
    public void A_table_that_was_dropped_has_no_tablets_however_late_the_answer()
    {
        var world = Begin();
        Schema(world, Keyspace(new Guid(1, 0, 0, new byte[8])));
        var sent = world.Metadata.AppliedIndex;
        Hint(world, 0, 100, A);

        Schema(world, Keyspace(null));
        Hint(world, 0, 100, [A], routedAt: sent);
        Hint(world, 0, 100, A);

        world.Metadata.Routing.Tables.Should().BeEmpty();
    }

    [Fact]
    public void A_table_that_was_created_again_has_no_tablets_of_the_one_before()
    {
        var world = Begin();
        Schema(world, Keyspace(new Guid(1, 0, 0, new byte[8])));
        var sent = world.Metadata.AppliedIndex;
        Hint(world, 0, 100, A);

        Schema(world, Keyspace(new Guid(2, 0, 0, new byte[8])));
        world.Metadata.Routing.Tables.Should().BeEmpty();

        Hint(world, 0, 100, [A], routedAt: sent);
        world.Metadata.Routing.Tables.Should().BeEmpty("the request was for the table before");

        Hint(world, 0, 100, B);
        Owners(world, 50).Should().Equal(B);
    }

    [Fact]
    public void Another_replication_takes_the_tablets_of_the_keyspace_along()
    {
        var world = Begin();
        var id = new Guid(1, 0, 0, new byte[8]);
        Schema(world, Keyspace(id));
        var sent = world.Metadata.AppliedIndex;
        Hint(world, 0, 100, A);

        Schema(world, Keyspace(id, factor: 3));
        world.Metadata.Routing.Tables.Should().BeEmpty("servers never tell that there are more replicas now");

        Hint(world, 0, 100, [A], routedAt: sent);
        world.Metadata.Routing.Tables.Should().BeEmpty();
    }

    [Fact]
    public void Another_change_of_the_schema_touches_no_tablet()
    {
        var world = Begin();
        var id = new Guid(1, 0, 0, new byte[8]);
        Schema(world, Keyspace(id));
        Hint(world, 0, 100, A);
        var before = world.Metadata.Routing.Tables;

        Schema(world, Keyspace(id) with { HasDurableWrites = false });

        world.Metadata.Routing.Tables.Should().BeSameAs(before);
    }

    [Fact]
    public void A_renamed_node_is_renamed_in_its_tablets()
    {
        var world = Begin();
        Hint(world, 0, 100, A, B);
        var renamed = world.Metadata.NodeOf(B)!;

        var after = MetadataEvolver.Apply(world.Metadata, [new NodeReidentified(B, new Node(Stranger) { Endpoint = renamed.Endpoint }) { Index = 99 }]);

        after.Routing.Tables[Table].Find(new Token(50))!.Replicas.Select(replica => replica.HostId).Should().Equal(A, Stranger);
    }

    [Fact]
    public void Where_requests_are_served_by_leaders_the_first_replica_of_a_version_is_it()
    {
        var world = Begin();
        Schema(world, Keyspace(new Guid(1, 0, 0, new byte[8])) with { IsStronglyConsistent = true });

        world.Step(new TabletsHinted([Told(world, 0, 100, [B, A]) with { Version = 7 }]));

        world.Metadata.Routing.Tables[Table].Find(new Token(50))!.Leader.Should().Be(B);
        world.Metadata.Routing.Tables[Table].IsStronglyConsistent.Should().BeTrue();
    }

    [Fact]
    public void A_node_that_denies_a_tablet_makes_it_unknown_and_the_nodes_are_read()
    {
        var world = Begin();
        Hint(world, 0, 100, A);

        world.Step(new MisrouteTold(Table, new Token(50), world.Metadata.AppliedIndex, null, 5));

        world.Metadata.Routing.Tables.Should().BeEmpty();
        world.Started.OfType<ReadNodes>().Should().ContainSingle();
        world.State.Waiters.Should().ContainSingle(waiter => waiter.Id == 5);
    }

    [Fact]
    public void A_denial_that_is_older_than_what_is_known_changes_nothing()
    {
        var world = Begin();
        var sent = world.Metadata.AppliedIndex;
        Hint(world, 0, 100, B);

        world.Step(new MisrouteTold(Table, new Token(50), sent, null, 5));

        Owners(world, 50).Should().Equal(B);
    }

    private static TopologyWorld Begin(TopologySettings? settings = null) =>
        new TopologyWorld(settings ?? new TopologySettings { ContactPoints = [TopologyWorld.At(1)], StopsAtFaults = true, ReadsSchema = true }).Begin(TopologyWorld.Local(1, 1), TopologyWorld.Row(2, 2), TopologyWorld.Row(3, 3));

    private static void Read(TopologyWorld world) => world.Read(TopologyWorld.Local(1, 1), TopologyWorld.Row(2, 2), TopologyWorld.Row(3, 3));

    private static void Hint(TopologyWorld world, long first, long last, params HostId[] replicas) => Hint(world, first, last, replicas, world.Metadata.AppliedIndex);

    private static void Hint(TopologyWorld world, long first, long last, HostId[] replicas, long routedAt) =>
        world.Step(new TabletsHinted([Told(world, first, last, replicas) with { RoutedAt = routedAt }]));

    private static TabletHint Told(TopologyWorld world, long first, long last, HostId[] replicas) =>
        new(Table, new TokenRange(new Token(first), new Token(last)), [.. replicas.Select(hostId => new Replica(hostId, 0))], world.Metadata.AppliedIndex);

    private static HostId[] Owners(TopologyWorld world, long token) =>
        [.. world.Metadata.Routing.Tables[Table].Find(new Token(token))!.Replicas.Select(replica => replica.HostId)];

    private static KeyspaceMetadata Keyspace(Guid? table, int factor = 2) => new("ks")
    {
        ReplicationStrategy = "NetworkTopologyStrategy",
        ReplicationOptions = ImmutableSortedDictionary<string, string>.Empty.Add("dc1", $"{factor}"),
        UsesTablets = true,
        Tables = table is { } id ? ImmutableSortedDictionary<string, TableMetadata>.Empty.Add("t", new TableMetadata("ks", "t", []) { Id = id }) : ImmutableSortedDictionary<string, TableMetadata>.Empty,
    };

    private static void Schema(TopologyWorld world, KeyspaceMetadata keyspace)
    {
        if (!world.Started.OfType<ReadSchema>().Any())
        {
            world.Step(new SchemaRequested(1));
        }

        var read = world.Take<ReadSchema>();
        var schema = new SchemaMetadata { IsRead = true, Keyspaces = ImmutableSortedDictionary<string, KeyspaceMetadata>.Empty.Add("ks", keyspace) };
        world.Step(new SchemaRead(read.Ticket, schema.Keeping(read.Before)));
    }
}
