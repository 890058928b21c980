using CqlDriver;

namespace DiscoveryFile;

/// <summary>An application that writes rows and reads them back, all the time.</summary>
internal sealed class Load : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _tasks;
    private long _rows;
    private long _failed;

    private Load(CqlSession session, PreparedStatement insert, PreparedStatement select) =>
        _tasks = [.. Enumerable.Range(0, 8).Select(task => Task.Run(() => RunAsync(session, insert, select, task)))];

    public long Rows => Interlocked.Read(ref _rows);

    public long Failed => Interlocked.Read(ref _failed);

    public static async Task<Load> StartAsync(CqlSession session)
    {
        await session.ExecuteAsync("CREATE KEYSPACE discovered WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}");
        await session.ExecuteAsync("CREATE TABLE discovered.numbers (id bigint PRIMARY KEY, square bigint)");

        // Idempotent: what was lost with a connection may be tried again elsewhere.
        var insert = (await session.PrepareAsync("INSERT INTO discovered.numbers (id, square) VALUES (?, ?)")).WithIdempotence(true);
        var select = (await session.PrepareAsync("SELECT square FROM discovered.numbers WHERE id = ?")).WithIdempotence(true);
        return new Load(session, insert, select);
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

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_tasks);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task RunAsync(CqlSession session, PreparedStatement insert, PreparedStatement select, int task)
    {
        for (long id = task; !_stop.IsCancellationRequested; id += 8)
        {
            try
            {
                await session.ExecuteAsync(insert, (id, id * id));
                var found = await session.ExecuteAsync(select, id);
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
