using System.Collections.Immutable;
using CqlDriver.Topology;

namespace CqlDriver.Recording;

/// <summary>What happened, what rules asked about it, and what was decided. Immutable.</summary>
internal sealed class RecordedStep
{
    private RecordedStep(ReadOnlyMemory<byte> input, ImmutableArray<StepNote> notes, bool hasFailed, ImmutableArray<(TopologyChange, TimeSpan)> changes) =>
        (Input, Notes, HasFailed, Changes) = (input, notes, hasFailed, changes);

    /// <summary>The input's bytes; none in a recording of entries.</summary>
    public ReadOnlyMemory<byte> Input { get; }

    public ImmutableArray<StepNote> Notes { get; }

    /// <summary>Whether a part of the step failed when it was recorded.</summary>
    public bool HasFailed { get; }

    public ImmutableArray<(TopologyChange Change, TimeSpan At)> Changes { get; }

    public static RecordedStep OfEntry(ReadOnlySpan<byte> body, int index)
    {
        var reader = new LogReader(body);
        var position = InputParts.Position(ref reader);
        var entry = new TopologyLogEntry(position, reader.Rest().ToArray());
        return entry.Change is { } change
            ? new RecordedStep(default, [], false, [(change with { Index = index, Source = position }, default)])
            : throw new TopologyFaultException("The recording", $"entry {position} is damaged: {entry.Damage}");
    }

    public static RecordedStep OfInput(ReadOnlyMemory<byte> body)
    {
        var reader = new LogReader(body.Span);
        var hasFailed = reader.Bool();
        var notes = ImmutableArray.CreateBuilder<StepNote>();
        for (var left = reader.Count(bytesEach: 2); left > 0; left--)
        {
            notes.Add(new StepNote(reader.Enum<StepNoteKind>(), reader.Bytes().ToArray()));
        }

        return new RecordedStep(body[^reader.Left..], notes.ToImmutable(), hasFailed, []);
    }

    public RecordedStep With((TopologyChange, TimeSpan) decided) => new(Input, Notes, HasFailed, Changes.Add(decided));

    /// <summary>The input, and when it happened.</summary>
    public (TopologyInput Input, TimeSpan At) Read(ReplaySessions sessions)
    {
        var reader = new LogReader(Input.Span);
        var at = reader.Time();
        var input = InputCodec.Read(ref reader, sessions) with { At = at };
        reader.End();
        return (input, at);
    }

    /// <summary>Takes the input again. Null: what is decided is what was decided.</summary>
    public string? Replay(TopologyLoop loop, ReplaySessions sessions, ReplayedOutside outside)
    {
        if (Input.IsEmpty)
        {
            return null;
        }

        var before = loop.Log.LastIndex;
        var (input, _) = Read(sessions);
        outside.Begin(Notes);
        loop.Step(input);
        if (outside.Unexpected is { } unexpected)
        {
            return $"{input.GetType().Name}: {unexpected}";
        }

        var decided = loop.Log.Entries.Where(entry => entry.Index > before).Select(static entry => (entry.Change, entry.At)).ToArray();
        if (decided.Length != Changes.Length || !decided.Zip(Changes).All(static pair => AreSame(pair.First, pair.Second)))
        {
            return $"{input.GetType().Name} led to [{Names(decided)}], recorded was [{Names(Changes)}]";
        }

        return outside.Left > 0 && !HasFailed
            ? $"{input.GetType().Name}: of {string.Join(", ", Notes.Select(static note => note.Kind))} the last {outside.Left} were not asked for"
            : null;
    }

    private static string Names(IEnumerable<(TopologyChange Change, TimeSpan At)> changes) => string.Join(", ", changes.Select(static decided => Explanation.Of(decided.Change)));

    private static bool AreSame((TopologyChange Change, TimeSpan At) one, (TopologyChange Change, TimeSpan At) other) => Bytes(one).AsSpan().SequenceEqual(Bytes(other));

    private static byte[] Bytes((TopologyChange Change, TimeSpan At) decided)
    {
        var writer = new LogWriter();
        ChangeFrames.Write(writer, decided.Change, decided.At);
        return writer.ToArray();
    }
}
