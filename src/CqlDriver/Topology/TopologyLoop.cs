using System.Collections.Immutable;
using System.Diagnostics;
using System.Threading.Channels;
using CqlDriver.Connections;
using CqlDriver.Diagnostics;
using Microsoft.Extensions.Logging;

namespace CqlDriver.Topology;

/// <summary>
/// The only writer of everything the driver knows about the cluster: one reader of one channel.
/// </summary>
/// <remarks>
/// <para>A step is synchronous and always the same: decide, evolve, participants decide (all of it return values, nothing has
/// changed yet), append to the log, publish the snapshot and each session's view, tell listeners, start effects. Nothing runs
/// between decide and publish; no user code runs in a step but a policy's pure methods, guarded. Whatever takes time is an
/// effect, and comes back as an input.</para>
/// <para>Any thread may post and read <see cref="Current"/>. <see cref="Step"/> is called by the pump, or by a simulation
/// that is the pump. The channel is unbounded because every producer is bounded: one refresh in flight, events merged into
/// one waiting input, one input per change of a connection, one answer per ticket.</para>
/// <para>An exception before the append has changed nothing: it is a fault. It is logged once, the last good view serves on,
/// whoever waits is told, the connection that the input brought is closed, and everything is read anew after a pause.</para>
/// <para>The end: when a shutdown was asked for, no session is left and no ticket is out, the channel is completed. What
/// cannot be posted any more closes what it brought.</para>
/// </remarks>
internal sealed class TopologyLoop : IAsyncDisposable
{
    private readonly Channel<Posted> _inputs = Channel.CreateUnbounded<Posted>(
        new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = false });

    private readonly TopologySettings _settings;
    private readonly IEffectRunner _effects;
    private readonly ILogger _logger;
    private readonly TopologyLog _log;
    private readonly Queue<TopologyInput> _followUps = new();
    private readonly long _began;

    private ControlState _state;
    private Metadata _current = Metadata.Empty;
    private ImmutableArray<ITopologyParticipant> _participants = [];
    private Exception? _fault;
    private bool _isStepping;
    private ITimer? _sweep;
    private Task _pump = Task.CompletedTask;

    public TopologyLoop(TopologySettings settings, IEffectRunner effects)
    {
        _settings = settings;
        _effects = effects;
        _logger = settings.Connections.Logger;
        _log = new TopologyLog(settings.LogCapacity);
        _began = settings.Time.GetTimestamp();
        _state = new ControlState { RandomState = settings.RandomSeed, Routes = settings.ClientRoutes is { } routes ? new ClientRouteState(routes) : null };
        settings.Recorder?.Attach(settings);
    }

    /// <summary>The cluster as it is known now. Pairs with the write in <see cref="Publish"/>.</summary>
    public Metadata Current => Volatile.Read(ref _current);

    /// <summary>The last fault, until a refresh has succeeded after it; null when there is none.</summary>
    public Exception? Fault => Volatile.Read(ref _fault);

    public TopologyLog Log => _log;

    /// <summary>For tests and simulations: what the rules remember.</summary>
    internal ControlState State => _state;

    /// <summary>Time since the loop began.</summary>
    public TimeSpan Elapsed => _settings.Time.GetElapsedTime(_began);

    /// <summary>Begins to take inputs.</summary>
    public void Start()
    {
        using (ExecutionContext.SuppressFlow())
        {
            _pump = PumpAsync();
        }

        var interval = _settings.TicketSweepInterval;
        _sweep = _settings.Time.CreateTimer(static loop => ((TopologyLoop)loop!).TryPost(new TicketSweepDue()), this, interval, interval);
        TryPost(new Started());
    }

    /// <summary>Hands over an input. False: the loop has ended, and the caller closes what it brought.</summary>
    public bool TryPost(TopologyInput input) => _inputs.Writer.TryWrite(new Posted(input with { At = Elapsed }, null));

    /// <summary>Says that events wait in a buffer; they are taken out, merged, when it is their turn.</summary>
    public void PostEvents(Func<TopologyInput> events) => _inputs.Writer.TryWrite(new Posted(null, events));

    /// <summary>One step. Not re-entrant, one at a time.</summary>
    internal void Step(TopologyInput input)
    {
        Debug.Assert(!_isStepping, "A step within a step: always post.");
        _isStepping = true;
        var hasFailed = false;
        _settings.Recorder?.Begin(input, _current);
        try
        {
            for (TopologyInput? next = input; next is not null; next = TakeFollowUp())
            {
                hasFailed |= !TryTake(next);
            }
        }
        finally
        {
            _settings.Recorder?.End(hasFailed);
            _isStepping = false;
        }
    }

    /// <summary>Waits until everything asked for before has been taken and the loop has ended. Sessions are detached by their owners first.</summary>
    public async ValueTask DisposeAsync()
    {
        TryPost(new ShutdownRequested());
        await _pump.ConfigureAwait(false);
        if (_sweep is not null)
        {
            await _sweep.DisposeAsync().ConfigureAwait(false);
        }
    }

    private TopologyInput? TakeFollowUp() => _followUps.TryDequeue(out var followUp) ? followUp : null;

    private bool TryTake(TopologyInput input)
    {
        try
        {
            Take(input);
            return true;
        }
#pragma warning disable CA1031 // Whatever it is, nothing was published: the last good view serves on, and the fault is told.
        catch (Exception error) when (!_settings.StopsAtFaults)
#pragma warning restore CA1031
        {
            OnFault(input, error);
            return false;
        }
    }

    private void Take(TopologyInput input)
    {
        var began = CqlMetrics.MeasuresSteps ? _settings.Time.GetTimestamp() : 0;
        var step = new StepDraft(_settings, _state, input.At > _state.Now ? input.At : _state.Now);
        var decided = TopologyDecider.Decide(_state, input, step);
        var interim = MetadataEvolver.Apply(_state.Metadata, step.Changes);
        var participants = input is SessionAttached attached ? _participants.Add(attached.Participant) : _participants;
        var decisions = Decide(participants, new TopologyStep(input, Parts(step.Changes), interim, step));
        var answered = decided with { Metadata = interim };
        answered = TopologyDecider.Conclude(answered, interim, decisions, step);
        var next = MetadataEvolver.Apply(_state.Metadata, step.Changes);
        for (var i = 0; i < participants.Length; i++)
        {
            decisions[i] = participants[i].Prepare(decisions[i], next, step);
        }

        _log.Append(step.Changes, step.Now);                        // from here on nothing fails
        _state = answered with
        {
            Metadata = next,
            Now = step.Now,
            LastId = step.LastId,
            LastGeneration = step.LastGeneration,
            RandomState = step.RandomState,
            Routes = step.Routes,
        };
        _settings.Recorder?.Decided(step.Changes, step.Now);
        Publish(next, participants, decisions);
        Tell(step.Changes, input);
        foreach (var effect in step.Effects)
        {
            _effects.Start(effect);
        }

        foreach (var followUp in step.FollowUps)
        {
            _followUps.Enqueue(followUp with { At = step.Now });
        }

        if (_state is { IsShuttingDown: true, Tickets.IsEmpty: true } && _participants.IsEmpty)
        {
            _inputs.Writer.TryComplete();
        }

        if (began != 0)
        {
            CqlMetrics.Stepped(input.GetType().Name, _settings.Time.GetElapsedTime(began));
        }
    }

    private static ParticipantDecision[] Decide(ImmutableArray<ITopologyParticipant> participants, TopologyStep step)
    {
        var decisions = new ParticipantDecision[participants.Length];
        for (var i = 0; i < decisions.Length; i++)
        {
            decisions[i] = participants[i].Decide(step);
        }

        return decisions;
    }

    private void Publish(Metadata next, ImmutableArray<ITopologyParticipant> participants, ParticipantDecision[] decisions)
    {
        Volatile.Write(ref _current, next);
        var staying = ImmutableArray.CreateBuilder<ITopologyParticipant>(participants.Length);
        for (var i = 0; i < decisions.Length; i++)
        {
            participants[i].Publish(decisions[i]);
            if (!decisions[i].HasEnded)
            {
                staying.Add(participants[i]);
            }
        }

        _participants = staying.Count == participants.Length ? participants : staying.ToImmutable();
    }

    private void Tell(IReadOnlyList<TopologyChange> changes, TopologyInput input)
    {
        if (input is EntriesCommitted or FaultOccurred { IsOfCommittedLog: true })
        {
            Volatile.Write(ref _fault, _state.Committed.Fault);
        }
        else if (input is NodesRead && Fault is not null && NodeSources.Refreshes(_state) > 0)
        {
            Volatile.Write(ref _fault, null);
        }

        _effects.Tell(changes, _state);
    }

    private void OnFault(TopologyInput input, Exception error)
    {
        Volatile.Write(ref _fault, error);
        _followUps.Clear();
        CqlMetrics.Faulted(input.GetType().Name);
        Diagnostics.Log.TopologyFault(_logger, input.GetType().Name, error);
        if (input.Brings is { } connection)
        {
            _effects.Abandon(connection);
        }

        // A fault while a fault is handled would go round for ever; what it left is taken up by the next input, or the sweep.
        if (input is EffectAnswer { IsSubstitute: false } answer)
        {
            TryPost(EffectAnswer.Failed(answer.Ticket, error));
        }

        if (input is EntriesCommitted entries)
        {
            // At once: what comes after the entry that was not applied finds the fault there.
            _followUps.Enqueue(new FaultOccurred(error, IsOfCommittedLog: true) { At = input.At });
            _followUps.Enqueue(entries with { From = entries.From + 1 });
        }
        else if (input is not FaultOccurred)
        {
            TryPost(new FaultOccurred(error, IsOfCommittedLog: false));
        }
    }

    private static ImmutableArray<TopologyChange> Parts(IReadOnlyList<TopologyChange> changes) =>
        [.. changes.SelectMany(change => change is ChangeBatch batch ? Parts(batch.Changes) : [change])];

    private async Task PumpAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        CqlMetrics.LoopBegan();
        await foreach (var (input, events) in _inputs.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            Step(input ?? events!() with { At = Elapsed });
        }

        CqlMetrics.LoopEnded();
    }

    /// <summary>An input, or a buffer with events that become one when they are taken.</summary>
    private readonly record struct Posted(TopologyInput? Input, Func<TopologyInput>? Events);
}

/// <summary>Starts effects. Must not fail and must not wait; each ticketed one is answered later by exactly one input.</summary>
internal interface IEffectRunner : IAsyncDisposable
{
    /// <summary>Names the loop that gets the answers, before the first effect.</summary>
    void Serve(TopologyLoop loop);

    void Start(TopologyEffect effect);

    /// <summary>Tells those who want to know what was decided, after it is published. Must not fail and must not wait.</summary>
    void Tell(IReadOnlyList<TopologyChange> changes, ControlState state)
    {
    }

    /// <summary>Where retired pools count what they pass on for a handover; null: nowhere.</summary>
    HandoverTally? TallyOf(long handover) => null;

    /// <summary>What another source than the node itself says of schema agreement; null: nothing.</summary>
    Task<bool?> CheckSchemaAgreementAsync(CancellationToken cancellationToken) => Task.FromResult<bool?>(null);

    /// <summary>Takes in what an answer told of a tablet.</summary>
    void Learn(TabletHint hint) { }

    /// <summary>Closes a connection that nobody has taken.</summary>
    void Abandon(IPooledConnection connection);

    /// <summary>How much work of a kind came home too late so far.</summary>
    long Dropped(EffectKind kind);
}
