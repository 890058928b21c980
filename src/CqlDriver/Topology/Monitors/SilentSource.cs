namespace CqlDriver.Topology;

/// <summary>A source that notices nothing: its stream goes on, empty, until it is cancelled.</summary>
internal sealed class SilentSource(CancellationToken cancellationToken) : IAsyncEnumerator<TopologySuggestion>
{
    private readonly TaskCompletionSource<bool> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration _cancelled;

    public TopologySuggestion Current => throw new InvalidOperationException("Nothing is ever suggested.");

    public static IAsyncEnumerable<TopologySuggestion> WatchAsync(CancellationToken cancellationToken) => new Stream(cancellationToken);

    public ValueTask<bool> MoveNextAsync()
    {
        _cancelled = cancellationToken.UnsafeRegister(static end => ((TaskCompletionSource<bool>)end!).TrySetResult(false), _end);
        return new ValueTask<bool>(_end.Task);
    }

    public ValueTask DisposeAsync() => _cancelled.DisposeAsync();

    private sealed class Stream(CancellationToken started) : IAsyncEnumerable<TopologySuggestion>
    {
        public IAsyncEnumerator<TopologySuggestion> GetAsyncEnumerator(CancellationToken cancellationToken) =>
            new SilentSource(cancellationToken.CanBeCanceled ? cancellationToken : started);
    }
}
