using System.Collections.Immutable;

namespace CqlDriver.Schema;

/// <summary>
/// How a table or view is stored and served. Servers differ in the options they know: those that all have are properties here,
/// and <see cref="All"/> has everything that was told. Immutable.
/// </summary>
public sealed record TableOptions
{
    internal TableOptions() { }

    /// <summary>Every option by name, its value as a CQL literal, so that <c>name = value</c> can stand behind <c>WITH</c>.</summary>
    public ImmutableSortedDictionary<string, string> All { get; internal init; } = Parts.None<string>();

    /// <summary>The comment; empty when there is none.</summary>
    public string Comment { get; internal init; } = "";

    /// <summary>How long values live that are written without a limit; zero: for ever.</summary>
    public TimeSpan DefaultTimeToLive { get; internal init; }

    /// <summary>How long deletions are remembered.</summary>
    public TimeSpan GcGrace { get; internal init; }

    /// <summary>The compaction strategy's class and options.</summary>
    public ImmutableSortedDictionary<string, string> Compaction { get; internal init; } = Parts.None<string>();

    /// <summary>The compressor's class and options; empty: not compressed.</summary>
    public ImmutableSortedDictionary<string, string> Compression { get; internal init; } = Parts.None<string>();

    /// <summary>What the server caches.</summary>
    public ImmutableSortedDictionary<string, string> Caching { get; internal init; } = Parts.None<string>();

    internal static TableOptions None { get; } = new();

    /// <summary>Whether both have the same options with the same values.</summary>
    /// <param name="other">The other options.</param>
    public bool Equals(TableOptions? other) => other is not null && Parts.AreSame(All, other.All);

    /// <inheritdoc/>
    public override int GetHashCode() => All.Count;

    /// <inheritdoc/>
    public override string ToString() => string.Join(" AND ", All.Select(static option => $"{option.Key} = {option.Value}"));
}
