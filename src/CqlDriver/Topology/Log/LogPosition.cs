namespace CqlDriver.Topology;

/// <summary>
/// A place in a log: positions of one epoch follow each other, and a later epoch comes after all of an earlier one. What
/// an epoch is, is the source's affair: a term, a generation, a life of its log.
/// </summary>
/// <param name="Epoch">The epoch, 0 or more.</param>
/// <param name="Index">The index within it; the first entry has 1.</param>
public readonly record struct LogPosition(long Epoch, long Index) : IComparable<LogPosition>
{
    /// <summary>Before the first entry of the first epoch.</summary>
    public static LogPosition Start => default;

    /// <summary>Whether one position lies before another.</summary>
    public static bool operator <(LogPosition left, LogPosition right) => left.CompareTo(right) < 0;

    /// <summary>Whether one position lies after another.</summary>
    public static bool operator >(LogPosition left, LogPosition right) => left.CompareTo(right) > 0;

    /// <summary>Whether one position lies before another or is the same.</summary>
    public static bool operator <=(LogPosition left, LogPosition right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one position lies after another or is the same.</summary>
    public static bool operator >=(LogPosition left, LogPosition right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public int CompareTo(LogPosition other) => Epoch != other.Epoch ? Epoch.CompareTo(other.Epoch) : Index.CompareTo(other.Index);

    /// <inheritdoc/>
    public override string ToString() => $"{Epoch}/{Index}";
}
