namespace CqlDriver.Topology;

/// <summary>
/// Which entry of a log is applied: for the loop and for every applier, and decided before an entry has any effect. The loop asks one thing
/// more of a snapshot that ends a fault: <see cref="CommittedLog.Skipped"/>.
/// </summary>
internal static class LogRules
{
    /// <summary>What to do with an entry.</summary>
    /// <param name="applied">The last position that was applied.</param>
    /// <param name="isFaulted">Whether the source is not believed: then only a snapshot helps.</param>
    /// <param name="entry">The entry.</param>
    public static LogVerdict Judge(LogPosition applied, bool isFaulted, TopologyLogEntry entry)
    {
        if (entry.Position <= applied)
        {
            return LogVerdict.Ignored;
        }

        if (entry.Damage is { } damage)
        {
            return new LogVerdict(null, $"entry {entry.Position} is damaged: {damage}");
        }

        var change = entry.Change!;
        if (change is SnapshotInstalled)
        {
            return new LogVerdict(change, null);
        }

        if (isFaulted)
        {
            return LogVerdict.Ignored;
        }

        return entry.Position.Epoch > applied.Epoch
            ? new LogVerdict(null, $"epoch {entry.Position.Epoch} begins with {change.GetType().Name} at {entry.Position.Index} and not with a snapshot")
            : new LogVerdict(change, null);
    }
}

/// <param name="Change">What is to be applied; null: nothing.</param>
/// <param name="Fault">Why the source cannot be believed any more; null: it can.</param>
internal readonly record struct LogVerdict(TopologyChange? Change, string? Fault)
{
    /// <summary>At or below what was applied, or from a source that is not believed: no trace but a count.</summary>
    public static LogVerdict Ignored => default;
}
