using System.Diagnostics;

namespace CqlDriver.Partitioning;

/// <summary>
/// From a token to the number of a replica group: the whole ring, cut into ranges, as sorted last tokens in chunks of at most
/// 512, found through the token's high bits, six at a time. Immutable and copied on write: a change copies one chunk for each
/// end of its range and the branches above, whatever the number of ranges.
/// </summary>
/// <remarks>
/// Hashed tokens are spread evenly, so that the high bits lead to a small chunk directly: two steps at a million ranges. Where
/// they are not, the branches go deeper there. A range that is wider than a chunk's part of the ring is in several, with the
/// same group; neighbours of one group are one range. Tokens are kept as unsigned numbers, smallest first; the number of a
/// part of the ring that nothing is known of is <see cref="Unknown"/>.
/// </remarks>
internal abstract class RoutingTableIndex
{
    public const int Unknown = -1;
    public const int MaxChunk = 512;

    private const int BranchBits = 6;
    private const int MinBranch = 128;
    private const ulong Bias = 0x8000_0000_0000_0000;

    private RoutingTableIndex(int count) => Count = count;

    /// <summary>Nothing is known.</summary>
    public static RoutingTableIndex Empty { get; } = new Chunk([ulong.MaxValue], [Unknown]);

    /// <summary>Entries here and below.</summary>
    private int Count { get; }

    public static ulong KeyOf(Token token) => (ulong)token.Value ^ Bias;

    public static Token TokenOf(ulong key) => new((long)(key ^ Bias));

    /// <summary>The number of the token's group. Allocates nothing.</summary>
    public int Find(Token token)
    {
        var key = KeyOf(token);
        var rest = key;
        var node = this;
        while (node is Branch branch)
        {
            node = branch.Children[rest >> (64 - BranchBits)];
            rest <<= BranchBits;
        }

        var chunk = (Chunk)node;
        return chunk.Groups[chunk.IndexNear(key, (int)Math.BigMul(rest, (ulong)chunk.Groups.Length, out _))];
    }

    /// <summary>Another group for the keys from one to another, both included.</summary>
    public RoutingTableIndex Set(ulong from, ulong to, int group) => Set(this, 0, 0, from, to, group);

    /// <summary>Numbers of groups in part of the ring, in order; one number may come several times.</summary>
    public void Collect(ulong from, ulong to, List<int> groups) => Collect(this, 0, 0, from, to, groups);

    /// <summary>All known ranges in the order of tokens, neighbours of one group joined.</summary>
    public IEnumerable<(TokenRange Range, int Group)> Ranges()
    {
        ulong start = 0;
        ulong last = 0;
        var group = Unknown;
        foreach (var (end, next) in Entries(this))
        {
            if (next != group)
            {
                if (group != Unknown)
                {
                    yield return (new TokenRange(TokenOf(start), TokenOf(last)), group);
                }

                (start, group) = (last, next);
            }

            last = end;
        }

        if (group != Unknown)
        {
            yield return (new TokenRange(TokenOf(start), TokenOf(last)), group);
        }
    }

    /// <summary>Builds an index at once.</summary>
    /// <param name="lasts">The last key of each range, ascending; the last one is that of the ring.</param>
    /// <param name="groups">The group of each.</param>
    public static RoutingTableIndex Build(ReadOnlySpan<ulong> lasts, ReadOnlySpan<int> groups) => Build(lasts, groups, 0, 0);

    /// <summary>The largest number of entries in a chunk, for tests.</summary>
    internal int LargestChunk() => this is Branch branch ? branch.Children.Max(static child => child.LargestChunk()) : Count;

    private static IEnumerable<(ulong Last, int Group)> Entries(RoutingTableIndex node)
    {
        var path = new Stack<RoutingTableIndex>();
        path.Push(node);
        while (path.TryPop(out var next))
        {
            if (next is Branch branch)
            {
                for (var i = branch.Children.Length - 1; i >= 0; i--)
                {
                    path.Push(branch.Children[i]);
                }

                continue;
            }

            var chunk = (Chunk)next;
            for (var i = 0; i < chunk.Lasts.Length; i++)
            {
                yield return (chunk.Lasts[i], chunk.Groups[i]);
            }
        }
    }

    /// <summary>How many bits of a key are below a depth.</summary>
    private static int BitsBelow(int depth) => Math.Max(0, 64 - (depth * BranchBits));

    private static ulong LastOf(ulong first, int depth) => BitsBelow(depth) is var bits && bits == 64 ? ulong.MaxValue : first + ((1UL << bits) - 1);

    private static RoutingTableIndex Set(RoutingTableIndex node, int depth, ulong first, ulong from, ulong to, int group)
    {
        var last = LastOf(first, depth);
        if (from == first && to == last)
        {
            return new Chunk([last], [group]);
        }

        if (node is Chunk chunk)
        {
            var (lasts, groups) = chunk.Spliced(first, from, to, group);
            return Build(lasts, groups, depth, first);
        }

        var children = ((Branch)node).Children.AsSpan().ToArray();
        for (var i = 0; i < children.Length; i++)
        {
            var childFirst = ChildFirst(first, depth, i);
            var childLast = LastOf(childFirst, depth + 1);
            if (childFirst <= to && childLast >= from)
            {
                children[i] = Set(children[i], depth + 1, childFirst, Math.Max(from, childFirst), Math.Min(to, childLast), group);
            }
        }

        var branch = new Branch(children);
        return branch.Count <= MinBranch ? Joined(branch) : branch;
    }

    private static void Collect(RoutingTableIndex node, int depth, ulong first, ulong from, ulong to, List<int> groups)
    {
        if (node is Chunk chunk)
        {
            for (var i = chunk.IndexOf(from); i < chunk.Lasts.Length; i++)
            {
                if (chunk.Groups[i] != Unknown && (groups.Count == 0 || groups[^1] != chunk.Groups[i]))
                {
                    groups.Add(chunk.Groups[i]);
                }

                if (chunk.Lasts[i] >= to)
                {
                    return;
                }
            }

            return;
        }

        var children = ((Branch)node).Children;
        for (var i = 0; i < children.Length; i++)
        {
            var childFirst = ChildFirst(first, depth, i);
            var childLast = LastOf(childFirst, depth + 1);
            if (childFirst <= to && childLast >= from)
            {
                Collect(children[i], depth + 1, childFirst, Math.Max(from, childFirst), Math.Min(to, childLast), groups);
            }
        }
    }

    private static ulong ChildFirst(ulong first, int depth, int index) => first + ((ulong)index << BitsBelow(depth + 1));

    private static RoutingTableIndex Build(ReadOnlySpan<ulong> lasts, ReadOnlySpan<int> groups, int depth, ulong first)
    {
        Debug.Assert(lasts.Length == groups.Length && lasts[^1] == LastOf(first, depth), "The part is covered to its end.");
        if (lasts.Length <= MaxChunk)
        {
            return new Chunk(lasts.ToArray(), groups.ToArray());
        }

        var children = new RoutingTableIndex[1 << (BitsBelow(depth) - BitsBelow(depth + 1))];
        var at = 0;
        for (var i = 0; i < children.Length; i++)
        {
            var childFirst = ChildFirst(first, depth, i);
            var childLast = LastOf(childFirst, depth + 1);
            var found = lasts[at..].BinarySearch(childLast);
            var end = at + (found >= 0 ? found : ~found);

            // The range that goes on in the next part ends here at this one's end.
            var childLasts = lasts[at..(end + 1)].ToArray();
            childLasts[^1] = childLast;
            children[i] = Build(childLasts, groups[at..(end + 1)], depth + 1, childFirst);
            at = lasts[end] == childLast ? end + 1 : end;
        }

        return new Branch(children);
    }

    private static Chunk Joined(Branch branch)
    {
        var lasts = new List<ulong>(branch.Count);
        var groups = new List<int>(branch.Count);
        foreach (var (last, group) in Entries(branch))
        {
            if (groups.Count > 0 && groups[^1] == group)
            {
                lasts[^1] = last;
            }
            else
            {
                lasts.Add(last);
                groups.Add(group);
            }
        }

        return new Chunk([.. lasts], [.. groups]);
    }

    /// <summary>A part of the ring that is divided evenly.</summary>
    private sealed class Branch(RoutingTableIndex[] children) : RoutingTableIndex(Sum(children))
    {
        public readonly RoutingTableIndex[] Children = children;

        private static int Sum(RoutingTableIndex[] children)
        {
            var sum = 0;
            foreach (var child in children)
            {
                sum += child.Count;
            }

            return sum;
        }
    }

    /// <summary>A part of the ring as sorted ranges; the last one ends where the part does.</summary>
    private sealed class Chunk(ulong[] lasts, int[] groups) : RoutingTableIndex(lasts.Length)
    {
        public readonly ulong[] Lasts = lasts;
        public readonly int[] Groups = groups;

        /// <summary>The range of a key: the first that does not end before it. No branch depends on the key, which would be guessed wrong half of the time.</summary>
        public int IndexOf(ulong key)
        {
            var span = Lasts.AsSpan();
            var low = 0;
            var length = span.Length;
            while (length > 1)
            {
                var half = length >> 1;
                low += span[low + half - 1] < key ? half : 0;
                length -= half;
            }

            return low;
        }

        /// <summary>The same, begun where the key would be if ranges were of equal width: hashed tokens are not far from it, which saves most reads of cold memory.</summary>
        public int IndexNear(ulong key, int guess)
        {
            var lasts = Lasts;
            for (var step = 0; step < 8; step++)
            {
                if (lasts[guess] < key)
                {
                    guess++;
                }
                else if (guess > 0 && lasts[guess - 1] >= key)
                {
                    guess--;
                }
                else
                {
                    return guess;
                }
            }

            return IndexOf(key);
        }

        public (ulong[] Lasts, int[] Groups) Spliced(ulong first, ulong from, ulong to, int group)
        {
            var begin = IndexOf(from);
            var end = IndexOf(to);
            var lasts = new List<ulong>(Lasts.Length + 2);
            var groups = new List<int>(Lasts.Length + 2);
            lasts.AddRange(Lasts.AsSpan(0, begin));
            groups.AddRange(Groups.AsSpan(0, begin));
            if (from > (begin == 0 ? first : Lasts[begin - 1] + 1))
            {
                Add(from - 1, Groups[begin]);
            }

            Add(to, group);
            Add(Lasts[end], Groups[end]);
            for (var i = end + 1; i < Lasts.Length; i++)
            {
                Add(Lasts[i], Groups[i]);
            }

            return ([.. lasts], [.. groups]);

            void Add(ulong last, int added)
            {
                if (groups.Count > 0 && groups[^1] == added)
                {
                    lasts[^1] = last;
                }
                else if (lasts.Count == 0 || last > lasts[^1])
                {
                    lasts.Add(last);
                    groups.Add(added);
                }
            }
        }
    }
}
