using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace CqlDriver.Partitioning;

/// <summary>
/// Where rows are, by token: the tablets of a table, a keyspace's token ring, or hashes shared out in fixed ranges; the three
/// are one structure. Ranges lead to groups of replicas; a change of a group is one change for all its ranges. Immutable.
/// </summary>
/// <remarks>
/// <para>A part of the ring of which nothing is known is a hole: nobody guesses there. A tablet that becomes known takes the
/// place of every tablet that it overlaps, so that what is left of those becomes a hole too.</para>
/// <para>A change copies a chunk of ranges, a page of groups and what leads to them, a few kilobytes at a million tablets; a
/// look-up allocates nothing. Figures are in docs/topology.md.</para>
/// </remarks>
public sealed class RoutingTable
{
    private readonly RoutingTableIndex _index;
    private readonly RoutingTableGroups _groups;

    private RoutingTable(RoutingTableIndex index, RoutingTableGroups groups, bool isStronglyConsistent)
    {
        _index = index;
        _groups = groups;
        IsStronglyConsistent = isStronglyConsistent;
    }

    /// <summary>How many groups there are.</summary>
    public int GroupCount => _groups.Count;

    /// <summary>Whether requests of every kind are served by leaders: then plans begin with them.</summary>
    public bool IsStronglyConsistent { get; }

    /// <summary>The groups, by ascending number.</summary>
    public IEnumerable<ReplicaGroup> Groups => _groups.All();

    /// <summary>The ranges of which something is known, in the order of tokens, each with its group. Neighbours of one group are one range.</summary>
    public IEnumerable<(TokenRange Range, ReplicaGroup Group)> Ranges => _index.Ranges().Select(entry => (entry.Range, _groups[entry.Group]!));

    internal static RoutingTable Empty { get; } = new(RoutingTableIndex.Empty, RoutingTableGroups.Empty, isStronglyConsistent: false);

    /// <summary>Which number the next new group gets, and which are used before it.</summary>
    internal (int Next, IEnumerable<int> Free) Numbering => (_groups.Next, _groups.Free());

    internal int LargestChunk => _index.LargestChunk();

    /// <summary>The replicas of a token. Allocates nothing.</summary>
    /// <param name="token">The token.</param>
    /// <returns>The group; null: nothing is known there.</returns>
    public ReplicaGroup? Find(Token token)
    {
        var group = _index.Find(token);
        return group == RoutingTableIndex.Unknown ? null : _groups[group];
    }

    /// <summary>A group by its number; null when there is none.</summary>
    /// <param name="id">The number.</param>
    public ReplicaGroup? Group(int id) => id is >= 0 and < RoutingTableGroups.Limit ? _groups[id] : null;

    /// <inheritdoc/>
    public override string ToString() => $"{GroupCount} groups{(IsStronglyConsistent ? ", led" : "")}";

    /// <summary>Builds a table at once.</summary>
    /// <param name="lasts">The last token of each range, ascending, no two the same; what lies after the last one belongs to the first range.</param>
    /// <param name="ids">The number of each range's group.</param>
    /// <param name="groups">The groups, numbered 0, 1, 2, ….</param>
    internal static RoutingTable OfRing(ReadOnlySpan<long> lasts, ReadOnlySpan<int> ids, IReadOnlyList<ReplicaGroup> groups)
    {
        if (lasts.IsEmpty)
        {
            return Empty;
        }

        var isOpen = lasts[^1] != long.MaxValue;
        var keys = new ulong[lasts.Length + (isOpen ? 1 : 0)];
        var owners = new int[keys.Length];
        for (var i = 0; i < lasts.Length; i++)
        {
            (keys[i], owners[i]) = (RoutingTableIndex.KeyOf(new Token(lasts[i])), ids[i]);
        }

        if (isOpen)
        {
            (keys[^1], owners[^1]) = (ulong.MaxValue, ids[0]);
        }

        return new RoutingTable(RoutingTableIndex.Build(keys, owners), RoutingTableGroups.Of(groups), isStronglyConsistent: false);
    }

    /// <summary>Puts a table together from what it consists of. False: that contradicts itself.</summary>
    internal static bool TryRestore(
        int next, ImmutableArray<int> free, ImmutableArray<ReplicaGroup> groups, ImmutableArray<(TokenRange Range, int Group)> ranges, bool isStronglyConsistent, [NotNullWhen(true)] out RoutingTable? table)
    {
        table = null;
        if (!RoutingTableGroups.TryRestore(next, free, groups, out var restored))
        {
            return false;
        }

        var keys = new List<ulong>();
        var ids = new List<int>();
        foreach (var (range, id) in ranges)
        {
            var (first, last) = (RoutingTableIndex.KeyOf(range.First), RoutingTableIndex.KeyOf(range.Last));
            var before = keys.Count == 0 ? 0 : keys[^1];
            if (first >= last || first < before || restored[id] is null)
            {
                return false;
            }

            if (first > before)
            {
                keys.Add(first);
                ids.Add(RoutingTableIndex.Unknown);
            }

            keys.Add(last);
            ids.Add(id);
        }

        if (keys.Count == 0 || keys[^1] != ulong.MaxValue)
        {
            keys.Add(ulong.MaxValue);
            ids.Add(RoutingTableIndex.Unknown);
        }

        table = new RoutingTable(RoutingTableIndex.Build(CollectionsMarshal.AsSpan(keys), CollectionsMarshal.AsSpan(ids)), restored, isStronglyConsistent);
        return true;
    }

    /// <summary>The groups of which a part lies in a range, each once, in no order that means anything but the same each time.</summary>
    internal List<ReplicaGroup> Overlapping(TokenRange range)
    {
        var ids = new List<int>();
        foreach (var (from, to) in Parts(range))
        {
            _index.Collect(from, to, ids);
        }

        return [.. ids.Distinct().Select(id => _groups[id]!)];
    }

    /// <summary>A range gets a group of its own: what it overlaps of other such ranges is gone, with their groups.</summary>
    /// <param name="range">The range.</param>
    /// <param name="group">The group; its number is given here.</param>
    internal RoutingTable WithTablet(TokenRange range, ReplicaGroup group)
    {
        if (Overlapping(range) is [{ Range: { } known } before] && known == range)
        {
            // A tablet that moved: its place in the index is what it was.
            return new RoutingTable(_index, _groups.With(group with { Id = before.Id, Range = range }), IsStronglyConsistent);
        }

        var cleared = WithoutTablets(range);
        var id = cleared._groups.NextId;
        var index = cleared._index;
        foreach (var (from, to) in Parts(range))
        {
            index = index.Set(from, to, id);
        }

        return new RoutingTable(index, cleared._groups.With(group with { Id = id, Range = range }), IsStronglyConsistent);
    }

    /// <summary>Nothing is known any more of the tablets that overlap a range.</summary>
    internal RoutingTable WithoutTablets(TokenRange range)
    {
        var (index, groups) = (_index, _groups);
        foreach (var overlapped in Overlapping(range))
        {
            if (overlapped.Range is { } whole)
            {
                groups = groups.Without(overlapped.Id);
                foreach (var (from, to) in Parts(whole))
                {
                    index = index.Set(from, to, RoutingTableIndex.Unknown);
                }
            }
        }

        return ReferenceEquals(index, _index) ? this : new RoutingTable(index, groups, IsStronglyConsistent);
    }

    /// <summary>A range is served by a group that there is: exactly this range, others keep what is left of theirs.</summary>
    internal RoutingTable WithRange(TokenRange range, int group)
    {
        var index = _index;
        foreach (var (from, to) in Parts(range))
        {
            index = index.Set(from, to, group);
        }

        return new RoutingTable(index, _groups, IsStronglyConsistent);
    }

    /// <summary>A group is new, or another one for all its ranges.</summary>
    internal RoutingTable WithGroup(ReplicaGroup group) => new(_index, _groups.With(group), IsStronglyConsistent);

    /// <summary>A group is gone, its ranges are unknown.</summary>
    internal RoutingTable WithoutGroup(int id)
    {
        var index = _index;
        var ranges = _groups[id] is { Range: { } range } ? [range] : _index.Ranges().Where(entry => entry.Group == id).Select(static entry => entry.Range).ToArray();
        foreach (var (from, to) in ranges.SelectMany(Parts))
        {
            index = index.Set(from, to, RoutingTableIndex.Unknown);
        }

        return new RoutingTable(index, _groups.Without(id), IsStronglyConsistent);
    }

    internal RoutingTable Led(bool isStronglyConsistent) =>
        isStronglyConsistent == IsStronglyConsistent ? this : new RoutingTable(_index, _groups, isStronglyConsistent);

    /// <summary>A range as parts of the ring that do not go round its end: first and last key. The ring's start belongs to what begins there.</summary>
    private static IEnumerable<(ulong From, ulong To)> Parts(TokenRange range)
    {
        var (first, last) = (RoutingTableIndex.KeyOf(range.First), RoutingTableIndex.KeyOf(range.Last));
        var from = first == 0 ? 0 : first + 1;
        if (!range.WrapsAround)
        {
            return [(from, last)];
        }

        return first == ulong.MaxValue ? [(0, last)] : [(0, last), (from, ulong.MaxValue)];
    }
}
