namespace CqlDriver.Tests.Support;

/// <summary>
/// Time that stands still until the test moves it. Starts at an odd fixed date, so that a stray use of the real clock fails
/// always. Timers are run by <see cref="Advance"/> on the caller's thread, in due order, those of one instant in the order
/// in which they were armed; while one runs, the clock shows its due time.
/// </summary>
internal sealed class ManualTimeProvider : TimeProvider
{
    private static readonly DateTimeOffset OddStart = new(1987, 3, 17, 5, 43, 21, TimeSpan.Zero);

    private readonly object _lock = new();
    private readonly List<ManualTimer> _armed = [];
    private readonly List<(Func<bool> Condition, TaskCompletionSource Reached)> _watchers = [];
    private TimeSpan _elapsed;
    private long _sequence;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public TimeSpan Elapsed
    {
        get
        {
            lock (_lock)
            {
                return _elapsed;
            }
        }
    }

    /// <summary>How long until each armed timer is due, in the order in which they will run.</summary>
    public IReadOnlyList<TimeSpan> ArmedTimers
    {
        get
        {
            lock (_lock)
            {
                return [.. _armed.OrderBy(timer => timer.Due).ThenBy(timer => timer.Sequence).Select(timer => timer.Due - _elapsed)];
            }
        }
    }

    public override DateTimeOffset GetUtcNow() => OddStart + Elapsed;

    // An odd origin too: a timestamp of zero means "never" in some places, and no test may start there.
    public override long GetTimestamp() => (TimeSpan.FromHours(7) + Elapsed).Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves time on, and runs what comes due on the way, also what the callbacks arm.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var end = Elapsed + by;
        while (TakeDue(end) is { } timer)
        {
            timer.Run();
        }

        lock (_lock)
        {
            _elapsed = end;
        }
    }

    /// <summary>Ends when some armed timer is due in exactly <paramref name="due"/>: what the test means to wait for is waiting.</summary>
    public Task WhenArmed(TimeSpan due) => When(() => _armed.Any(timer => timer.Due - _elapsed == due), $"a timer due in {due}");

    /// <summary>Ends when at least <paramref name="count"/> timers are armed.</summary>
    public Task WhenArmed(int count) => When(() => _armed.Count >= count, $"{count} armed timers");

    private async Task When(Func<bool> condition, string what)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (condition())
            {
                return;
            }

            _watchers.Add((condition, reached));
        }

        try
        {
            await reached.Task.WaitAsync(TimeSpan.FromSeconds(20)).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Waited for {what}; armed are: {string.Join(", ", ArmedTimers)}.");
        }
    }

    private ManualTimer? TakeDue(TimeSpan end)
    {
        lock (_lock)
        {
            var next = _armed.OrderBy(timer => timer.Due).ThenBy(timer => timer.Sequence).FirstOrDefault(timer => timer.Due <= end);
            if (next is null)
            {
                return null;
            }

            _elapsed = next.Due > _elapsed ? next.Due : _elapsed;
            _armed.Remove(next);
            if (next.Period > TimeSpan.Zero)
            {
                Arm(next, next.Period);
            }

            return next;
        }
    }

    private void Arm(ManualTimer timer, TimeSpan dueTime)
    {
        timer.Due = _elapsed + dueTime;
        timer.Sequence = _sequence++;
        _armed.Add(timer);
        foreach (var watcher in _watchers.Where(watcher => watcher.Condition()).ToArray())
        {
            _watchers.Remove(watcher);
            watcher.Reached.TrySetResult();
        }
    }

    private sealed class ManualTimer(ManualTimeProvider time, TimerCallback callback, object? state) : ITimer
    {
        private bool _disposed;

        public TimeSpan Due { get; set; }

        public TimeSpan Period { get; private set; }

        public long Sequence { get; set; }

        public void Run() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                if (_disposed)
                {
                    return false;
                }

                time._armed.Remove(this);
                Period = period;
                if (dueTime >= TimeSpan.Zero)
                {
                    time.Arm(this, dueTime);
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (time._lock)
            {
                _disposed = true;
                time._armed.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
