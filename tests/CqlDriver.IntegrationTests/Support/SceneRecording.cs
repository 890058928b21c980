using CqlDriver.Recording;
using CqlDriver.Topology;
using Xunit.Abstractions;

namespace CqlDriver.IntegrationTests.Support;

/// <summary>What the driver learnt and decided on a real cluster, as a recording: it must replay, and is told as a story.</summary>
internal sealed class SceneRecording
{
    private readonly MemoryStream _bytes = new();

    public SceneRecording() => Recorder = new TopologyRecorder(_bytes, leaveOpen: true);

    public TopologyRecorder Recorder { get; }

    /// <summary>After the cluster object is closed: from what happened alone the same is decided again, and makes the same snapshot.</summary>
    public async Task CheckAsync(Metadata end, ITestOutputHelper output)
    {
        await Recorder.DisposeAsync();
        Recorder.Error.Should().BeNull();
        var recording = TopologyRecording.Read(new MemoryStream(_bytes.ToArray()));
        output.WriteLine($"The recording has {recording.InputCount} inputs in {_bytes.Length:N0} bytes:");
        foreach (var line in recording.Explain())
        {
            output.WriteLine($"  {line}");
        }

        var replay = recording.ReplayInputs();
        replay.Divergences.Should().BeEmpty();
        Told(replay.Metadata).Should().Equal(Told(end));
        Told(recording.ReplayChanges()).Should().Equal(Told(end));
        recording.Notices.Should().BeEmpty();
    }

    private static byte[] Told(Metadata metadata) => TopologyRecording.ToBytes(metadata);
}
