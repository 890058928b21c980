using CqlDriver.Recording;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

/// <summary>What holds for every applier, whatever it is there for.</summary>
public sealed class ApplierContractTests
{
    public enum Kind
    {
        NoOp,
        LogOnly,
        Snapshot,
        Recording,
        Composite,
    }

    public static TheoryData<Kind> Appliers => [.. Enum.GetValues<Kind>()];

    [Theory]
    [MemberData(nameof(Appliers))]
    public void Nothing_new_leaves_the_position(Kind kind)
    {
        var applier = Create(kind);
        applier.Apply([]).Should().Be(LogPosition.Start);
        applier.Apply([Left(5)]).Should().Be(At(0, 5));

        applier.Apply([]).Should().Be(At(0, 5));
    }

    [Theory]
    [MemberData(nameof(Appliers))]
    public void Entries_are_applied_in_the_order_given_and_a_gap_is_allowed(Kind kind) =>
        Create(kind).Apply([Left(1), Left(2), Left(5)]).Should().Be(At(0, 5));

    [Theory]
    [MemberData(nameof(Appliers))]
    public void A_step_back_is_ignored(Kind kind)
    {
        var applier = Create(kind);

        applier.Apply([Joined(5, 1), Left(2, 1)]).Should().Be(At(0, 5));

        if (applier is SnapshotApplier snapshot)
        {
            snapshot.Current.Nodes.Should().ContainSingle("the older entry has no effect");
        }
    }

    [Theory]
    [MemberData(nameof(Appliers))]
    public void Empty_opaque_and_unknown_entries_move_the_position(Kind kind)
    {
        var unknown = new TopologyLogEntry(At(0, 3), TopologyLogEntry.Seal((TopologyEntryKind)250, 1, [1]));

        Create(kind).Apply([TopologyLogEntry.Empty(At(0, 1)), TopologyLogEntry.Opaque(At(0, 2), 3, [1, 2]), unknown]).Should().Be(At(0, 3));
    }

    [Theory]
    [MemberData(nameof(Appliers))]
    public void A_damaged_entry_stops_everything_until_a_snapshot(Kind kind)
    {
        var applier = Create(kind);
        var damaged = Left(2).Data.ToArray();
        damaged[^1] ^= 1;

        applier.Invoking(it => it.Apply([Left(1), new TopologyLogEntry(At(0, 2), damaged), Left(3)])).Should().Throw<TopologyFaultException>().WithMessage("*0/2*checksum*");
        applier.Position.Should().Be(At(0, 1), "what came before is applied");
        applier.Invoking(it => it.Apply([Left(4)])).Should().Throw<TopologyFaultException>("nothing more of the source is believed");

        applier.Apply([Snapshot(At(0, 5))]).Should().Be(At(0, 5));
        applier.Apply([Left(6)]).Should().Be(At(0, 6));
    }

    [Theory]
    [MemberData(nameof(Appliers))]
    public void A_new_epoch_begins_with_a_snapshot(Kind kind)
    {
        var applier = Create(kind);

        applier.Invoking(it => it.Apply([Left(1), new TopologyLogEntry(At(1, 1), Left(1).Data)])).Should().Throw<TopologyFaultException>().WithMessage("*epoch 1*");

        applier.Apply([Snapshot(At(1, 1)), new TopologyLogEntry(At(1, 2), Left(1).Data)]).Should().Be(At(1, 2));
        applier.Apply([Left(9)]).Should().Be(At(1, 2), "an older epoch is the past");
    }

    [Fact]
    public void A_log_only_applier_keeps_and_counts_what_it_does_not_understand_the_meaning_of()
    {
        var applier = new LogOnlyApplier(capacity: 2);

        applier.Apply([Entry(1, new NodeDraining(Id(9))), Entry(2, new SchemaChanged("CREATED", "TABLE", "a", "b")), Entry(3, new ChangeBatch([new NodeLeft(Id(1)), new NodeLeft(Id(2))]))]);

        applier.History.Select(entry => entry.Position.Index).Should().Equal(2, 3);
        applier.Count(TopologyEntryKind.NodeLeft).Should().Be(2, "the parts of a batch are in the history");
        applier.Count(TopologyEntryKind.NodeDraining).Should().Be(1);
        applier.Count(TopologyEntryKind.SchemaChanged).Should().Be(1);
    }

    [Fact]
    public void A_batch_that_cannot_be_applied_leaves_nothing_behind()
    {
        var applier = new SnapshotApplier();
        applier.Apply([Joined(1, 1)]);
        var before = applier.Current;

        // Two nodes at one endpoint: no snapshot can show that.
        var batch = Entry(2, new ChangeBatch([new NodeDraining(Id(1)), new NodeJoined(new Node(Id(2)) { Endpoint = TopologyWorld.At(1) })]));

        applier.Invoking(it => it.Apply([batch])).Should().Throw<TopologyFaultException>();
        applier.Current.Should().BeSameAs(before);
        applier.Position.Should().Be(At(0, 1));
    }

    [Fact]
    public void One_applier_that_fails_does_not_keep_the_others_back()
    {
        var (snapshot, log) = (new SnapshotApplier(), new LogOnlyApplier());
        var composite = new CompositeApplier(snapshot, log);
        composite.Apply([Joined(1, 1)]);

        composite.Invoking(it => it.Apply([Entry(2, new NodeJoined(new Node(Id(2)) { Endpoint = TopologyWorld.At(1) }))])).Should().Throw<TopologyFaultException>();

        log.Position.Should().Be(At(0, 2));
        composite.Position.Should().Be(At(0, 1), "it stands where all of them stand");
    }

    [Fact]
    public void Every_set_of_appliers_ends_a_long_random_log_at_the_same_position()
    {
        var log = LogSamples.RandomLog(30_000, seed: 3).ToArray();
        var ends = new HashSet<LogPosition>();
        for (var set = 1; set < 32; set++)
        {
            ITopologyApplier[] all = [new NoOpApplier(), new LogOnlyApplier(), new SnapshotApplier(), new RecordingApplier(Stream.Null), new CompositeApplier(new NoOpApplier(), new SnapshotApplier())];
            var members = all.Where((_, at) => (set & (1 << at)) != 0).ToArray();

            ends.Add(new CompositeApplier(members).Apply(log));
            members.Select(member => member.Position).Distinct().Should().ContainSingle();
        }

        ends.Should().ContainSingle();
    }

    [Fact]
    public void A_million_entries_make_the_snapshot_that_any_part_of_the_way_makes()
    {
        var (snapshot, parts) = (new SnapshotApplier(), new SnapshotApplier());
        var all = new CompositeApplier(new NoOpApplier(), new LogOnlyApplier(), snapshot, new RecordingApplier(Stream.Null), new CompositeApplier(new NoOpApplier(), new SnapshotApplier()));
        var log = new List<TopologyLogEntry>();
        foreach (var entry in LogSamples.RandomLog(1_000_000, seed: 5))
        {
            log.Add(entry);
            if (log.Count == 4_096)
            {
                Take(log, all, parts);
            }
        }

        Take(log, all, parts);

        all.Position.Should().Be(parts.Position).And.Be(At(0, 1_000_000));
        MetadataCodec.ToBytes(snapshot.Current).Should().Equal(MetadataCodec.ToBytes(parts.Current));
    }

    /// <summary>At once, and each entry twice, one by one.</summary>
    private static void Take(List<TopologyLogEntry> log, CompositeApplier all, SnapshotApplier parts)
    {
        all.Apply(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(log));
        foreach (var entry in log)
        {
            parts.Apply([entry]);
            parts.Apply([entry]);
        }

        log.Clear();
    }

    private static ITopologyApplier Create(Kind kind) => kind switch
    {
        Kind.NoOp => new NoOpApplier(),
        Kind.LogOnly => new LogOnlyApplier(),
        Kind.Snapshot => new SnapshotApplier(),
        Kind.Recording => new RecordingApplier(new MemoryStream()),
        Kind.Composite => new CompositeApplier(new SnapshotApplier(), new NoOpApplier()),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static LogPosition At(long epoch, long index) => new(epoch, index);

    private static TopologyLogEntry Entry(long index, TopologyChange change) => TopologyLogEntry.Of(At(0, index), change);

    private static TopologyLogEntry Left(long index, int node = 9) => Entry(index, new NodeLeft(Id(node)));

    private static TopologyLogEntry Joined(long index, int node) => Entry(index, new NodeJoined(new Node(Id(node)) { Endpoint = TopologyWorld.At(node) }));

    private static TopologyLogEntry Snapshot(LogPosition at) => TopologyLogEntry.Of(at, new SnapshotInstalled(LogSamples.Snapshot()));
}
