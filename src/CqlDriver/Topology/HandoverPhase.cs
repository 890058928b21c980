namespace CqlDriver;

/// <summary>Where a handover stands. The phases come in this order; it may go back from catching up to opening.</summary>
public enum HandoverPhase
{
    /// <summary>The new endpoint is dialled; ends with the first connection whose peer named the expected host id.</summary>
    Open,

    /// <summary>The sessions' pools at the new endpoint are made ready; requests do not see them.</summary>
    CatchUp,

    /// <summary>The new endpoint took over, in one step for all sessions.</summary>
    CutOver,

    /// <summary>Connections to the old endpoint answer what was written on them.</summary>
    Draining,

    /// <summary>Nothing of the old endpoint is left.</summary>
    Completed,

    /// <summary>It was given up; everything is as if it had not begun.</summary>
    Aborted,
}

/// <summary>Counts what retired pools pass on. Written by requests, on any thread.</summary>
internal sealed class HandoverTally
{
    private long _forwarded;
    private long _longest = -1;

    public long Forwarded => Volatile.Read(ref _forwarded);

    public TimeSpan? LongestPause => Volatile.Read(ref _longest) is >= 0 and var ticks ? TimeSpan.FromTicks(ticks) : null;

    public void Add(TimeSpan pause)
    {
        Interlocked.Increment(ref _forwarded);
        for (var seen = Volatile.Read(ref _longest); pause.Ticks > seen;)
        {
            var before = Interlocked.CompareExchange(ref _longest, pause.Ticks, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
