using System.Collections.Concurrent;
using CqlDriver.Tests.Support;

namespace CqlDriver.Tests.Sessions;

/// <summary>
/// Prepared, idempotent inserts into <c>t</c>, each with an id of its own, from a few tasks until it is stopped. Ids begin at
/// 1 and have no gaps.
/// </summary>
internal sealed class Traffic : IAsyncDisposable
{
    private readonly ConcurrentQueue<Exception> _failures = new();
    private readonly Task[] _tasks;
    private readonly int _limit;
    private int _started;
    private int _succeeded;
    private bool _isStopped;

    private Traffic(CqlSession session, int tasks, int limit, bool isIdempotent)
    {
        _limit = limit;
        _tasks = [.. Enumerable.Range(0, tasks).Select(_ => RunAsync(session, isIdempotent))];
    }

    /// <summary>Requests that were begun: their ids are 1 to this.</summary>
    public int Started => Math.Min(Volatile.Read(ref _started), _limit);

    public int Succeeded => Volatile.Read(ref _succeeded);

    public IReadOnlyCollection<Exception> Failures => _failures;

    public static Traffic Start(CqlSession session, int tasks = 8, int limit = int.MaxValue, bool isIdempotent = true) => new(session, tasks, limit, isIdempotent);

    /// <summary>Waits until so many more have succeeded.</summary>
    public Task GoOnAsync(int more = 200)
    {
        var goal = Succeeded + more;
        return Eventually.BecomesTrueAsync(() => Succeeded >= goal || !_failures.IsEmpty, $"{more} more requests have succeeded");
    }

    /// <summary>Waits until all that are to be made have ended.</summary>
    public Task EndAsync() => Task.WhenAll(_tasks).WaitAsync(TimeSpan.FromMinutes(2));

    public Task StopAsync()
    {
        Volatile.Write(ref _isStopped, true);
        return EndAsync();
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task RunAsync(CqlSession session, bool isIdempotent)
    {
        await Task.Yield();
        try
        {
            var insert = (await session.PrepareAsync("INSERT INTO t (id, n, v) VALUES (?, ?, 'x')")).WithIdempotence(isIdempotent);
            while (!Volatile.Read(ref _isStopped) && Interlocked.Increment(ref _started) is var id && id <= _limit)
            {
                await session.ExecuteAsync(insert, (id, 0));
                Interlocked.Increment(ref _succeeded);
            }
        }
        catch (Exception failure)
        {
            _failures.Enqueue(failure);
        }
    }
}
