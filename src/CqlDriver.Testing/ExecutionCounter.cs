using System.Collections.Concurrent;

namespace CqlDriver.Testing;

/// <summary>
/// Counts by key how often the cluster executed a request, whether or not its answer reached the client: for showing that each
/// of many requests was executed exactly once. Got from <see cref="EmbeddedCluster.CountExecutions"/>. Thread-safe; disposal
/// ends the counting and keeps the figures.
/// </summary>
public sealed class ExecutionCounter : IDisposable
{
    private readonly ConcurrentDictionary<long, int> _counts = new();
    private readonly Func<RequestRecord, long?> _keyOf;
    private readonly Action<ExecutionCounter> _end;
    private long _total;

    internal ExecutionCounter(Func<RequestRecord, long?> keyOf, Action<ExecutionCounter> end) => (_keyOf, _end) = (keyOf, end);

    /// <summary>Executions of requests that have a key.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>How many keys were executed at least once.</summary>
    public int DistinctKeys => _counts.Count;

    /// <summary>The keys that were executed more than once, ascending.</summary>
    public IReadOnlyList<long> RepeatedKeys => [.. _counts.Where(count => count.Value > 1).Select(count => count.Key).Order()];

    /// <summary>How often requests of a key were executed.</summary>
    /// <param name="key">The key.</param>
    public int CountOf(long key) => _counts.GetValueOrDefault(key);

    /// <inheritdoc/>
    public void Dispose() => _end(this);

    internal void OnExecuted(RequestRecord request)
    {
        if (_keyOf(request) is { } key)
        {
            _counts.AddOrUpdate(key, 1, static (_, count) => count + 1);
            Interlocked.Increment(ref _total);
        }
    }
}
