using System.Collections.Immutable;
using CqlDriver.Partitioning;
using CqlDriver.Topology;

namespace CqlDriver.Effects;

/// <summary>
/// What answers tell of tablets on its way to the loop. It comes at the rate of requests and is merged here, table by table: of
/// hints that overlap the newest is left, whatever is beyond the limits is dropped (the next request that goes astray is told
/// again). The loop gets one input at most every 50 ms, so that hints make at most 20 views a second.
/// </summary>
internal sealed class TabletHintBuffer : IAsyncDisposable
{
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private const int MaxTables = 256;
    private const int MaxPerTable = 512;

    // A lock: lists of several tables and the timer change together, from the threads that handle answers and from the loop.
    private readonly Lock _lock = new();
    private readonly SortedDictionary<RoutingScope, List<TabletHint>> _waiting = [];
    private readonly TimeProvider _time;
    private readonly Action<Func<TopologyInput>> _post;
    private readonly ITimer _timer;
    private long? _lastTaken;
    private bool _isPosted;

    /// <param name="time">The clock.</param>
    /// <param name="post">Tells the loop that something waits.</param>
    public TabletHintBuffer(TimeProvider time, Action<Func<TopologyInput>> post)
    {
        _time = time;
        _post = post;
        _timer = time.CreateTimer(static buffer => ((TabletHintBuffer)buffer!).Post(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes a hint in. Any thread; never waits.</summary>
    public void Add(TabletHint hint)
    {
        lock (_lock)
        {
            if (!TryMerge(hint) || _isPosted)
            {
                return;
            }

            _isPosted = true;
            var passed = _lastTaken is { } last ? _time.GetElapsedTime(last) : Pause;
            if (passed < Pause)
            {
                _timer.Change(Pause - passed, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        Post();
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Post() => _post(Take);

    private TabletsHinted Take()
    {
        lock (_lock)
        {
            var hints = _waiting.Values.SelectMany(static hints => hints).ToImmutableArray();
            _waiting.Clear();
            _isPosted = false;
            _lastTaken = _time.GetTimestamp();
            return new TabletsHinted(hints);
        }
    }

    /// <summary>Of two that overlap the one counts whose request was routed later; of the same moment the one that came later.</summary>
    private bool TryMerge(TabletHint hint)
    {
        if (!_waiting.TryGetValue(hint.Scope, out var hints))
        {
            if (_waiting.Count == MaxTables)
            {
                return false;
            }

            _waiting.Add(hint.Scope, hints = []);
        }

        if (hints.Exists(other => other.RoutedAt > hint.RoutedAt && Overlap(other.Range, hint.Range)))
        {
            return false;
        }

        var told = hints.FindAll(other => other.IsLike(hint)).Sum(static other => other.Astray);
        hints.RemoveAll(other => Overlap(other.Range, hint.Range));
        if (hints.Count == MaxPerTable)
        {
            return false;
        }

        hints.Add(hint with { Astray = hint.Astray + told });
        return true;
    }

    private static bool Overlap(TokenRange one, TokenRange other) => one.Contains(other.Last) || other.Contains(one.Last);
}
