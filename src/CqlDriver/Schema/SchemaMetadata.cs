using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace CqlDriver.Schema;

/// <summary>
/// The keyspaces of a cluster and what is in them, as one node told it at one moment. Immutable; it is replaced as a whole, and
/// what did not change is the same object in the new one. Names are unquoted everywhere and compared exactly; dictionaries
/// are in the ordinal order of names. Two parts are equal when everything in them is.
/// </summary>
/// <remarks>
/// <para>Where it comes from: <see cref="SchemaSource"/> asks a node for the tables that describe it, which differ between kinds and
/// versions of servers; <see cref="SchemaParser"/> makes the model of the rows, pure, rows in, model out. It believes nothing: a row
/// that cannot be understood costs one <see cref="SchemaProblem"/>, which becomes a warning, and not the rest of the schema.</para>
/// <para>When it is read is decided by the topology's loop, which also publishes it, with the nodes, in one snapshot.</para>
/// <para>The tables are answered at different moments, so a statement that runs meanwhile may show in some and not in others. What
/// does not fit together then is left out; the event of that statement asks for another reading.</para>
/// </remarks>
public sealed record SchemaMetadata
{
    internal SchemaMetadata() { }

    /// <summary>Whether the schema was read. False: not yet, or reading it is switched off; then there are no keyspaces here.</summary>
    public bool IsRead { get; internal init; }

    /// <summary>The keyspaces by name, those of the system among them.</summary>
    public ImmutableSortedDictionary<string, KeyspaceMetadata> Keyspaces { get; internal init; } = Parts.None<KeyspaceMetadata>();

    internal static SchemaMetadata Unread { get; } = new();

    /// <summary>The names of the keyspaces, with a fingerprint of each.</summary>
    internal ImmutableSortedDictionary<string, ulong> Outline => Given ?? SchemaFingerprint.Of(Keyspaces);

    /// <summary>Where nothing but the outline is known: in what was made of a recording.</summary>
    private ImmutableSortedDictionary<string, ulong>? Given { get; init; }

    internal static SchemaMetadata OfOutline(
        ImmutableSortedDictionary<string, KeyspaceMetadata> keyspaces, ImmutableSortedDictionary<string, ulong> outline, ImmutableArray<SchemaProblem> problems) =>
        new() { IsRead = true, Keyspaces = keyspaces, Given = outline, Problems = problems };

    /// <summary>Rows that could not be understood, in the order of their reading.</summary>
    internal ImmutableArray<SchemaProblem> Problems { get; init; } = [];

    /// <summary>Finds a table.</summary>
    /// <param name="keyspace">The keyspace, unquoted.</param>
    /// <param name="name">The table, unquoted.</param>
    /// <param name="table">The table, when there is one.</param>
    public bool TryGetTable(string keyspace, string name, [NotNullWhen(true)] out TableMetadata? table)
    {
        table = null;
        return Keyspaces.TryGetValue(keyspace, out var found) && found.Tables.TryGetValue(name, out table);
    }

    /// <summary>Whether the same keyspaces with the same contents are in both.</summary>
    /// <param name="other">The other schema.</param>
    public bool Equals(SchemaMetadata? other) =>
        other is not null && IsRead == other.IsRead && Parts.AreSame(Keyspaces, other.Keyspaces)
        && (ReferenceEquals(Given, other.Given) || Parts.AreSame(Outline, other.Outline)) && Problems.AsSpan().SequenceEqual(other.Problems.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Keyspaces.Count;

    /// <inheritdoc/>
    public override string ToString() => IsRead ? $"{Keyspaces.Count} keyspaces, {Keyspaces.Values.Sum(static keyspace => keyspace.Tables.Count)} tables" : "not read";

    /// <summary>A schema with these keyspaces; of two with one name the last.</summary>
    internal static SchemaMetadata Of(IReadOnlyList<KeyspaceMetadata> keyspaces)
    {
        var byName = Parts.None<KeyspaceMetadata>().ToBuilder();
        foreach (var keyspace in keyspaces)
        {
            byName[keyspace.Name] = keyspace;
        }

        return new SchemaMetadata { IsRead = true, Keyspaces = byName.ToImmutable() };
    }

    /// <summary>The same schema with the objects of an earlier one for all that is equal; the earlier one itself if everything is.</summary>
    internal SchemaMetadata Keeping(SchemaMetadata earlier)
    {
        var keyspaces = Parts.Keep(Keyspaces, earlier.Keyspaces, static (now, before) => now.Keeping(before));
        var kept = this with { Keyspaces = keyspaces };
        return ReferenceEquals(keyspaces, earlier.Keyspaces) && kept.Equals(earlier) ? earlier : kept;
    }
}

/// <summary>A row of the schema that could not be understood.</summary>
/// <param name="Row">Which one.</param>
/// <param name="Reason">Why, and what was done about it.</param>
internal readonly record struct SchemaProblem(string Row, string Reason);
