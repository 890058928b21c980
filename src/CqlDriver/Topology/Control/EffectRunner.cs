using System.Collections.Concurrent;
using CqlDriver.Connections;
using CqlDriver.Diagnostics;
using Microsoft.Extensions.Logging;

namespace CqlDriver.Topology;

/// <summary>
/// Starts effects on real sockets and real time and posts their answers. Owns every task and timer that it starts: when the
/// loop has ended they have all answered, and disposal waits for the last of them to return.
/// </summary>
internal sealed class EffectRunner : IEffectRunner
{
    private readonly TopologySettings _settings;
    private readonly Waiters _waiters;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<long, CancellationTokenSource> _cancellations = new();
    private readonly ConcurrentDictionary<long, ITimer> _timers = new();
    private readonly ConcurrentDictionary<Task, bool> _tasks = new();
    private readonly long[] _drops = new long[Enum.GetValues<EffectKind>().Length];
    private TopologyLoop _loop = null!;
    private ControlConnectionRunner _control = null!;
    private NodeDialRunner _dials = null!;

    public EffectRunner(TopologySettings settings, Waiters waiters)
    {
        _settings = settings;
        _waiters = waiters;
        _logger = settings.Connections.Logger;
    }

    /// <summary>Names the loop that gets the answers, before it is started.</summary>
    public void Serve(TopologyLoop loop)
    {
        _loop = loop;
        _control = new ControlConnectionRunner(_settings, loop);
        _dials = new NodeDialRunner(_settings, loop, this);
    }

    /// <summary>How much work of a kind came home too late so far.</summary>
    public long Dropped(EffectKind kind) => Volatile.Read(ref _drops[(int)kind]);

    public void Start(TopologyEffect effect)
    {
        switch (effect.Kind)
        {
            case TopologyEffectKind.OpenControlConnection:
                Run((OpenControlConnection)effect, _control.OpenAsync);
                break;
            case TopologyEffectKind.ResolveContactPoints:
                Run((ResolveContactPoints)effect, _control.ResolveAsync);
                break;
            case TopologyEffectKind.ReadNodes:
                Run((ReadNodes)effect, _control.ReadAsync);
                break;
            case TopologyEffectKind.DialNode:
                Run((DialNode)effect, _dials.DialAsync);
                break;
            case TopologyEffectKind.SetKeyspace:
                Run((SetKeyspace)effect, _dials.SetKeyspaceAsync);
                break;
            case TopologyEffectKind.CloseConnection:
                Run((CloseConnection)effect, (closing, _) => _dials.CloseAsync(closing));
                break;
            case TopologyEffectKind.StartTimer:
                StartTimer((StartTimer)effect);
                break;
            case TopologyEffectKind.CancelEffect:
                Cancel(((CancelEffect)effect).Cancelled);
                break;
            case TopologyEffectKind.CountDrop:
                Interlocked.Increment(ref _drops[(int)((CountDrop)effect).Dropped]);
                Log.WorkDropped(_logger, ((CountDrop)effect).Dropped.ToString());
                break;
            case TopologyEffectKind.AnswerWaiters:
                _waiters.Answer((AnswerWaiters)effect);
                break;
            case TopologyEffectKind.ReportNotice:
                TopologyReport.Write(_logger, ((ReportNotice)effect).Notice);
                break;
        }
    }

    public void Abandon(IPooledConnection connection) => Own(((CqlConnection)connection).DisposeAsync().AsTask());

    public async ValueTask DisposeAsync()
    {
        foreach (var timer in _timers.Values)
        {
            await timer.DisposeAsync().ConfigureAwait(false);
        }

        while (_tasks.Keys.FirstOrDefault() is { } task)
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _tasks.TryRemove(task, out _);
        }

        _dials.Dispose();
    }

    private void Run<T>(T effect, Func<T, CancellationToken, Task<TopologyInput?>> work)
        where T : TicketedEffect
    {
        var cancellation = new CancellationTokenSource();
        _cancellations[effect.Ticket.Id] = cancellation;
        Own(RunAsync(effect, work, cancellation));
    }

    private async Task RunAsync<T>(T effect, Func<T, CancellationToken, Task<TopologyInput?>> work, CancellationTokenSource cancellation)
        where T : TicketedEffect
    {
        // Not on the loop's thread: dialling may do much before it waits for the first time.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var answer = await work(effect, cancellation.Token).ConfigureAwait(false);
        _cancellations.TryRemove(effect.Ticket.Id, out _);
        cancellation.Dispose();
        if (answer is not null && !_loop.TryPost(answer) && answer.Brings is { } connection)
        {
            await ((CqlConnection)connection).DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Own(Task task)
    {
        _tasks[task] = true;
        _ = task.ContinueWith(
            static (ended, state) =>
            {
                var runner = (EffectRunner)state!;
                runner._tasks.TryRemove(ended, out _);
                if (ended.Exception is { } error)
                {
                    Log.EffectFailed(runner._logger, error);
                }
            },
            this,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private void StartTimer(StartTimer effect)
    {
        var timer = _settings.Time.CreateTimer(
            static state =>
            {
                var (runner, ticket) = ((EffectRunner, EffectTicket))state!;
                if (runner._timers.TryRemove(ticket.Id, out var fired))
                {
                    fired.Dispose();
                    runner._loop.TryPost(new TimerFired(ticket));
                }
            },
            (this, effect.Ticket),
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);

        // Armed only when it can be found: one that is due at once must find itself.
        _timers[effect.Ticket.Id] = timer;
        timer.Change(effect.DueIn > TimeSpan.Zero ? effect.DueIn : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private void Cancel(EffectTicket ticket)
    {
        if (_timers.TryRemove(ticket.Id, out var timer))
        {
            timer.Dispose();
        }

        if (_cancellations.TryRemove(ticket.Id, out var cancellation))
        {
            // Callbacks of the token must not run on the loop's thread.
            Own(cancellation.CancelAsync());
        }
    }
}
