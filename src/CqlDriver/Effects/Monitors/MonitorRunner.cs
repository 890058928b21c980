using System.Collections.Concurrent;
using System.Collections.Immutable;
using CqlDriver.Diagnostics;
using CqlDriver.Topology;

namespace CqlDriver.Effects;

/// <summary>
/// Calls an application's monitor: each call within a limit, whatever it does with its cancellation token; its stream one
/// suggestion at a time. Decides nothing: each job ends in one input. What a monitor leaves running is waited for at the end,
/// within a limit, and said.
/// </summary>
internal sealed class MonitorRunner(ITopologyMonitor monitor, TopologySettings settings, TopologyLoop loop)
{
    private readonly string _name = settings.Monitor!.Name;
    private readonly ConcurrentDictionary<Task, bool> _left = new();

    public Task<TopologyInput?> ReadAsync(ReadMonitor effect, CancellationToken cancellationToken) => AnswerAsync(
        async limited =>
        {
            var rows = Rows(await WithinAsync(monitor.ReadNodesAsync(limited), limited).ConfigureAwait(false), _name);
            return new NodesRead(effect.Ticket, rows[0], rows, null) { IsWhole = true };
        },
        error => new NodesReadFailed(effect.Ticket, error),
        cancellationToken);

    public Task<TopologyInput?> ReadNodeAsync(ReadMonitorNode effect, CancellationToken cancellationToken) => AnswerAsync(
        async limited =>
        {
            var node = await WithinAsync(monitor.ReadNodeAsync(effect.HostId, limited), limited).ConfigureAwait(false);
            return new NodeRead(effect.Ticket, node?.HostId == effect.HostId ? node.ToRow(_name, 0) : null, null);
        },
        error => new NodeRead(effect.Ticket, null, error),
        cancellationToken);

    /// <summary>Whether the nodes have the same schema; null: the monitor does not know, or failed.</summary>
    public async Task<bool?> CheckSchemaAgreementAsync(CancellationToken cancellationToken)
    {
        bool? isAgreed = null;
        await AnswerAsync(
            async limited =>
            {
                isAgreed = await WithinAsync(monitor.CheckSchemaAgreementAsync(limited), limited).ConfigureAwait(false);
                return null;
            },
            error =>
            {
                Log.SuggestionIgnored(settings.Connections.Logger, _name, $"it could not tell whether the nodes agree on the schema: {error.Message}");
                return null;
            },
            cancellationToken).ConfigureAwait(false);
        return isAgreed;
    }

    public async Task<TopologyInput?> WatchAsync(WatchMonitor effect, CancellationToken cancellationToken)
    {
        try
        {
            await ReadStreamAsync(effect, new SuggestionBuffer(effect.Ticket, _name), cancellationToken).ConfigureAwait(false);
            return new MonitorEnded(effect.Ticket, null);
        }
#pragma warning disable CA1031 // Whatever it is, it is the answer: the stream is begun again.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return new MonitorEnded(effect.Ticket, error);
        }
    }

    /// <summary>Waits, within a limit, for what the monitor has left running, then disposes it.</summary>
    public async Task EndAsync()
    {
        try
        {
            var left = Task.WhenAll(_left.Keys);
            await Task.WhenAny(left).WaitAsync(settings.QueryLimit, settings.Time).ConfigureAwait(false);
            await monitor.DisposeAsync().AsTask().WaitAsync(settings.QueryLimit, settings.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Log.MonitorLeftBehind(settings.Connections.Logger, _name, settings.QueryLimit);
        }
#pragma warning disable CA1031 // The application's own code: its cluster object is closed all the same.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Log.MonitorDisposalFailed(settings.Connections.Logger, _name, error);
        }
    }

    /// <summary>What a monitor told, as rows.</summary>
    /// <exception cref="CqlException">It told nothing.</exception>
    public static ImmutableArray<NodeRow> Rows(IReadOnlyList<NodeDescription>? nodes, string source)
    {
        if (nodes is null || nodes.Count == 0)
        {
            throw new CqlException($"{source} told {(nodes is null ? "null" : "an empty list")} in place of the nodes; what is known stays.");
        }

        var rows = ImmutableArray.CreateBuilder<NodeRow>(nodes.Count);
        for (var i = 0; i < nodes.Count; i++)
        {
            rows.Add(nodes[i]?.ToRow(source, i) ?? throw new CqlException($"Entry {i} of the nodes that {source} told is null."));
        }

        return rows.MoveToImmutable();
    }

    private async Task ReadStreamAsync(WatchMonitor effect, SuggestionBuffer buffer, CancellationToken cancellationToken)
    {
        var stream = monitor is CommittedLogMonitor log ? log.Watch(effect.Start, cancellationToken) : monitor.WatchAsync(cancellationToken);
        var suggestions = stream.GetAsyncEnumerator(cancellationToken);
        var next = Task.FromResult(true);
        try
        {
            while (true)
            {
                next = suggestions.MoveNextAsync().AsTask();
                if (!await next.WaitAsync(cancellationToken).ConfigureAwait(false))
                {
                    return;
                }

                Take(buffer, suggestions.Current);
                await buffer.WhenThereIsRoom().WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            // One that does not mind its cancellation is not waited for here: the loop has to know that it was stopped.
            var end = DisposeAsync(suggestions, next);
            if (next.IsCompleted)
            {
                await end.ConfigureAwait(false);
            }
            else
            {
                Leave(end);
            }
        }
    }

    private void Take(SuggestionBuffer buffer, TopologySuggestion suggestion)
    {
        try
        {
            if (buffer.Add(suggestion))
            {
                loop.PostEvents(buffer.Take);
            }
        }
        catch (CqlException unusable)
        {
            Log.SuggestionIgnored(settings.Connections.Logger, _name, unusable.Message);
        }
    }

    private static async Task DisposeAsync(IAsyncEnumerator<TopologySuggestion> suggestions, Task last)
    {
        await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await suggestions.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<TopologyInput?> AnswerAsync(
        Func<CancellationToken, Task<TopologyInput?>> ask, Func<Exception, TopologyInput?> failed, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(settings.QueryLimit, settings.Time);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await ask(limited.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return failed(new TimeoutException($"{_name} did not answer within {settings.QueryLimit.TotalSeconds:0.#} s."));
        }
#pragma warning disable CA1031 // Whatever it is, it is the answer: the monitor is asked again later.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return failed(error);
        }
    }

    /// <summary>Whether or not the call minds its token: after the limit nobody waits for it, until the end.</summary>
    private async Task<T> WithinAsync<T>(Task<T>? call, CancellationToken limited)
    {
        call = call ?? throw new CqlException($"{_name} gave null in place of a task.");
        try
        {
            return await call.WaitAsync(limited).ConfigureAwait(false);
        }
        finally
        {
            if (!call.IsCompleted)
            {
                Leave(call);
            }
        }
    }

    private void Leave(Task task)
    {
        _left[task] = true;
        _ = task.ContinueWith(
            static (ended, left) =>
            {
                _ = ended.Exception;
                ((ConcurrentDictionary<Task, bool>)left!).TryRemove(ended, out _);
            },
            _left,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}
