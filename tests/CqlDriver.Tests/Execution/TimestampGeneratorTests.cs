using CqlDriver.Execution;
using CqlDriver.Tests.Support;

namespace CqlDriver.Tests.Execution;

public sealed class TimestampGeneratorTests
{
    [Fact]
    public void Timestamps_grow_while_the_clock_stands_still_and_follow_it_when_it_moves()
    {
        var time = new ManualTimeProvider();
        var generator = new MonotonicTimestampGenerator(time);

        var first = generator.Next()!.Value;
        generator.Next().Should().Be(first + 1);
        generator.Next().Should().Be(first + 2);
        time.Advance(TimeSpan.FromMilliseconds(1));

        generator.Next().Should().Be(first + 1_000);
    }

    [Fact]
    public void No_two_threads_get_the_same_timestamp()
    {
        var generator = new MonotonicTimestampGenerator(new ManualTimeProvider());

        var all = Enumerable.Range(0, 10_000).AsParallel().Select(_ => generator.Next()!.Value).ToHashSet();

        all.Should().HaveCount(10_000);
    }
}
