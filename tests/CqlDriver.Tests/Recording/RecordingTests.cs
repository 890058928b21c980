using System.Text;
using CqlDriver.Recording;
using CqlDriver.Testing;
using CqlDriver.Tests.Sessions;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Recording;

/// <summary>
/// What a recording holds, and what it survives. That what is recorded replays is also checked at the end of every test with a
/// <see cref="WatchedCluster"/>.
/// </summary>
public sealed class RecordingTests
{
    [Fact]
    public async Task A_node_that_moves_under_traffic_is_a_story_that_replays()
    {
        await using var cluster = await WatchedCluster.StartAsync();
        await cluster.AllPoolsOpenAsync();
        await using (var traffic = Traffic.Start(cluster.Session))
        {
            await traffic.GoOnAsync();
            await cluster.Server.Nodes[1].MoveAsync(OldAddress.Closed);
            await cluster.AllPoolsOpenAsync();
            await cluster.PhaseAsync(HandoverPhase.Completed);
            await traffic.StopAsync();
        }

        await cluster.DisposeAsync();
        var recording = cluster.ReadRecording();

        recording.ReplayInputs().IsIdentical.Should().BeTrue();
        recording.InputCount.Should().BeGreaterThan(10);
        var story = string.Join('\n', recording.Explain());
        story.Should().MatchRegex("(?s)begins.*control connection .* is open.*joined in datacenter1/rack1.*is said to be at .*took over.*nothing is left");
    }

    [Fact]
    public async Task No_password_is_in_a_recording()
    {
        await using var server = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 1, Users = { ["somebody"] = "open sesame" } });
        var bytes = new MemoryStream();
        await using (var recorder = new TopologyRecorder(bytes, leaveOpen: true))
        {
            var options = new CqlClusterOptions { Recorder = recorder, Authentication = new PlainTextAuthProvider("somebody", "open sesame") };
            options.ContactPoints.Add(server.Nodes[0].Endpoint.ToString());
            await using var session = await CqlSession.ConnectAsync(options);
        }

        bytes.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes("open sesame")).Should().Be(-1);
        bytes.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes("somebody")).Should().Be(-1);
        TopologyRecording.Read(new MemoryStream(bytes.ToArray())).ReplayInputs().IsIdentical.Should().BeTrue();
    }

    [Fact]
    public void A_torn_end_is_left_out_wherever_it_is_torn()
    {
        var whole = Entries(3);
        for (var length = 12; length < whole.Length; length++)
        {
            var recording = TopologyRecording.Read(new MemoryStream(whole, 0, length));

            recording.Changes.Should().HaveCountLessThan(3);
            recording.Notices.Length.Should().Be(IsBetweenFrames(whole, length) ? 0 : 1, "{0} of {1} bytes are there", length, whole.Length);
        }
    }

    [Fact]
    public void Damage_before_the_end_is_a_fault_unless_it_may_be_skipped()
    {
        var damaged = Entries(3);
        damaged[12 + 8 + 3] ^= 1;

        FluentActions.Invoking(() => TopologyRecording.Read(new MemoryStream(damaged))).Should().Throw<TopologyFaultException>().WithMessage("*byte 12*checksum*");

        var skipped = TopologyRecording.Read(new MemoryStream(damaged), skipDamaged: true);
        skipped.Changes.Should().HaveCount(2);
        skipped.Notices.Should().ContainSingle().Which.Should().Contain("byte 12");
    }

    [Theory]
    [InlineData("not a recording, but long enough", "*does not begin*")]
    [InlineData("CQLTOPOLOGY\u0009 of a later version", "*version 9*")]
    [InlineData("CQL", "*does not begin*")]
    public void What_is_no_recording_is_refused(string content, string message) =>
        FluentActions.Invoking(() => TopologyRecording.Read(new MemoryStream(Encoding.ASCII.GetBytes(content)))).Should().Throw<TopologyFaultException>().WithMessage(message);

    [Fact]
    public void Entries_that_an_applier_recorded_make_the_same_snapshot_again()
    {
        var snapshot = new SnapshotApplier();
        var bytes = new MemoryStream();
        new CompositeApplier(snapshot, new RecordingApplier(bytes)).Apply([.. Tests.Topology.LogSamples.RandomLog(5_000, seed: 8)]);

        var recording = TopologyRecording.Read(new MemoryStream(bytes.ToArray()));

        TopologyRecording.ToBytes(recording.ReplayChanges()).Should().Equal(TopologyRecording.ToBytes(snapshot.Current));
        recording.Invoking(it => it.ReplayInputs()).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public async Task A_recorder_belongs_to_one_cluster_object()
    {
        await using var server = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 1 });
        await using var recorder = new TopologyRecorder(new MemoryStream());
        var options = new CqlClusterOptions { Recorder = recorder };
        options.ContactPoints.Add(server.Nodes[0].Endpoint.ToString());
        await using var first = await CqlSession.ConnectAsync(options);

        await FluentActions.Awaiting(() => CqlSession.ConnectAsync(options)).Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task A_stream_that_fails_ends_the_recording_and_nothing_else()
    {
        await using var server = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 1 });
        await using var recorder = new TopologyRecorder(new FullStream());
        var options = new CqlClusterOptions { Recorder = recorder };
        options.ContactPoints.Add(server.Nodes[0].Endpoint.ToString());

        await using var session = await CqlSession.ConnectAsync(options);
        await session.ExecuteAsync("SELECT * FROM system.local");

        await Support.Eventually.BecomesTrueAsync(() => recorder.Error is IOException, "the recorder tells why it ended");
    }

    private static byte[] Entries(int count)
    {
        var bytes = new MemoryStream();
        var applier = new RecordingApplier(bytes);
        for (var index = 1; index <= count; index++)
        {
            applier.Apply([TopologyLogEntry.Of(new LogPosition(0, index), new NodeLeft(Id(index)))]);
        }

        return bytes.ToArray();
    }

    private static bool IsBetweenFrames(byte[] whole, int length) => (length - 12) % ((whole.Length - 12) / 3) == 0;

    private sealed class FullStream : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("The disk is full.");

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("The disk is full.");
    }
}
