using CqlDriver.Effects;
using CqlDriver.Partitioning;
using CqlDriver.Tests.Support;
using CqlDriver.Tests.Topology;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Effects;

public sealed class TabletHintBufferTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly Queue<Func<TopologyInput>> _posted = new();

    [Fact]
    public async Task The_first_hint_is_told_at_once_and_the_next_ones_together_at_the_end_of_the_pause()
    {
        await using var buffer = Buffer();
        buffer.Add(Hint(0, 10));
        Taken().Should().ContainSingle();

        for (var i = 1; i <= 100; i++)
        {
            buffer.Add(Hint(i * 10, (i * 10) + 10));
        }

        _posted.Should().BeEmpty();
        _time.Advance(TabletHintBuffer.Pause - TimeSpan.FromTicks(1));
        _posted.Should().BeEmpty("at most one view every 50 ms");
        _time.Advance(TimeSpan.FromTicks(1));
        Taken().Should().HaveCount(100);
    }

    [Fact]
    public async Task A_storm_of_hints_is_twenty_inputs_a_second()
    {
        await using var buffer = Buffer();
        var inputs = 0;
        for (var i = 0; i < 1_000; i++)
        {
            buffer.Add(Hint(i, i + 1));
            buffer.Add(Hint(i, i + 1));
            while (_posted.TryDequeue(out var take))
            {
                take();
                inputs++;
            }

            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        inputs.Should().BeInRange(19, 21);
    }

    [Fact]
    public async Task While_the_loop_is_busy_nothing_more_is_posted()
    {
        await using var buffer = Buffer();
        buffer.Add(Hint(0, 10));
        _time.Advance(TimeSpan.FromSeconds(1));
        buffer.Add(Hint(10, 20));

        _posted.Should().ContainSingle();
        Taken().Should().HaveCount(2);
    }

    [Fact]
    public async Task Of_hints_that_overlap_the_one_that_was_routed_last_is_left()
    {
        await using var buffer = Buffer();
        buffer.Add(Hint(0, 10, routedAt: 5));
        buffer.Add(Hint(5, 15, routedAt: 4));
        buffer.Add(Hint(10, 20, routedAt: 5));
        buffer.Add(Hint(0, 10, routedAt: 7));

        Taken().Select(hint => (hint.Range.First.Value, hint.RoutedAt)).Should().Equal((10, 5), (0, 7));
    }

    [Fact]
    public async Task Beyond_its_limits_it_keeps_nothing()
    {
        await using var buffer = Buffer();
        for (var i = 0; i < 10_000; i++)
        {
            buffer.Add(Hint(i, i + 1));
            buffer.Add(Hint(0, 1, table: $"t{i}"));
        }

        Taken().Length.Should().BeLessThan(1_000);
    }

    private TabletHintBuffer Buffer() => new(_time, _posted.Enqueue);

    private TabletHint[] Taken() => [.. ((TabletsHinted)_posted.Dequeue()()).Hints];

    private static TabletHint Hint(long first, long last, long routedAt = 1, string table = "t") =>
        new(new RoutingScope("ks", table), new TokenRange(new Token(first), new Token(last)), [new Replica(TopologyWorld.Id(1), 0)], routedAt);
}
