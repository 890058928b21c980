using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace CqlDriver.Partitioning;

/// <summary>
/// Replica groups by number, in pages of 256, copied on write: a change copies a page, its directory and the root, a few
/// kilobytes however many groups there are. Immutable. Numbers of groups that are gone are used again, the latest first.
/// </summary>
internal sealed class RoutingTableGroups
{
    /// <summary>Numbers are below this: what a page, a directory and a root of reasonable size can hold.</summary>
    public const int Limit = 1 << 24;

    private const int PageBits = 8;
    private const int DirectoryBits = 6;
    private const int PageMask = (1 << PageBits) - 1;
    private const int DirectoryMask = (1 << DirectoryBits) - 1;

    private readonly ReplicaGroup?[][][] _root;
    private readonly int _next;
    private readonly FreeNumber? _free;

    private RoutingTableGroups(ReplicaGroup?[][][] root, int next, FreeNumber? free, int count)
    {
        _root = root;
        _next = next;
        _free = free;
        Count = count;
    }

    public static RoutingTableGroups Empty { get; } = new([], 0, null, 0);

    public int Count { get; }

    /// <summary>No number from here on was ever given.</summary>
    public int Next => _next;

    /// <summary>The number that the next new group gets.</summary>
    public int NextId => _free?.Id ?? _next;

    /// <summary>The group; null when there is none of that number.</summary>
    public ReplicaGroup? this[int id]
    {
        get
        {
            var root = _root;
            var top = (uint)id >> (PageBits + DirectoryBits);
            if (top >= (uint)root.Length)
            {
                return null;
            }

            var directory = root[top];
            var at = (id >> PageBits) & DirectoryMask;
            if ((uint)at >= (uint)directory.Length)
            {
                return null;
            }

            var page = directory[at];
            var slot = id & PageMask;
            return (uint)slot < (uint)page.Length ? page[slot] : null;
        }
    }

    /// <summary>With a group, new or in the place of the one with its number.</summary>
    public RoutingTableGroups With(ReplicaGroup group)
    {
        if (this[group.Id] is not null)
        {
            return new RoutingTableGroups(Copy(group.Id, group), _next, _free, Count);
        }

        // A number out of turn, as another numbering than ours gives it: those between stay unused.
        return group.Id == _free?.Id
            ? new RoutingTableGroups(Copy(group.Id, group), _next, _free.Next, Count + 1)
            : new RoutingTableGroups(Copy(group.Id, group), Math.Max(_next, group.Id + 1), Without(_free, group.Id), Count + 1);
    }

    public RoutingTableGroups Without(int id) =>
        this[id] is null ? this : new RoutingTableGroups(Copy(id, null), _next, new FreeNumber(id, _free), Count - 1);

    /// <summary>Numbers that are used again, the next one first.</summary>
    public IEnumerable<int> Free()
    {
        for (var number = _free; number is not null; number = number.Next)
        {
            yield return number.Id;
        }
    }

    /// <summary>Puts groups and numbers together again. False: they contradict each other.</summary>
    public static bool TryRestore(int next, ImmutableArray<int> free, ImmutableArray<ReplicaGroup> groups, [NotNullWhen(true)] out RoutingTableGroups? restored)
    {
        restored = null;
        var taken = new HashSet<int>(free);
        if (taken.Count < free.Length || taken.Any(id => id >= next) || groups.Any(group => group.Id >= next || !taken.Add(group.Id)) || !groups.Select(static group => group.Id).SequenceEqual(groups.Select(static group => group.Id).Order()))
        {
            return false;
        }

        var pages = groups.GroupBy(static group => group.Id >> PageBits).ToDictionary(static page => page.Key, static page => page.ToArray());
        var directories = pages.Keys.GroupBy(static page => page >> DirectoryBits).ToDictionary(static directory => directory.Key, static directory => directory.ToArray());
        var root = new ReplicaGroup?[directories.Count == 0 ? 0 : directories.Keys.Max() + 1][][];
        for (var top = 0; top < root.Length; top++)
        {
            var own = directories.GetValueOrDefault(top, []);
            root[top] = new ReplicaGroup?[own.Length == 0 ? 0 : (own.Max() & DirectoryMask) + 1][];
            for (var at = 0; at < root[top].Length; at++)
            {
                root[top][at] = PageOf(pages.GetValueOrDefault((top << DirectoryBits) | at, []));
            }
        }

        var numbers = free.Reverse().Aggregate((FreeNumber?)null, static (rest, id) => new FreeNumber(id, rest));
        restored = new RoutingTableGroups(root, next, numbers, groups.Length);
        return true;
    }

    /// <summary>All groups, by ascending number.</summary>
    public IEnumerable<ReplicaGroup> All()
    {
        foreach (var directory in _root)
        {
            foreach (var page in directory)
            {
                foreach (var group in page)
                {
                    if (group is not null)
                    {
                        yield return group;
                    }
                }
            }
        }
    }

    /// <summary>Groups numbered 0, 1, 2, …, at once.</summary>
    public static RoutingTableGroups Of(IReadOnlyList<ReplicaGroup> groups)
    {
        var pages = groups.Chunk(1 << PageBits).Select(static page => (ReplicaGroup?[])page).ToArray();
        return new RoutingTableGroups([.. pages.Chunk(1 << DirectoryBits)], groups.Count, null, groups.Count);
    }

    private static ReplicaGroup?[] PageOf(ReplicaGroup[] groups)
    {
        var page = new ReplicaGroup?[groups.Length == 0 ? 0 : (groups[^1].Id & PageMask) + 1];
        foreach (var group in groups)
        {
            page[group.Id & PageMask] = group;
        }

        return page;
    }

    private static FreeNumber? Without(FreeNumber? free, int id)
    {
        var kept = new Stack<int>();
        for (var number = free; number is not null; number = number.Next)
        {
            if (number.Id == id)
            {
                return kept.Aggregate(number.Next, static (rest, before) => new FreeNumber(before, rest));
            }

            kept.Push(number.Id);
        }

        return free;
    }

    private ReplicaGroup?[][][] Copy(int id, ReplicaGroup? group)
    {
        var top = id >> (PageBits + DirectoryBits);
        var at = (id >> PageBits) & DirectoryMask;
        var root = Grown(_root, top, static () => []);
        var directory = root[top] = Grown(root[top], at, static () => []);
        var page = directory[at];
        var slot = id & PageMask;

        // Pages begin small: most tables have few groups.
        var grown = new ReplicaGroup?[slot < page.Length ? page.Length : Math.Min(PageMask + 1, Math.Max(slot + 1, page.Length * 2))];
        page.CopyTo(grown, 0);
        grown[slot] = group;
        directory[at] = grown;
        return root;
    }

    private static T[] Grown<T>(T[] array, int index, Func<T> empty)
    {
        var grown = new T[Math.Max(array.Length, index + 1)];
        array.CopyTo(grown, 0);
        for (var i = array.Length; i < grown.Length; i++)
        {
            grown[i] = empty();
        }

        return grown;
    }

    private sealed record FreeNumber(int Id, FreeNumber? Next);
}
