namespace CqlDriver.Connections;

/// <summary>
/// What the two loops, the heartbeat and the callers of one connection share: how it ends, how much it holds, and when
/// something last moved. Free of I/O. Every member is for any thread.
/// </summary>
internal sealed class ConnectionLife
{
    private Exception? _endReason;
    private Exception? _retireReason;
    private int _held;
    private int _orphans;
    private long _lastReceived;
    private long _writingSince;
    private long _awaitingSince;

    public ConnectionLife(long now) => _lastReceived = now;

    /// <summary>Why the connection ends; null while it does not.</summary>
    public Exception? EndReason => Volatile.Read(ref _endReason);

    public bool IsEnding => EndReason is not null;

    /// <summary>Why nothing new is accepted, while what was written may finish.</summary>
    public Exception? RetireReason => Volatile.Read(ref _retireReason);

    public bool IsAccepting => EndReason is null && RetireReason is null;

    /// <summary>Requests taken and not yet answered or given back: queued, written, orphaned.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>
    /// Written requests that were settled otherwise and whose answer has not come. Below zero for a moment when the
    /// answer overtakes the note; <see cref="Active"/> is right even then.
    /// </summary>
    public int Orphans => Volatile.Read(ref _orphans);

    /// <summary>Requests that somebody still waits for.</summary>
    public int Active => Held - Orphans;

    /// <summary>When the last bytes came.</summary>
    public long LastReceived => Volatile.Read(ref _lastReceived);

    /// <summary>When the socket write that is going on began; 0 when there is none.</summary>
    public long WritingSince => Volatile.Read(ref _writingSince);

    /// <summary>Since when an answer is awaited and nothing came; 0 when nothing is known to be awaited.</summary>
    public long AwaitingSince => Volatile.Read(ref _awaitingSince);

    /// <summary>A full fence: what is looked at afterwards was not changed by one who had seen the connection alive.</summary>
    public bool TryEnd(Exception reason) => Interlocked.CompareExchange(ref _endReason, reason, null) is null;

    public bool TryRetire(Exception reason) => Interlocked.CompareExchange(ref _retireReason, reason, null) is null;

    /// <summary>Counts one more, unless there are <paramref name="limit"/> already.</summary>
    public bool TryHold(int limit)
    {
        if (Interlocked.Increment(ref _held) <= limit)
        {
            return true;
        }

        Interlocked.Decrement(ref _held);
        return false;
    }

    public void Unhold(int count) => Interlocked.Add(ref _held, -count);

    public int NoteOrphan() => Interlocked.Increment(ref _orphans);

    public void OrphansAnswered(int count) => Interlocked.Add(ref _orphans, -count);

    /// <summary>The write side, before a socket write.</summary>
    public void WriteStarts(long now)
    {
        Volatile.Write(ref _writingSince, now);
        if (AwaitingSince == 0)
        {
            Volatile.Write(ref _awaitingSince, now);
        }
    }

    public void WriteEnded() => Volatile.Write(ref _writingSince, 0);

    /// <summary>
    /// The read side, after each read. A write that starts at the same moment may be missed: <see cref="StillAwaiting"/>
    /// mends that at the next beat.
    /// </summary>
    public void Received(long now)
    {
        Volatile.Write(ref _lastReceived, now);
        Volatile.Write(ref _awaitingSince, Held > 0 ? now : 0);
    }

    /// <summary>The heartbeat found something pending: it is awaited since now at the latest.</summary>
    public void StillAwaiting(long now)
    {
        if (AwaitingSince == 0)
        {
            Volatile.Write(ref _awaitingSince, now);
        }
    }
}
