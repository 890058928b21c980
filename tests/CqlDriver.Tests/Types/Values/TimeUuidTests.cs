namespace CqlDriver.Tests.Types.Values;

public sealed class TimeUuidTests
{
    private static readonly DateTimeOffset Time = new(2024, 2, 29, 12, 34, 56, 789, TimeSpan.Zero);

    [Fact]
    public void The_time_is_that_of_RFC_9562()
    {
        var known = TimeUuid.Parse("C232AB00-9414-11EC-B3C8-9F6BDECED846");
        known.GetTimestamp().Should().Be(new DateTimeOffset(2022, 2, 22, 14, 22, 22, TimeSpan.FromHours(-5)));
        known.ToString().Should().Be("c232ab00-9414-11ec-b3c8-9f6bdeced846");
        ((Guid)known).Should().Be(new Guid("c232ab00-9414-11ec-b3c8-9f6bdeced846"));
    }

    [Fact]
    public void Only_version_1_is_taken()
    {
        FluentActions.Invoking(() => new TimeUuid(Guid.Parse("5e1b8c2e-2b8e-4b67-8d2c-9f6bdeced846"))).Should().Throw<ArgumentException>();
        TimeUuid.TryParse("5e1b8c2e-2b8e-4b67-8d2c-9f6bdeced846", out _).Should().BeFalse();
        TimeUuid.TryParse(null, out _).Should().BeFalse();
        FluentActions.Invoking(() => TimeUuid.Parse("x")).Should().Throw<FormatException>();
    }

    [Fact]
    public void Order_is_by_time_first_and_by_signed_bytes_then()
    {
        var early = TimeUuid.Parse("ffffffff-0000-1000-8000-000000000000");
        var late = TimeUuid.Parse("00000000-0001-1000-8000-000000000000");
        (early < late).Should().BeTrue("the low bits of the time stand first in the text");
        var sameTime = new[] { "80", "ff", "00", "7f" }.Select(last => TimeUuid.Parse($"00000000-0000-1000-8000-0000000000{last}"));
        sameTime.Should().BeInAscendingOrder("80 and ff are negative");
    }

    [Fact]
    public void Min_and_max_enclose_every_timeuuid_of_their_millisecond_and_no_other()
    {
        var (min, max) = (TimeUuid.Min(Time), TimeUuid.Max(Time));
        min.GetTimestamp().Should().Be(Time);
        max.GetTimestamp().Should().Be(Time.AddTicks(TimeSpan.TicksPerMillisecond - 1));
        var generator = new TimeUuidGenerator(new FixedTime(Time.AddTicks(5000)), bytes => bytes.Fill(0x80));
        var between = generator.Next();
        (min <= between && between <= max).Should().BeTrue();
        (TimeUuid.Max(Time.AddMilliseconds(-1)) < min && max < TimeUuid.Min(Time.AddMilliseconds(1))).Should().BeTrue();
        FluentActions.Invoking(() => TimeUuid.Min(new DateTimeOffset(1500, 1, 1, 0, 0, 0, TimeSpan.Zero))).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => TimeUuid.Max(DateTimeOffset.MaxValue)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void A_generator_never_repeats_even_when_the_clock_stands_or_goes_back()
    {
        var clock = new FixedTime(Time);
        var generator = new TimeUuidGenerator(clock, bytes => bytes.Fill(0xFF));
        var made = Enumerable.Range(0, 1000).Select(_ => generator.Next()).ToList();
        clock.Now = Time.AddDays(-1);
        made.Add(generator.Next());
        clock.Now = Time.AddDays(1);
        made.Add(generator.Next());
        made.Should().OnlyHaveUniqueItems().And.BeInAscendingOrder();
        made[0].GetTimestamp().Should().Be(Time);
        made[^1].GetTimestamp().Should().Be(Time.AddDays(1));
        made[0].ToString().Should().EndWith("-bfff-ffffffffffff", "variant 10, multicast node");
    }

    [Fact]
    public void Threads_that_share_a_generator_get_different_ones()
    {
        var generator = new TimeUuidGenerator(new FixedTime(Time), bytes => bytes.Clear());
        var made = new TimeUuid[8 * 1000];
        Parallel.For(0, made.Length, index => made[index] = generator.Next());
        made.ToHashSet().Should().HaveCount(made.Length);
        new TimeUuidGenerator().Next().Should().NotBe(new TimeUuidGenerator().Next());
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
