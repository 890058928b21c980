using System.Collections.Immutable;
using CqlDriver.Effects;
using CqlDriver.Topology;

namespace CqlDriver.Recording;

/// <summary>
/// A recording as <see cref="TopologyRecorder"/> or <see cref="RecordingApplier"/> wrote it: what happened, and what was decided. Immutable.
/// </summary>
public sealed class TopologyRecording
{
    private readonly ImmutableArray<RecordedStep> _steps;
    private readonly Metadata _start;
    private readonly TopologySettings? _settings;

    private TopologyRecording(string? driverVersion, TopologySettings? settings, Metadata start, ImmutableArray<RecordedStep> steps, ImmutableArray<string> notices) =>
        (DriverVersion, _settings, _start, _steps, Notices) = (driverVersion, settings, start, steps, notices);

    /// <summary>The version of the driver that recorded; null in a recording of entries alone.</summary>
    public string? DriverVersion { get; }

    /// <summary>What was left out of it, and why: a torn end, damaged frames where they may be skipped.</summary>
    public ImmutableArray<string> Notices { get; }

    /// <summary>How many inputs are in it.</summary>
    public int InputCount => _steps.Count(static step => !step.Input.IsEmpty);

    /// <summary>The changes in it, in order.</summary>
    public IEnumerable<TopologyChange> Changes => _steps.SelectMany(static step => step.Changes).Select(static decided => decided.Change);

    /// <summary>Reads a recording.</summary>
    /// <param name="path">The file.</param>
    /// <param name="skipDamaged">Whether damaged frames are left out (see <see cref="Notices"/>) instead of being an error.</param>
    /// <exception cref="TopologyFaultException">It is no recording, or damaged before its end.</exception>
    public static TopologyRecording Open(string path, bool skipDamaged = false)
    {
        using var file = File.OpenRead(path);
        return Read(file, skipDamaged);
    }

    /// <summary>Reads a recording.</summary>
    /// <param name="stream">The recording, from its beginning.</param>
    /// <param name="skipDamaged">Whether damaged frames are left out (see <see cref="Notices"/>) instead of being an error.</param>
    /// <exception cref="TopologyFaultException">It is no recording, or damaged before its end.</exception>
    public static TopologyRecording Read(Stream stream, bool skipDamaged = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var notices = ImmutableArray.CreateBuilder<string>();
        var steps = ImmutableArray.CreateBuilder<RecordedStep>();
        (string Version, TopologySettings Settings, Metadata Start)? began = null;
        using var buffered = new BufferedStream(stream, 1 << 16);
        foreach (var frame in RecordingFrames.Read(buffered, skipDamaged, notices.Add))
        {
            try
            {
                switch (frame.Kind)
                {
                    case RecordingFrameKind.Began:
                        began = ReadBegan(frame.Body.Span);
                        break;
                    case RecordingFrameKind.Entry:
                        steps.Add(RecordedStep.OfEntry(frame.Body.Span, steps.Count + 1));
                        break;
                    case RecordingFrameKind.Input:
                        steps.Add(RecordedStep.OfInput(frame.Body));
                        break;
                    case RecordingFrameKind.Change when steps.Count > 0:
                        steps[^1] = steps[^1].With(ChangeFrames.Read(frame.Body.Span));
                        break;
                    default:
                        notices.Add($"The frame at byte {frame.Offset} is of a kind ({(byte)frame.Kind}) that this driver does not know; it is left out.");
                        break;
                }
            }
            catch (UndecodableEntryException unknown)
            {
                notices.Add($"The frame at byte {frame.Offset} is not understood: {unknown.Message}; it is left out.");
            }
        }

        return new TopologyRecording(began?.Version, began?.Settings, began?.Start ?? Metadata.Empty, steps.ToImmutable(), notices.ToImmutable());
    }

    /// <summary>The snapshot that the changes make, byte for byte the one that stood at the end of the recording.</summary>
    public Metadata ReplayChanges()
    {
        var metadata = _start;
        foreach (var change in Changes)
        {
            // One by one: a follow-up of a step saw what the decisions before it had made, down to the ordinals of nodes.
            metadata = MetadataEvolver.Apply(metadata, [change]);
        }

        return metadata;
    }

    /// <summary>Decides every change again, from what happened alone, and compares it with the recorded one. Dials and timers are not compared.</summary>
    /// <exception cref="InvalidOperationException">There are no inputs in it.</exception>
    public TopologyReplay ReplayInputs()
    {
        if (_settings is null)
        {
            throw new InvalidOperationException("The recording has entries of a log, and no inputs: there is nothing to decide again.");
        }

        var outside = new ReplayedOutside();
        var sessions = new ReplaySessions();
        var effects = new ReplayEffects();
        var topology = new ClusterTopology(_settings with { StopsAtFaults = false, Recorder = new ReplayRecorder(outside) }, _ => effects);
        sessions.Topology = topology;
        var divergences = ImmutableArray.CreateBuilder<string>();
        for (var i = 0; i < _steps.Length && divergences.Count < TopologyReplay.MaxDivergences; i++)
        {
            if (_steps[i].Replay(topology.Loop, sessions, outside) is { } difference)
            {
                divergences.Add($"Step {i + 1} of {_steps.Length}: {difference}");
            }
        }

        return new TopologyReplay(topology.Current, divergences.ToImmutable());
    }

    /// <summary>One line for each input that led to something, and one for each decision: the story of the cluster as the driver saw it.</summary>
    public IEnumerable<string> Explain() => _steps.SelectMany(static step => Explanation.Of(step));

    /// <summary>Everything in a snapshot as bytes, the same for equal snapshots wherever and whenever they are written.</summary>
    /// <param name="metadata">The snapshot.</param>
    public static byte[] ToBytes(Metadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return MetadataCodec.ToBytes(metadata);
    }

    private static (string Version, TopologySettings Settings, Metadata Start) ReadBegan(ReadOnlySpan<byte> body)
    {
        var reader = new LogReader(body);
        return (reader.Text(), RecorderSettings.Read(ref reader), MetadataCodec.Read(ref reader));
    }

    /// <summary>Only answers: what is decided is compared by who replays.</summary>
    private sealed class ReplayRecorder(StepOutside outside) : IStepRecorder
    {
        public StepOutside Outside => outside;

        public void Attach(TopologySettings settings)
        {
        }

        public void Begin(TopologyInput input, Metadata current)
        {
        }

        public void Decided(IReadOnlyList<TopologyChange> changes, TimeSpan at)
        {
        }

        public void End(bool hasFailed)
        {
        }
    }
}

/// <summary>What came of taking all decisions of a recording again.</summary>
/// <param name="Metadata">The snapshot at the end.</param>
/// <param name="Divergences">Where a decision was another one than the recorded one, at most 100; empty: all are the same.</param>
public sealed record TopologyReplay(Metadata Metadata, ImmutableArray<string> Divergences)
{
    internal const int MaxDivergences = 100;

    /// <summary>Whether every change is the one that was recorded.</summary>
    public bool IsIdentical => Divergences.IsEmpty;
}
