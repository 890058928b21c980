using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using CqlDriver.Diagnostics;
using CqlDriver.Topology;

namespace CqlDriver;

/// <summary>
/// The handovers of a cluster object: those under way, and those that ended lately. It decides nothing; it is fed by the
/// log. Thread-safe.
/// </summary>
public sealed class HandoverTracker
{
    private const int MaxEnded = 256;
    private const int ListenerCapacity = 256;
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(10);

    // A lock: a few entries change together, a few times in the life of a cluster.
    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = [];
    private readonly Queue<TabletMove> _tabletMoves = new();
    private readonly Func<TimeSpan> _elapsed;
    private readonly Action<HandoverSnapshot> _ended;
    private ImmutableArray<Channel<HandoverSnapshot>> _listeners = [];
    private bool _isClosed;

    internal HandoverTracker(Func<TimeSpan> elapsed, Action<HandoverSnapshot> ended) => (_elapsed, _ended) = (elapsed, ended);

    /// <summary>How many are under way.</summary>
    public int ActiveCount
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count(static entry => entry.IsActive);
            }
        }
    }

    /// <summary>All that are known, oldest first.</summary>
    public ImmutableArray<HandoverSnapshot> Snapshot()
    {
        lock (_lock)
        {
            var now = _elapsed();
            return [.. _entries.Select(entry => entry.ToSnapshot(now))];
        }
    }

    /// <summary>The tablets of which it was learnt lately that they are elsewhere, oldest first, at most 256; see <see cref="TabletMove"/>.</summary>
    public ImmutableArray<TabletMove> TabletMoves()
    {
        lock (_lock)
        {
            return [.. _tabletMoves];
        }
    }

    /// <summary>
    /// Each phase of each handover as it begins, from now on. A reader that is too slow misses the oldest ones. Ends when the
    /// cluster is disposed.
    /// </summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<HandoverSnapshot> ListenAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var listener = Channel.CreateBounded<HandoverSnapshot>(new BoundedChannelOptions(ListenerCapacity) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lock)
        {
            if (_isClosed)
            {
                yield break;
            }

            _listeners = _listeners.Add(listener);
        }

        try
        {
            await foreach (var snapshot in listener.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return snapshot;
            }
        }
        finally
        {
            lock (_lock)
            {
                _listeners = _listeners.Remove(listener);
            }
        }
    }

    /// <summary>Forgets those that ended longer ago; those under way stay. After ten minutes they are forgotten anyway.</summary>
    /// <param name="age">How long ago they ended; not negative.</param>
    /// <returns>How many were forgotten.</returns>
    public int PurgeFinishedOlderThan(TimeSpan age)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(age, TimeSpan.Zero);
        lock (_lock)
        {
            var now = _elapsed();
            var tablets = 0;
            while (_tabletMoves.TryPeek(out var oldest) && now - oldest.LearntAt >= age)
            {
                _tabletMoves.Dequeue();
                tablets++;
            }

            return tablets + _entries.RemoveAll(entry => entry.EndedAt is { } end && now - end >= age);
        }
    }

    /// <summary>Where the pools of all sessions count what they pass on for a handover; null when it is not known any more.</summary>
    internal HandoverTally? TallyOf(long handover)
    {
        lock (_lock)
        {
            return _entries.Find(entry => entry.Latest.Handover == handover)?.Tally;
        }
    }

    /// <summary>Called by the loop, after the swap.</summary>
    internal void Observe(TopologyChange change)
    {
        switch (change)
        {
            case ChangeBatch batch:
                foreach (var part in batch.Changes)
                {
                    Observe(part);
                }

                break;
            case RangeReassigned { Former.IsEmpty: false } moved when !moved.Former.AsSpan().SequenceEqual(moved.Replicas.AsSpan()):
                OnTabletMoved(moved);
                break;
            case HandoverCheckpoint checkpoint:
                OnPhase(checkpoint, checkpoint.Phase, null);
                break;
            case HandoverAborted aborted:
                OnPhase(null, HandoverPhase.Aborted, aborted);
                break;
        }
    }

    /// <summary>Called by the loop: how many connections of how many are ready.</summary>
    internal void OnProgress(long handover, int ready, int wanted)
    {
        lock (_lock)
        {
            if (_entries.Find(entry => entry.Latest.Handover == handover) is { } entry)
            {
                (entry.Ready, entry.Wanted) = (ready, wanted);
            }
        }
    }

    internal void End()
    {
        lock (_lock)
        {
            _isClosed = true;
            foreach (var listener in _listeners)
            {
                listener.Writer.TryComplete();
            }
        }
    }

    private void OnTabletMoved(RangeReassigned moved)
    {
        lock (_lock)
        {
            if (_tabletMoves.Count == MaxEnded)
            {
                _tabletMoves.Dequeue();
            }

            _tabletMoves.Enqueue(new TabletMove(moved, _elapsed()));
        }
    }

    private void OnPhase(HandoverCheckpoint? checkpoint, HandoverPhase phase, HandoverAborted? aborted)
    {
        HandoverSnapshot snapshot;
        lock (_lock)
        {
            var now = _elapsed();
            var handover = checkpoint?.Handover ?? aborted!.Handover;
            var entry = _entries.Find(known => known.Latest.Handover == handover);
            if (entry is null)
            {
                if (checkpoint is null)
                {
                    return;
                }

                MakeRoom(now);
                entry = new Entry(checkpoint, now);
                _entries.Add(entry);
            }

            entry.Enter(checkpoint, phase, aborted?.Reason, now);
            snapshot = entry.ToSnapshot(now);
            foreach (var listener in _listeners)
            {
                listener.Writer.TryWrite(snapshot);
            }
        }

        if (!snapshot.IsActive)
        {
            _ended(snapshot);
        }
    }

    private void MakeRoom(TimeSpan now)
    {
        _entries.RemoveAll(entry => entry.EndedAt is { } end && now - end >= KeptFor);
        while (_entries.Count >= MaxEnded && _entries.FindIndex(static entry => !entry.IsActive) is >= 0 and var oldest)
        {
            _entries.RemoveAt(oldest);
        }
    }

    private sealed class Entry
    {
        private readonly TimeSpan _startedAt;
        private readonly Activity? _activity;
        private HandoverPhase _phase;
        private string? _reason;

        public Entry(HandoverCheckpoint first, TimeSpan now)
        {
            (Latest, _startedAt) = (first, now);
            CqlMetrics.HandoverBegan();
            var ambient = Activity.Current;
            _activity = CqlMetrics.Activities.StartActivity("cqldriver.handover");
            _activity?.SetTag("cqldriver.host_id", first.HostId.ToString()).SetTag("cqldriver.from", first.From?.ToString()).SetTag("cqldriver.to", first.To.ToString());
            Activity.Current = ambient;
        }

        public HandoverCheckpoint Latest { get; private set; }

        public HandoverTally Tally { get; } = new();

        public int Ready { get; set; }

        public int Wanted { get; set; }

        public TimeSpan? EndedAt { get; private set; }

        public bool IsActive => EndedAt is null;

        public void Enter(HandoverCheckpoint? checkpoint, HandoverPhase phase, string? reason, TimeSpan now)
        {
            (Latest, _phase, _reason) = (checkpoint ?? Latest, phase, reason);
            _activity?.AddEvent(new ActivityEvent(phase.ToString()));
            if (phase is not (HandoverPhase.Completed or HandoverPhase.Aborted))
            {
                return;
            }

            EndedAt = now;
            CqlMetrics.HandoverEnded(phase.ToString(), now - _startedAt);
            CqlMetrics.Forwarded(Tally.Forwarded);
            if (Tally.LongestPause is { } pause)
            {
                CqlMetrics.Paused(pause);
            }

            _activity?.SetStatus(phase == HandoverPhase.Completed ? ActivityStatusCode.Ok : ActivityStatusCode.Error, reason);
            _activity?.Dispose();
        }

        public HandoverSnapshot ToSnapshot(TimeSpan now) => new()
        {
            Id = Latest.Handover,
            HostId = Latest.HostId,
            From = Latest.From,
            To = Latest.To,
            Phase = _phase,
            Attempt = Latest.Attempt,
            Ready = Ready,
            Wanted = Wanted,
            Elapsed = (EndedAt ?? now) - _startedAt,
            IsActive = IsActive,
            Forwarded = Tally.Forwarded,
            Pause = Tally.LongestPause,
            Reason = _reason,
        };
    }
}
