using CqlDriver;

namespace MovingNode;

/// <summary>An application: tasks that each write a row and read it back, again and again, until they are stopped.</summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly CqlSession _session;
    private readonly PreparedStatement _insert;
    private readonly PreparedStatement _select;
    private readonly Task[] _tasks;
    private long _id;
    private long _rows;
    private long _failed;
    private volatile bool _isStopped;

    private Load(CqlSession session, PreparedStatement insert, PreparedStatement select, int tasks)
    {
        (_session, _insert, _select) = (session, insert, select);
        _tasks = [.. Enumerable.Range(0, tasks).Select(_ => Task.Run(RunAsync))];
    }

    public long Rows => Interlocked.Read(ref _rows);

    public long Failed => Interlocked.Read(ref _failed);

    public static async Task<Load> StartAsync(CqlSession session, int tasks)
    {
        // Idempotent: writing the same square twice changes nothing, so what was lost with a connection may be tried again.
        var insert = (await session.PrepareAsync("INSERT INTO moving.numbers (id, square) VALUES (?, ?)")).WithIdempotence(true);
        var select = (await session.PrepareAsync("SELECT square FROM moving.numbers WHERE id = ?")).WithIdempotence(true);
        return new Load(session, insert, select, tasks);
    }

    /// <summary>Waits for so many more rows.</summary>
    public async Task GoOnAsync(int more, CancellationToken stop)
    {
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var goal = Rows + more; Rows < goal;)
        {
            await look.WaitForNextTickAsync(stop);
        }
    }

    public Task StopAsync()
    {
        _isStopped = true;
        return Task.WhenAll(_tasks);
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task RunAsync()
    {
        while (!_isStopped)
        {
            try
            {
                var id = Interlocked.Increment(ref _id);
                await _session.ExecuteAsync(_insert, (id, id * id));
                var found = await _session.ExecuteAsync(_select, id);
                Interlocked.Increment(ref found.Count == 1 && found[0].Get<long>("square") == id * id ? ref _rows : ref _failed);
            }
            catch (CqlException failure)
            {
                Interlocked.Increment(ref _failed);
                Console.Error.WriteLine($"    {failure.Message}");
            }
        }
    }
}
