using System.Collections.Immutable;
using CqlDriver.Partitioning;

namespace CqlDriver.Topology;

/// <summary>
/// Where rows are, as far as it is known: tablets by table, ranges of hashes by keyspace, and token rings by keyspace. Immutable;
/// a part of <see cref="Metadata"/>. Names are unquoted and compared exactly; everything is in the ordinal order of names.
/// </summary>
/// <remarks>
/// <para>What the cluster told of a table counts before what it told of its keyspace, and both before the ring, which the driver
/// works out from the nodes' tokens. A keyspace with tablets has no ring: of a tablet that is not known nothing is known.</para>
/// <para>It holds host ids, never nodes or addresses. No table names a node that left; a ring may for the moment until it is
/// built anew.</para>
/// </remarks>
public sealed record RoutingMetadata
{
    private RoutingMetadata() { }

    /// <summary>What the cluster told: tablets of a table, or ranges of a whole keyspace (then the table is null).</summary>
    public ImmutableSortedDictionary<RoutingScope, RoutingTable> Tables { get; private init; } = ImmutableSortedDictionary<RoutingScope, RoutingTable>.Empty;

    /// <summary>Token rings by keyspace; keyspaces that are replicated alike share one.</summary>
    public ImmutableSortedDictionary<string, RoutingTable> Rings { get; private init; } = NoRings;

    internal static ImmutableSortedDictionary<string, RoutingTable> NoRings { get; } = ImmutableSortedDictionary.Create<string, RoutingTable>(StringComparer.Ordinal);

    // After what it is made of: statics are made in this order.
    internal static RoutingMetadata Empty { get; } = new();

    /// <summary>Since which position what was told of a keyspace counts: its replication, or one of its tables, was another one before.</summary>
    internal ImmutableSortedDictionary<string, long> Floors { get; private init; } = ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal);

    /// <summary>Where a table's rows are.</summary>
    /// <param name="keyspace">The keyspace, unquoted.</param>
    /// <param name="table">The table, unquoted.</param>
    /// <returns>Its tablets, or its keyspace's ranges, or its keyspace's ring; null when none of these is known.</returns>
    public RoutingTable? Find(string keyspace, string table) =>
        Tables.GetValueOrDefault(new RoutingScope(keyspace, table)) ?? Tables.GetValueOrDefault(new RoutingScope(keyspace, null)) ?? Rings.GetValueOrDefault(keyspace);

    /// <summary>Whether the same is known in both.</summary>
    /// <param name="other">The other one.</param>
    public bool Equals(RoutingMetadata? other) => other is not null && Tables == other.Tables && Rings == other.Rings && Floors == other.Floors;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Tables.Count, Rings.Count);

    /// <inheritdoc/>
    public override string ToString() => $"{Tables.Count} tables told, {Rings.Count} rings";

    /// <summary>The newest position that counts for a range: what was learnt before it is out of date.</summary>
    internal long NewestChange(RoutingScope scope, TokenRange range)
    {
        var newest = Floors.GetValueOrDefault(scope.Keyspace);
        foreach (var group in Tables.GetValueOrDefault(scope)?.Overlapping(range) ?? [])
        {
            newest = Math.Max(newest, group.ChangedAt);
        }

        return newest;
    }

    internal RoutingMetadata WithTable(RoutingScope scope, RoutingTable table) =>
        this with { Tables = table.GroupCount == 0 && !table.IsStronglyConsistent ? Tables.Remove(scope) : Tables.SetItem(scope, table) };

    internal RoutingMetadata WithRings(ImmutableSortedDictionary<string, RoutingTable> rings) => this with { Rings = rings };

    /// <summary>Nothing that was told of a table, or of a keyspace and its tables, counts any more; nor what was learnt before a position.</summary>
    internal RoutingMetadata Without(RoutingScope scope, long? floor) => this with
    {
        Tables = Tables.RemoveRange(Tables.Keys.Where(told => told.Keyspace == scope.Keyspace && (scope.Table is null || told == scope)).ToArray()),
        Floors = floor is { } position ? Floors.SetItem(scope.Keyspace, position) : Floors.Remove(scope.Keyspace),
    };

    internal static RoutingMetadata Restored(
        IEnumerable<KeyValuePair<RoutingScope, RoutingTable>> tables, ImmutableSortedDictionary<string, RoutingTable> rings, ImmutableSortedDictionary<string, long> floors) =>
        Empty with { Tables = ImmutableSortedDictionary.CreateRange(tables), Rings = rings, Floors = floors };

    /// <summary>The same with each table that was told changed.</summary>
    internal RoutingMetadata WithEach(Func<RoutingTable, RoutingTable> change)
    {
        var next = this;
        foreach (var (scope, table) in Tables)
        {
            var changed = change(table);
            next = ReferenceEquals(changed, table) ? next : next.WithTable(scope, changed);
        }

        return next;
    }
}

/// <summary>What a <see cref="RoutingTable"/> is for: one table, or a whole keyspace. Names are unquoted.</summary>
/// <param name="Keyspace">The keyspace.</param>
/// <param name="Table">The table; null: all of them.</param>
public readonly record struct RoutingScope(string Keyspace, string? Table) : IComparable<RoutingScope>
{
    /// <summary>Whether one sorts before the other.</summary>
    public static bool operator <(RoutingScope left, RoutingScope right) => left.CompareTo(right) < 0;

    /// <summary>Whether one sorts after the other.</summary>
    public static bool operator >(RoutingScope left, RoutingScope right) => left.CompareTo(right) > 0;

    /// <summary>Whether one sorts before the other or is the same.</summary>
    public static bool operator <=(RoutingScope left, RoutingScope right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one sorts after the other or is the same.</summary>
    public static bool operator >=(RoutingScope left, RoutingScope right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public int CompareTo(RoutingScope other)
    {
        var order = string.CompareOrdinal(Keyspace, other.Keyspace);
        return order != 0 ? order : string.CompareOrdinal(Table, other.Table);
    }

    /// <inheritdoc/>
    public override string ToString() => Table is null ? Keyspace : $"{Keyspace}.{Table}";
}
