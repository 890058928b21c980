namespace CqlDriver.Connections;

/// <summary>What a beat found.</summary>
internal enum HeartbeatVerdict
{
    Fine,
    Probe,
    WriteStalled,
    NothingReceived,
}

/// <summary>
/// Watches one connection: asks for a sign of life when it is quiet, and ends it when it is dead. One timer.
/// </summary>
/// <remarks>
/// Dead means: a socket write has not moved for the limit, or for that long nothing at all was received while something was
/// pending. A slow statement must not look like a dead peer, so a probe (OPTIONS) is sent once half the limit has passed in
/// silence with something pending: a peer that lives answers it, whatever else it is busy with. Without anything pending
/// the probe is sent after the interval, and becomes what is pending. Accurate to one beat, a quarter of the limit.
/// </remarks>
internal sealed class Heartbeat : IDisposable
{
    private static readonly TimeSpan ShortestBeat = TimeSpan.FromMilliseconds(5);

    private readonly ConnectionLife _life;
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _limit;
    private readonly Action _probe;
    private readonly Action<HeartbeatVerdict, TimeSpan> _dead;
    private ITimer? _timer;
    private long _probedAt;

    /// <param name="life">What moved and when.</param>
    /// <param name="settings">The clock, the interval and the limit.</param>
    /// <param name="probe">Sends OPTIONS. Must not block.</param>
    /// <param name="dead">Ends the connection; told why and for how long it was silent.</param>
    public Heartbeat(ConnectionLife life, ConnectionSettings settings, Action probe, Action<HeartbeatVerdict, TimeSpan> dead)
    {
        (_life, _probe, _dead) = (life, probe, dead);
        (_time, _interval, _limit) = (settings.Time, settings.HeartbeatInterval, settings.HeartbeatTimeout);
    }

    public void Start()
    {
        var beat = Beat(_interval, _limit);
        if (beat > TimeSpan.Zero)
        {
            _timer = _time.CreateTimer(static state => ((Heartbeat)state!).OnBeat(), this, beat, beat);
        }
    }

    public void Dispose() => _timer?.Dispose();

    /// <summary>The rule itself, on a clock reading.</summary>
    internal HeartbeatVerdict Decide(long now, out TimeSpan silence)
    {
        silence = TimeSpan.Zero;
        var writingSince = _life.WritingSince;
        if (writingSince != 0 && HasPassed(_limit, writingSince, now, out silence))
        {
            return HeartbeatVerdict.WriteStalled;
        }

        if (_life.Held > 0)
        {
            _life.StillAwaiting(now);
            var awaitingSince = _life.AwaitingSince;
            if (awaitingSince != 0 && HasPassed(_limit, awaitingSince, now, out silence))
            {
                return HeartbeatVerdict.NothingReceived;
            }

            // One probe per silence: the second would tell nothing new.
            return awaitingSince != 0 && _probedAt <= _life.LastReceived && HasPassed(_limit / 2, awaitingSince, now, out silence)
                ? HeartbeatVerdict.Probe
                : HeartbeatVerdict.Fine;
        }

        return HasPassed(_interval, _life.LastReceived, now, out silence) ? HeartbeatVerdict.Probe : HeartbeatVerdict.Fine;
    }

    private static TimeSpan Beat(TimeSpan interval, TimeSpan limit)
    {
        var beat = interval > TimeSpan.Zero ? interval : TimeSpan.Zero;
        if (limit > TimeSpan.Zero && (beat == TimeSpan.Zero || limit / 4 < beat))
        {
            beat = limit / 4;
        }

        return beat == TimeSpan.Zero || beat >= ShortestBeat ? beat : ShortestBeat;
    }

    private void OnBeat()
    {
        if (_life.IsEnding)
        {
            return;
        }

        var now = _time.GetTimestamp();
        var verdict = Decide(now, out var silence);
        if (verdict == HeartbeatVerdict.Probe)
        {
            _probedAt = now;
            _probe();
        }
        else if (verdict != HeartbeatVerdict.Fine)
        {
            _dead(verdict, silence);
        }
    }

    private bool HasPassed(TimeSpan limit, long since, long now, out TimeSpan passed)
    {
        passed = _time.GetElapsedTime(since, now);
        return limit > TimeSpan.Zero && passed >= limit;
    }
}
