using CqlDriver.Topology;

namespace CqlDriver.Recording;

/// <summary>
/// Writes entries to a recording, as they came: those too that are not understood, but none that were applied before. What it wrote
/// is read with TopologyRecording.
/// </summary>
public sealed class RecordingApplier : TopologyApplier
{
    private readonly Stream _stream;
    private readonly LogWriter _writer = new();

    /// <summary>Begins a recording.</summary>
    /// <param name="stream">Where it is written to. It stays the caller's, and is flushed when the caller does.</param>
    public RecordingApplier(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _stream = stream;
        RecordingFrames.Begin(stream);
    }

    private protected override void Take(TopologyLogEntry entry, TopologyChange change)
    {
        _writer.Clear();
        _writer.Signed(entry.Position.Epoch);
        _writer.Signed(entry.Position.Index);
        _writer.Raw(entry.Data.Span);
        RecordingFrames.Write(_stream, RecordingFrameKind.Entry, _writer.Written);
    }
}
