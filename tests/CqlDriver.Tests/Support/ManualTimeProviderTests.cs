namespace CqlDriver.Tests.Support;

public class ManualTimeProviderTests
{
    [Fact]
    public void Timers_run_in_due_order_and_see_their_own_instant()
    {
        var time = new ManualTimeProvider();
        var seen = new List<(string Name, TimeSpan At)>();
        using var late = time.CreateTimer(_ => seen.Add(("late", time.Elapsed)), null, TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        using var early = time.CreateTimer(_ => seen.Add(("early", time.Elapsed)), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

        time.ArmedTimers.Should().Equal(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
        time.Advance(TimeSpan.FromSeconds(2.5));
        time.Advance(TimeSpan.FromSeconds(0.5));

        seen.Should().Equal(
            ("early", TimeSpan.FromSeconds(1)), ("early", TimeSpan.FromSeconds(2)), ("late", TimeSpan.FromSeconds(3)), ("early", TimeSpan.FromSeconds(3)));
    }

    [Fact]
    public async Task A_delay_ends_when_time_is_advanced_and_not_before()
    {
        var time = new ManualTimeProvider();
        var delay = Task.Delay(TimeSpan.FromSeconds(5), time);
        await time.WhenArmed(TimeSpan.FromSeconds(5));

        time.Advance(TimeSpan.FromSeconds(4));
        delay.IsCompleted.Should().BeFalse();
        time.Advance(TimeSpan.FromSeconds(1));
        await delay;
        time.ArmedTimers.Should().BeEmpty();
    }
}
