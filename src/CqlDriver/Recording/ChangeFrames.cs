using CqlDriver.Topology;

namespace CqlDriver.Recording;

/// <summary>A change that the driver decided, as it stands in a recording: its index, time, place in an outer log, and entry.</summary>
internal static class ChangeFrames
{
    public static void Write(LogWriter writer, TopologyChange change, TimeSpan at)
    {
        writer.Signed(change.Index);
        writer.Time(at);
        writer.Optional(change.Source, InputParts.Position);
        writer.Raw(TopologyLogEntry.Of(default, change).Data.Span);
    }

    public static (TopologyChange Change, TimeSpan At) Read(ReadOnlySpan<byte> body)
    {
        var reader = new LogReader(body);
        var (index, at) = (reader.Signed(), reader.Time());
        LogPosition? source = reader.Bool() ? InputParts.Position(ref reader) : null;
        var entry = new TopologyLogEntry(default, reader.Rest().ToArray());
        return entry.Change is { } change
            ? (Stamp(change, index) with { Source = source }, at)
            : throw new TopologyFaultException("The recording", $"change {index} is damaged: {entry.Damage}");
    }

    private static TopologyChange Stamp(TopologyChange change, long index) =>
        change is ChangeBatch batch
            ? batch with { Index = index, Changes = [.. batch.Changes.Select(part => Stamp(part, index))] }
            : change with { Index = index };
}
