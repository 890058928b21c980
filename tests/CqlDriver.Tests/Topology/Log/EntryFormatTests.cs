using System.Text;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

/// <summary>Changes to bytes and back, and bytes that are not what they should be.</summary>
public sealed class EntryFormatTests
{
    private static readonly LogPosition Here = new(1, 2);

    public static TheoryData<int> Kinds => [.. Enumerable.Range(0, LogSamples.OneOfEach.Count)];

    [Fact]
    public void Checksum_is_the_one_of_Castagnoli() =>
        LogChecksum.Of(Encoding.ASCII.GetBytes("123456789")).Should().Be(0xE306_9283);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_was_written_is_read(int sample)
    {
        var change = LogSamples.OneOfEach[sample];

        var read = new TopologyLogEntry(Here, TopologyLogEntry.Of(Here, change).Data).Change!;

        read.GetType().Should().Be(change.GetType());
        TopologyLogEntry.Of(Here, read).Data.ToArray().Should().Equal(TopologyLogEntry.Of(Here, change).Data.ToArray());
        Fold(read).Should().Equal(Fold(change), "both do the same to a snapshot");
    }

    [Fact]
    public void Samples_have_every_kind_that_can_be_written()
    {
        var kinds = LogSamples.OneOfEach.Select(TopologyChangeCodec.KindOf).ToHashSet();

        var missing = typeof(TopologyChange).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(TopologyChange)) && !type.IsAbstract)
            .Select(type => type.Name).Except(LogSamples.OneOfEach.Select(change => change.GetType().Name)).Except([nameof(UndecodableEntry), "SchemaReplaced"]);

        missing.Should().BeEmpty();
        kinds.Should().OnlyContain(kind => Enum.IsDefined(kind));
    }

    /// <summary>Bytes of version 1, kept for ever: later versions must still read them.</summary>
    [Theory]
    [InlineData("", "EmptyEntry")]
    [InlineData("868A81AD110100000001000000000000000000000001", "NodePromoted")]
    public void Bytes_of_version_1_are_read(string hex, string kind)
    {
        var data = Convert.FromHexString(hex);

        new TopologyLogEntry(Here, data).ToString().Should().Be($"{Here} {kind}");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_flipped_bit_anywhere_is_damage(int sample)
    {
        var data = TopologyLogEntry.Of(Here, LogSamples.OneOfEach[sample]).Data.ToArray();
        for (var bit = 0; bit < data.Length * 8; bit++)
        {
            var damaged = data.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));

            new TopologyLogEntry(Here, damaged).Damage.Should().NotBeNull("bit {0} of {1} is flipped", bit, LogSamples.OneOfEach[sample]);
        }
    }

    [Fact]
    public void A_checkpoint_is_compared_with_its_own_checksum_before_it_is_believed()
    {
        var content = new LogWriter();
        TopologyChangeCodec.Write(content, LogSamples.Checkpoint(1));
        var bytes = content.ToArray();
        for (var at = 18; at < bytes.Length; at++)
        {
            var damaged = bytes.ToArray();
            damaged[at] ^= 0x10;

            // The checksum of the entry fits: only the checkpoint's own can tell.
            var entry = new TopologyLogEntry(Here, TopologyLogEntry.Seal(TopologyEntryKind.HandoverCheckpoint, 1, damaged));

            entry.Damage.Should().MatchRegex("handover 7 .* checksum [0-9A-F]{8}, expected [0-9A-F]{8}", "byte {0} is another one", at);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(255)]
    public void A_later_version_is_not_understood_and_not_misread(int version)
    {
        var entry = new TopologyLogEntry(Here, TopologyLogEntry.Seal(TopologyEntryKind.NodeLeft, (byte)version, Id(1).Value.ToByteArray(bigEndian: true)));

        entry.Change.Should().BeOfType<UndecodableEntry>().Which.Reason.Should().Contain($"version {version}");
    }

    [Fact]
    public void A_nil_host_id_is_not_understood_and_two_of_them_share_nothing()
    {
        var entry = new TopologyLogEntry(Here, TopologyLogEntry.Seal(TopologyEntryKind.NodePromoted, 1, new byte[16]));

        entry.Change.Should().BeOfType<UndecodableEntry>();
    }

    [Fact]
    public void Batches_are_nested_thirty_two_deep_at_most()
    {
        TopologyChange nested = new NodeLeft(Id(1));
        for (var depth = 0; depth < 32; depth++)
        {
            nested = new ChangeBatch([nested]);
        }

        Reread(nested).Should().BeOfType<ChangeBatch>();
        Reread(new ChangeBatch([nested])).Should().BeOfType<UndecodableEntry>();
    }

    [Fact]
    public void Bytes_at_random_are_never_more_than_not_understood()
    {
        var random = new Random(11);
        var bytes = new byte[64];
        for (var i = 0; i < 200_000; i++)
        {
            random.NextBytes(bytes);
            var entry = new TopologyLogEntry(Here, TopologyLogEntry.Seal((TopologyEntryKind)random.Next(80), 1, bytes.AsSpan(0, random.Next(bytes.Length))));

            // No exception, no more memory than the bytes justify; damage only where a checkpoint says so.
            (entry.Change is not null || entry.Damage is not null).Should().BeTrue();
        }
    }

    [Fact]
    public void A_snapshot_is_read_as_it_was_byte_for_byte()
    {
        var snapshot = LogSamples.Snapshot();

        var read = MetadataCodec.FromBytes(MetadataCodec.ToBytes(snapshot));

        MetadataCodec.ToBytes(read).Should().Equal(MetadataCodec.ToBytes(snapshot));
        read.OrdinalCount.Should().Be(3, "ordinals of those that left are not given out again");
        read.TryGetHostId(At(2), out var hostId).Should().BeTrue();
        hostId.Should().Be(Id(2));
        read.Handovers.Should().ContainSingle().Which.Handover.Should().Be(7);
    }

    private static TopologyChange Reread(TopologyChange change) => new TopologyLogEntry(Here, TopologyLogEntry.Of(Here, change).Data).Change!;

    private static byte[] Fold(TopologyChange change) => MetadataCodec.ToBytes(MetadataEvolver.Apply(LogSamples.Snapshot(), [change with { Index = 9 }]));
}
