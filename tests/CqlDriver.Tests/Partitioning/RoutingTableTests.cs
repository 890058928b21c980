using CqlDriver.Partitioning;
using CqlDriver.Tests.Topology;

namespace CqlDriver.Tests.Partitioning;

public sealed class RoutingTableTests
{
    private static readonly long[] Edges = [long.MinValue, long.MinValue + 1, -1, 0, 1, long.MaxValue - 1, long.MaxValue];

    [Fact]
    public void What_nobody_told_is_unknown()
    {
        RoutingTable.Empty.Find(new Token(0)).Should().BeNull();
        RoutingTable.Empty.Ranges.Should().BeEmpty();
    }

    [Fact]
    public void A_range_begins_after_its_first_token_and_ends_with_its_last()
    {
        var table = RoutingTable.Empty.WithTablet(Range(10, 20), Group(1));

        Owner(table, 10).Should().BeNull();
        Owner(table, 11).Should().Be(1);
        Owner(table, 20).Should().Be(1);
        Owner(table, 21).Should().BeNull();
        table.Ranges.Should().ContainSingle().Which.Range.Should().Be(Range(10, 20));
    }

    [Fact]
    public void The_first_tablet_of_a_ring_has_its_start_too()
    {
        var table = RoutingTable.Empty.WithTablet(Range(long.MinValue, 0), Group(1));

        Owner(table, long.MinValue).Should().Be(1);
        Owner(table, 0).Should().Be(1);
        Owner(table, 1).Should().BeNull();
    }

    [Fact]
    public void A_split_makes_two_of_one_and_what_was_not_told_yet_is_a_hole()
    {
        var whole = RoutingTable.Empty.WithTablet(Range(0, 100), Group(1)).WithTablet(Range(100, 200), Group(2));

        var half = whole.WithTablet(Range(0, 50), Group(3));

        Owner(half, 50).Should().Be(3);
        Owner(half, 51).Should().BeNull("the tablet that was there is gone, and nobody told who has this half");
        Owner(half, 101).Should().Be(2, "what is not overlapped stays");
        half.GroupCount.Should().Be(2);
        half.WithTablet(Range(50, 100), Group(4)).Ranges.Should().HaveCount(3);
    }

    [Fact]
    public void A_merge_makes_one_of_two()
    {
        var table = RoutingTable.Empty.WithTablet(Range(0, 50), Group(1)).WithTablet(Range(50, 100), Group(2)).WithTablet(Range(100, 150), Group(3));

        var merged = table.WithTablet(Range(0, 100), Group(4));

        Owner(merged, 1).Should().Be(4);
        Owner(merged, 100).Should().Be(4);
        Owner(merged, 101).Should().Be(3);
        merged.GroupCount.Should().Be(2);
    }

    [Fact]
    public void A_range_goes_round_the_ring()
    {
        var table = RoutingTable.Empty.WithTablet(Range(0, 10), Group(1)).WithTablet(Range(1_000, -1_000), Group(2));

        Owner(table, 1_001).Should().Be(2);
        Owner(table, long.MaxValue).Should().Be(2);
        Owner(table, long.MinValue).Should().Be(2);
        Owner(table, -1_000).Should().Be(2);
        Owner(table, -999).Should().BeNull();
        Owner(table.WithTablet(Range(long.MaxValue - 5, long.MaxValue), Group(3)), -2_000).Should().BeNull("its other part is overlapped");
    }

    [Fact]
    public void A_ring_has_no_holes_and_its_last_part_belongs_to_the_first_token()
    {
        var table = RoutingTable.OfRing([-100, 0, 100], [0, 1, 0], [Group(1, 0), Group(2, 1)]);

        Owner(table, long.MinValue).Should().Be(1);
        Owner(table, -100).Should().Be(1);
        Owner(table, -99).Should().Be(2);
        Owner(table, 1).Should().Be(1);
        Owner(table, 101).Should().Be(1);
        Owner(table, long.MaxValue).Should().Be(1);
    }

    [Fact]
    public void A_range_that_goes_to_another_group_takes_nothing_else_along()
    {
        var table = RoutingTable.OfRing([0, 100, long.MaxValue], [0, 1, 2], [Group(1, 0), Group(2, 1), Group(3, 2)]);

        var next = table.WithRange(Range(20, 30), 2);

        Owner(next, 20).Should().Be(2);
        Owner(next, 21).Should().Be(3);
        Owner(next, 30).Should().Be(3);
        Owner(next, 31).Should().Be(2);
        next.GroupCount.Should().Be(3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Tablets_are_what_a_plain_list_says_they_are(int seed)
    {
        var random = new Random(seed);
        var model = new List<(TokenRange Range, int Owner)>();
        var table = RoutingTable.Empty;
        for (var i = 1; i <= 40_000; i++)
        {
            var range = RandomRange(random, i);
            model.RemoveAll(known => Overlap(known.Range, range));
            if (random.Next(20) == 0)
            {
                table = table.WithoutTablets(range);
            }
            else
            {
                model.Add((range, i));
                table = table.WithTablet(range, Group(i));
            }

            var token = random.Next(10) == 0 ? Edges[random.Next(Edges.Length)] : random.NextInt64(long.MinValue, long.MaxValue);
            AssertSame(table, model, token);
            AssertSame(table, model, range.Last.Value);
            AssertSame(table, model, range.First.Value);
        }

        table.GroupCount.Should().Be(model.Count);
        table.LargestChunk.Should().BeLessThanOrEqualTo(RoutingTableIndex.MaxChunk);
        table.Ranges.Where(entry => !entry.Group.Range!.Value.WrapsAround).Select(entry => (entry.Range, entry.Group.Replicas[0].Shard!.Value))
            .Should().Equal(model.Where(known => !known.Range.WrapsAround).OrderBy(known => known.Range.Last).Select(known => (known.Range, known.Owner)));
    }

    [Fact]
    public void Ranges_of_groups_are_what_a_plain_list_says_they_are()
    {
        const int Groups = 16;
        var random = new Random(4);
        var table = RoutingTable.OfRing([long.MaxValue], [0], [.. Enumerable.Range(0, Groups).Select(id => Group(id, id))]);
        var model = new SortedList<long, int> { [long.MaxValue] = 0 };
        for (var i = 0; i < 100_000; i++)
        {
            var (range, group) = (RandomRange(random, i, mayWrap: false), random.Next(Groups));
            table = table.WithRange(range, group);
            Cut(model, range, group);
            if (i % 100 == 0)
            {
                var token = random.NextInt64(long.MinValue, long.MaxValue);
                Owner(table, token).Should().Be(model.First(entry => entry.Key >= token).Value);
            }
        }

        table.LargestChunk.Should().BeLessThanOrEqualTo(RoutingTableIndex.MaxChunk);
        foreach (var token in model.Keys.SelectMany(last => new[] { last, last == long.MaxValue ? last : last + 1 }))
        {
            Owner(table, token).Should().Be(model.Values[Search(model, token)]);
        }
    }

    [Fact]
    public void Tokens_that_lie_close_together_make_it_deep_and_no_chunk_large()
    {
        var table = RoutingTable.Empty;
        for (var i = 0; i < 5_000; i++)
        {
            table = table.WithTablet(Range(i, i + 1), Group(i));
        }

        table.LargestChunk.Should().BeLessThanOrEqualTo(RoutingTableIndex.MaxChunk);
        Enumerable.Range(0, 5_000).Should().OnlyContain(i => Owner(table, i + 1) == i);
    }

    [Fact]
    public void A_change_of_a_group_is_one_change_for_all_its_ranges()
    {
        var table = Striped(100_000);
        var led = table.Group(0)! with { Leader = TopologyWorld.Id(9) };
        table.WithGroup(led);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var next = table.WithGroup(led);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        allocated.Should().BeLessThan(4_096);
        table.Ranges.Count().Should().Be(200_000);
        next.Ranges.Where((_, index) => index % 2 == 0).Should().OnlyContain(entry => entry.Group.Leader == TopologyWorld.Id(9));
        table.Group(0)!.Leader.Should().BeNull("the table before is as it was");
    }

    [Fact]
    public void A_change_of_a_tablet_copies_a_few_kilobytes_of_a_hundred_thousand()
    {
        const int Count = 100_000;
        var width = (long)(ulong.MaxValue / Count);
        var table = RoutingTable.Empty;
        for (long i = 0; i < Count; i++)
        {
            table = table.WithTablet(Tablet(i), Group(1));
        }

        table.WithTablet(Tablet(5), Group(2));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            table = table.WithTablet(Tablet(i * 997L), Group(2));
        }

        ((GC.GetAllocatedBytesForCurrentThread() - before) / 100).Should().BeLessThan(8 * 1024);

        TokenRange Tablet(long i) => Range(long.MinValue + (i * width), long.MinValue + ((i + 1) * width));
    }

    [Fact]
    public void A_look_up_allocates_nothing()
    {
        var table = Striped(1_000);
        table.Find(new Token(5));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            table.Find(new Token(i * 7_919_000_000_000L));
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    /// <summary>So many ranges in each of two groups, in turn.</summary>
    private static RoutingTable Striped(int each)
    {
        var width = (long)(ulong.MaxValue / (ulong)(2 * each));
        var lasts = Enumerable.Range(1, 2 * each).Select(i => i == 2 * each ? long.MaxValue : long.MinValue + (i * width)).ToArray();
        return RoutingTable.OfRing(lasts, [.. lasts.Select((_, index) => index % 2)], [Group(1, 0), Group(2, 1)]);
    }

    private static void Cut(SortedList<long, int> model, TokenRange range, int group)
    {
        if (range.First.Value != long.MinValue)
        {
            model[range.First.Value] = model.Values[Search(model, range.First.Value)];
        }

        var begin = range.First.Value == long.MinValue ? 0 : model.IndexOfKey(range.First.Value) + 1;
        while (begin < model.Count && model.Keys[begin] <= range.Last.Value)
        {
            model.RemoveAt(begin);
        }

        model[range.Last.Value] = group;
    }

    private static int Search(SortedList<long, int> model, long token)
    {
        var (low, high) = (0, model.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = model.Keys[middle] < token ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private static void AssertSame(RoutingTable table, List<(TokenRange Range, int Owner)> model, long token)
    {
        var expected = model.Where(known => known.Range.Contains(new Token(token)) || (token == long.MinValue && known.Range.First == Token.Minimum)).Select(known => (int?)known.Owner).SingleOrDefault();
        if (Owner(table, token) != expected)
        {
            Owner(table, token).Should().Be(expected, "at {0}", token);
        }
    }

    /// <summary>Mostly of about a thousandth of the ring; now and then of one token, of much, or round the end.</summary>
    private static TokenRange RandomRange(Random random, int turn, bool mayWrap = true)
    {
        var first = turn % 50 == 0 ? long.MinValue : random.NextInt64(long.MinValue, long.MaxValue);
        var width = random.Next(40) switch { 0 => 1, 1 => random.NextInt64(long.MaxValue / 4), _ => random.NextInt64(long.MaxValue / 1_000) + 1 };
        var last = unchecked(first + width);
        return last > first ? Range(first, last) : mayWrap ? Range(first, last) : Range(first, long.MaxValue);
    }

    private static bool Overlap(TokenRange one, TokenRange other) =>
        one.Contains(other.Last) || other.Contains(one.Last) || (HasStart(one) && HasStart(other));

    private static bool HasStart(TokenRange range) => range.WrapsAround || range.First == Token.Minimum;

    private static int? Owner(RoutingTable table, long token) => table.Find(new Token(token))?.Replicas[0].Shard;

    private static TokenRange Range(long first, long last) => new(new Token(first), new Token(last));

    /// <summary>A group that is told apart by the shard of its replica.</summary>
    private static ReplicaGroup Group(int owner, int id = 0) => new(id, [new Replica(TopologyWorld.Id(1), owner)]);
}
