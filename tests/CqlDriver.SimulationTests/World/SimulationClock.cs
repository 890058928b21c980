namespace CqlDriver.SimulationTests;

/// <summary>Virtual time. It moves when the world says so; timers are things of the world, run when it chooses to.</summary>
internal sealed class SimulationClock(SimulationWorld world) : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2031, 3, 7, 11, 13, 17, TimeSpan.Zero);

    public TimeSpan Now { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp() => Now.Ticks;

    public override DateTimeOffset GetUtcNow() => Start + Now;

    public void MoveTo(TimeSpan time) => Now = time > Now ? time : Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ClockTimer(world, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class ClockTimer(SimulationWorld world, TimerCallback callback, object? state) : WorldItem, ITimer
    {
        private bool _isArmed;

        public override void Run(SimulationWorld world)
        {
            world.Remove(this);
            _isArmed = false;
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_isArmed)
            {
                world.Remove(this);
                _isArmed = false;
            }

            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                ReadyAt = world.Now + dueTime;
                world.Add(this);
                _isArmed = true;
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        public override string ToString() => "a timer of the clock";
    }
}
