using CqlDriver.Recording;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>
/// The driver's own recorder, into memory. At the end every decision is taken again from what happened, and the changes
/// alone make the same snapshot: byte for byte.
/// </summary>
internal sealed class SimulationRecording
{
    private readonly MemoryStream _stream = new();
    private readonly TopologyRecorder _recorder;

    public SimulationRecording() => _recorder = new TopologyRecorder(_stream, leaveOpen: true);

    public IStepRecorder Steps => _recorder.Steps;

    /// <summary>Takes everything again.</summary>
    public void Check(Metadata metadata)
    {
        // It writes on a thread of its own; nothing of the run depends on that.
        _recorder.DisposeAsync().AsTask().GetAwaiter().GetResult();
        if (_recorder.Error is { } error)
        {
            throw Broken($"it ended early: {error.Message}");
        }

        _stream.Position = 0;
        var recording = TopologyRecording.Read(_stream);
        if (!recording.Notices.IsEmpty)
        {
            throw Broken(recording.Notices[0]);
        }

        var bytes = TopologyRecording.ToBytes(metadata);
        if (!TopologyRecording.ToBytes(recording.ReplayChanges()).AsSpan().SequenceEqual(bytes))
        {
            throw Broken($"its changes make {recording.ReplayChanges()}, it was {metadata}");
        }

        var replay = recording.ReplayInputs();
        if (!replay.IsIdentical)
        {
            throw Broken(string.Join('\n', replay.Divergences.Take(3)));
        }

        if (!TopologyRecording.ToBytes(replay.Metadata).AsSpan().SequenceEqual(bytes))
        {
            throw Broken($"its inputs make {replay.Metadata}, it was {metadata}");
        }
    }

    private static InvariantViolationException Broken(string what) => new("Replay", what);
}
