namespace CqlDriver.Topology;

/// <summary>
/// Takes committed entries in the order given, and keeps of them what it is there for. One thread at a time.
/// </summary>
/// <remarks>
/// <para>Every applier keeps the same rules, so that any set of them that was given the same entries stands at the same position:</para>
/// <list type="bullet">
/// <item>An entry at or below <see cref="Position"/> is ignored, before it has any effect. A gap is allowed; a step back is not an error.</item>
/// <item>An empty or opaque entry, and one that is not understood, moves the position and nothing else.</item>
/// <item>An entry whose checksum does not fit, or a new epoch that does not begin with a snapshot, is a fault: the entries before it stay
/// applied, <see cref="TopologyFaultException"/> is thrown, and nothing is applied until a snapshot comes.</item>
/// <item>A batch is applied as a whole or not at all.</item>
/// </list>
/// </remarks>
public interface ITopologyApplier
{
    /// <summary>The last position that was applied.</summary>
    LogPosition Position { get; }

    /// <summary>Applies entries.</summary>
    /// <param name="entries">The entries, in the order of their log.</param>
    /// <returns>The last position that was applied by now; the one before when there was nothing new.</returns>
    /// <exception cref="TopologyFaultException">The log cannot be believed from one of these entries on.</exception>
    LogPosition Apply(ReadOnlySpan<TopologyLogEntry> entries);
}
