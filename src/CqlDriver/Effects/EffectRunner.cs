using System.Collections.Concurrent;
using System.Diagnostics;
using CqlDriver.Connections;
using CqlDriver.Diagnostics;
using CqlDriver.Topology;
using Microsoft.Extensions.Logging;

namespace CqlDriver.Effects;

/// <summary>
/// Starts effects on real sockets and real time and posts their answers. Owns every task and timer that it starts: when the
/// loop has ended they have all answered, and disposal waits for the last of them to return.
/// </summary>
internal sealed class EffectRunner : IEffectRunner
{
    private readonly TopologySettings _settings;
    private readonly TopologySources _sources;
    private readonly Waiters _waiters;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<long, CancellationTokenSource> _cancellations = new();
    private readonly ConcurrentDictionary<long, ITimer> _timers = new();
    private readonly ConcurrentDictionary<Task, bool> _tasks = new();
    private readonly long[] _drops = new long[Enum.GetValues<EffectKind>().Length];
    private readonly ChangeListeners _listeners;
    private readonly AppliedWaits _applied = new();
    private readonly HandoverTracker _handovers;
    private readonly TabletHintBuffer _hints;
    private TopologyLoop _loop = null!;
    private ControlConnectionRunner _control = null!;
    private NodeDialRunner _dials = null!;
    private MonitorRunner? _monitor;

    public EffectRunner(TopologySettings settings, TopologySources sources, Waiters waiters)
    {
        settings = RouteDialling.Prepare(settings);
        _settings = settings;
        _sources = sources;
        _waiters = waiters;
        _logger = settings.Connections.Logger;
        _listeners = new ChangeListeners(settings.ListenerCapacity, () => _loop.Current, () => _loop.Log);
        _handovers = new HandoverTracker(() => _loop.Elapsed, OnHandoverEnded);
        _hints = new TabletHintBuffer(settings.Time, take => _loop.PostEvents(take));
    }

    /// <summary>The topology whose effects it runs.</summary>
    public ClusterTopology Topology { get; private set; } = null!;

    /// <summary>The changes from now on, for who listens.</summary>
    public ChangeListeners Listeners => _listeners;

    /// <summary>Waits for changes to be applied.</summary>
    public AppliedWaits Applied => _applied;

    /// <summary>The handovers, for who looks.</summary>
    public HandoverTracker Handovers => _handovers;

    /// <summary>Begins to look for a cluster. The topology owns the runner, and ends it.</summary>
    public static EffectRunner StartTopology(TopologySettings settings, TopologySources? sources = null)
    {
        sources ??= TopologySources.None;
        settings = settings with { Monitor = sources.MonitorSettings, HasSchemaSource = sources.Schema is not null };
        EffectRunner runner = null!;
        var topology = new ClusterTopology(settings, waiters => runner = new EffectRunner(settings, sources, waiters));
        runner.Topology = topology;
        topology.Loop.Start();
        return runner;
    }

    /// <summary>Names the loop that gets the answers, before it is started.</summary>
    public void Serve(TopologyLoop loop)
    {
        _loop = loop;
        _control = new ControlConnectionRunner(_settings, _sources, loop);
        _monitor = _sources.Monitor is { } monitor ? new MonitorRunner(monitor, _settings, loop) : null;
        _dials = new NodeDialRunner(_settings, loop, this);
    }

    public Task<bool?> CheckSchemaAgreementAsync(CancellationToken cancellationToken) =>
        _monitor?.CheckSchemaAgreementAsync(cancellationToken) ?? Task.FromResult<bool?>(null);

    /// <summary>Gives the log to an application's applier, until the topology ends.</summary>
    public void Feed(ITopologyApplier applier) => Own(ApplierFeed.FeedAsync(applier, _listeners, () => _loop.Current, _logger));

    /// <summary>How much work of a kind came home too late so far.</summary>
    public long Dropped(EffectKind kind) => Volatile.Read(ref _drops[(int)kind]);

    public void Start(TopologyEffect effect)
    {
        switch (effect)
        {
            case OpenControlConnection open:
                Run(open, _control.OpenAsync);
                break;
            case ResolveContactPoints resolve:
                Run(resolve, _control.ResolveAsync);
                break;
            case ReadNodes read:
                Run(read, _control.ReadAsync);
                break;
            case ReadMonitor read:
                Run(read, _monitor!.ReadAsync);
                break;
            case ReadMonitorNode read:
                Run(read, _monitor!.ReadNodeAsync);
                break;
            case WatchMonitor watch:
                Run(watch, _monitor!.WatchAsync);
                break;
            case ReadSchema read:
                Run(read, _control.ReadSchemaAsync);
                break;
            case ReadRoutes read:
                Run(read, _control.ReadRoutesAsync);
                break;
            case DialNode dial:
                Run(dial, _dials.DialAsync);
                break;
            case SetKeyspace use:
                Run(use, _dials.SetKeyspaceAsync);
                break;
            case VerifyIdentity verify:
                Run(verify, _dials.VerifyAsync);
                break;
            case AskIdentity ask:
                Run(ask, _dials.AskIdentityAsync);
                break;
            case WarmConnection warm:
                Run(warm, NodeDialRunner.WarmAsync);
                break;
            case CloseConnection close:
                NodeDialRunner.BeginClosing(close);
                Run(close, (closing, _) => _dials.CloseAsync(closing));
                break;
            case BuildRings build:
                Run(build, static (rings, _) => Task.FromResult<TopologyInput?>(new RingsBuilt(rings.Ticket, rings.Plan.Build())));
                break;
            case StartTimer timer:
                StartTimer(timer);
                break;
            case CancelEffect cancel:
                Cancel(cancel.Cancelled);
                break;
            case ProbeConnection probe:
                ((CqlConnection)probe.Connection).Probe();
                break;
            case CountDrop drop:
                Interlocked.Increment(ref _drops[(int)drop.Dropped]);
                CqlMetrics.Dropped(drop.Dropped.ToString());
                Log.WorkDropped(_logger, drop.Dropped.ToString(), drop.Fence?.ToString(), drop.Standing?.ToString());
                break;
            case ReportLag lag:
                CqlMetrics.Lags(lag.Entries);
                break;
            case CountIgnoredEntry:
                CqlMetrics.EntryIgnored();
                break;
            case AnswerWaiters answer:
                _waiters.Answer(answer);
                break;
            case ReportNotice report:
                report.Message(_logger, report.Subject, report.Detail);
                break;
            default:
                throw new UnreachableException($"{effect.GetType().Name} is no effect that is known.");
        }
    }

    public void Tell(IReadOnlyList<TopologyChange> changes, ControlState state)
    {
        foreach (var change in changes)
        {
            TopologyReport.Write(_logger, change, state.Metadata);
            _handovers.Observe(change);
            if (change.Source is not null)
            {
                CqlMetrics.EntryApplied(change.GetType().Name, state.Metadata.Source.Index, isUnderstood: change is not UndecodableEntry);
            }
        }

        foreach (var handover in state.Handovers.Values.Where(static handover => handover.IsBeforeCutOver))
        {
            // Afterwards nothing is staged any more: what was ready when it took over stays told.
            if (handover.IsBeforeCutOver)
            {
                _handovers.OnProgress(handover.Id, handover.Open, handover.Wanted);
            }
        }

        if (changes.Count > 0)
        {
            CqlMetrics.Applied(state.Metadata.AppliedIndex);
            _listeners.Publish(changes);
            _applied.Publish(state.Metadata);
        }

        if (state.Committed.Fault is { } fault)
        {
            _applied.Fail(fault);
        }
    }

    public void Learn(TabletHint hint) => _hints.Add(hint);

    public HandoverTally? TallyOf(long handover) => _handovers.TallyOf(handover);

    public void Abandon(IPooledConnection connection) => Own(((CqlConnection)connection).DisposeAsync().AsTask());

    public async ValueTask DisposeAsync()
    {
        _listeners.End();
        _applied.Fail(new ObjectDisposedException(nameof(CqlCluster)));
        _handovers.End();
        await _hints.DisposeAsync().ConfigureAwait(false);
        foreach (var timer in _timers.Values)
        {
            await timer.DisposeAsync().ConfigureAwait(false);
        }

        while (_tasks.Keys.FirstOrDefault() is { } task)
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _tasks.TryRemove(task, out _);
        }

        if (_monitor is not null)
        {
            await _monitor.EndAsync().ConfigureAwait(false);
            await _sources.SystemTables!.DisposeAsync().ConfigureAwait(false);
        }

        _dials.Dispose();
        if (_settings.Connections.Names is RouteNames names)
        {
            await names.DisposeAsync().ConfigureAwait(false);
        }
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

    private void OnHandoverEnded(HandoverSnapshot ended)
    {
        if (ended.Pause is { } pause && pause > _settings.Handover.PauseBudget)
        {
            Log.HandoverPauseOverBudget(_logger, ended.Id, ended.HostId, pause, _settings.Handover.PauseBudget);
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
