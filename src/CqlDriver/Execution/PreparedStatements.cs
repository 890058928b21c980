using System.Collections.Concurrent;
using CqlDriver.Connections;
using CqlDriver.Diagnostics;
using CqlDriver.Topology;

namespace CqlDriver.Execution;

/// <summary>
/// The prepared statements of a session. Preparing is single-flight for each text, and preparing anew is for each
/// connection and statement: a thousand requests that meet a node which has forgotten send one PREPARE.
/// </summary>
/// <remarks>
/// A statement is prepared on one node first, then in the background on all others, so that their first requests find it. The
/// cache holds a statement as long as the application does.
/// </remarks>
internal sealed class PreparedStatements(RequestExecutor executor)
{
    private const int PurgePeriod = 256;

    private readonly ConcurrentDictionary<(string? Keyspace, string Cql), WeakReference<Task<PreparedCore>>> _byText = new();
    private readonly ConcurrentDictionary<(ConnectionId Connection, PreparedCore Core), Task<bool>> _preparingAgain = new();
    private int _added;

    public async Task<PreparedStatement> PrepareAsync(string cql, CancellationToken cancellationToken)
    {
        var core = await GetOrStart(cql).WaitAsync(cancellationToken).ConfigureAwait(false);
        return new PreparedStatement(core, StatementOptions.Default);
    }

    /// <summary>Prepares a statement again where a node has forgotten it. False: the connection ended meanwhile.</summary>
    /// <exception cref="CqlException">The node gave another id: the text means something else there now.</exception>
    public async Task<bool> PrepareAgainAsync(CqlConnection connection, PreparedCore core)
    {
        var key = (connection.Id, core);
        while (true)
        {
            if (_preparingAgain.TryGetValue(key, out var running))
            {
                return await running.ConfigureAwait(false);
            }

            var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_preparingAgain.TryAdd(key, done.Task))
            {
                continue;
            }

            try
            {
                executor.Logger.PreparingAgain(connection.Endpoint);
                var again = await AskAsync(connection, core.Cql, core.Keyspace).ConfigureAwait(false);
                CheckSameId(core, again, connection.Endpoint);
                core.UpdateLayout(again.Layout);
                done.SetResult(true);
            }
            catch (CqlConnectionException)
            {
                done.SetResult(false);
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
            finally
            {
                _preparingAgain.TryRemove(key, out _);
            }

            return await done.Task.ConfigureAwait(false);
        }
    }

    /// <summary>Those that were used most, most used first.</summary>
    public List<PreparedCore> MostUsed(int limit)
    {
        var all = new List<PreparedCore>();
        foreach (var entry in _byText.Values)
        {
            if (entry.TryGetTarget(out var task) && task.IsCompletedSuccessfully)
            {
                all.Add(task.Result);
            }
        }

        return [.. all.OrderByDescending(static core => core.Uses).Take(limit)];
    }

    /// <summary>Prepares a statement where it may be unknown. False: the connection is of no use. What the node refuses is left to those who use it.</summary>
    public async Task<bool> TryPrepareOnAsync(CqlConnection connection, PreparedCore core)
    {
        try
        {
            CheckSameId(core, await AskAsync(connection, core.Cql, core.Keyspace).ConfigureAwait(false), connection.Endpoint);
            return true;
        }
        catch (Exception error) when (error is CqlConnectionException or OperationCanceledException)
        {
            return false;
        }
        catch (CqlException error)
        {
            executor.Logger.PrepareElsewhereFailed(connection.Endpoint, error);
            return true;
        }
    }

    private static void CheckSameId(PreparedCore core, PreparedCore again, NodeEndpoint endpoint)
    {
        if (!again.Id.AsSpan().SequenceEqual(core.Id))
        {
            throw new CqlException(
                $"Prepared again on {endpoint}, a statement got another id: it means something else there, because the session's keyspace changed since or the node runs another version. Prepare it anew: {core.Cql}");
        }
    }

    private Task<PreparedCore> GetOrStart(string cql)
    {
        var key = (executor.Keyspace, cql);
        while (true)
        {
            if (_byText.TryGetValue(key, out var known))
            {
                if (known.TryGetTarget(out var task) && task is { IsFaulted: false, IsCanceled: false })
                {
                    return task;
                }

                _byText.TryRemove(new KeyValuePair<(string?, string), WeakReference<Task<PreparedCore>>>(key, known));
            }

            var done = new TaskCompletionSource<PreparedCore>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_byText.TryAdd(key, new WeakReference<Task<PreparedCore>>(done.Task)))
            {
                PurgeNowAndThen();
                Start(key, done);
                return done.Task;
            }
        }
    }

    private void Start((string? Keyspace, string Cql) key, TaskCompletionSource<PreparedCore> done)
    {
        var isStarted = executor.Background.TryRun("preparing a statement", async () =>
        {
            try
            {
                var (core, node) = await PrepareOnOneAsync(key.Cql, key.Keyspace).ConfigureAwait(false);
                core.CacheEntry = done.Task;
                done.SetResult(core);
                await PrepareOnOthersAsync(core, node).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // Whatever it is, those who wait for the statement are told.
            catch (Exception error)
#pragma warning restore CA1031
            {
                if (!done.TrySetException(error))
                {
                    throw;
                }
            }
        });
        if (!isStarted)
        {
            done.SetException(new SessionClosedException(mayHaveBeenExecuted: false));
        }
    }

    private async Task<(PreparedCore Core, Node Node)> PrepareOnOneAsync(string cql, string? keyspace)
    {
        var history = default(AttemptHistory);
        var course = default(AttemptCourse);
        course.Begin(executor.View, default);
        while (course.TryNext(executor.View, onSameNode: false, ref history, out var connection))
        {
            try
            {
                return (await AskAsync((CqlConnection)connection, cql, keyspace).ConfigureAwait(false), course.Node!);
            }
            catch (Exception error) when (error is CqlConnectionException || (error is ServerException server && ServerErrors.IsWorthAnotherNode(server)))
            {
                history.Add(course.Node!, error, mayHaveBeenExecuted: false);
            }
        }

        throw new NoNodeAvailableException(history.ToImmutable());
    }

    private async Task PrepareOnOthersAsync(PreparedCore core, Node first)
    {
        var view = executor.View;
        foreach (var node in view.Metadata.Nodes)
        {
            if (node == first || executor.IsClosing || view.PoolOf(node.Ordinal) is not { } pool || !pool.TryPick(null, out var picked))
            {
                continue;
            }

            await TryPrepareOnAsync((CqlConnection)picked, core).ConfigureAwait(false);
        }
    }

    private Task<PreparedCore> AskAsync(CqlConnection connection, string cql, string? keyspace) =>
        PrepareRequest.SendAsync(connection, cql, keyspace, executor.Settings.Options.Codecs, executor.Settings.Options.RequestTimeout, executor.Closing);

    private void PurgeNowAndThen()
    {
        if (Interlocked.Increment(ref _added) % PurgePeriod != 0)
        {
            return;
        }

        foreach (var entry in _byText)
        {
            if (!entry.Value.TryGetTarget(out _))
            {
                _byText.TryRemove(entry);
            }
        }
    }
}
