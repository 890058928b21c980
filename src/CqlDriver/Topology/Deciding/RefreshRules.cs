using System.Collections.Immutable;

namespace CqlDriver.Topology;

/// <summary>
/// When the nodes are read, and who is answered by it. One full refresh at a time; what becomes due while it runs stays
/// planned, because it may have read before the event; of two that events ask for, the second waits for the window's end. A
/// waiter is answered by a refresh that started after he asked, never by an earlier one.
/// </summary>
internal static class RefreshRules
{
    private const int MaxTears = 3;
    private static readonly EffectKey ReadKey = new(EffectKind.ReadNodes);
    private static readonly EffectKey DueKey = new(EffectKind.Timer) { Timer = TimerPurpose.RefreshDue };
    private static readonly EffectKey PeriodicKey = new(EffectKind.Timer) { Timer = TimerPurpose.PeriodicRefresh };
    private static readonly EffectKey FirstLimitKey = new(EffectKind.Timer) { Timer = TimerPurpose.FirstRefreshLimit };

    /// <summary>
    /// An event or a suspicion asks for a refresh: at once when the last one is long ago, else at the window's end. Rows and
    /// events come in either order, up to a second apart: so it is read once more some time after.
    /// </summary>
    public static ControlState Hint(ControlState state, StepDraft step)
    {
        state = state with { Refresh = state.Refresh with { IsEchoWanted = true } };
        return Want(state, step, (state.Refresh.LastStart ?? -step.Settings.EventWindow) + step.Settings.EventWindow);
    }

    /// <summary>Plans a refresh that starts no sooner than <paramref name="notBefore"/>.</summary>
    public static ControlState Want(ControlState state, StepDraft step, TimeSpan notBefore)
    {
        if (state.Refresh.Running is not null)
        {
            return state with { Refresh = state.Refresh with { IsPlanned = true, DueAt = Earliest(state.Refresh, notBefore) } };
        }

        if (!NodeSources.CanRead(state, step))
        {
            return MonitorRules.OnNothingToRead(state, step);
        }

        if (notBefore <= step.Now)
        {
            return Start(state, step);
        }

        return state.Refresh.IsPlanned && state.Refresh.DueAt <= notBefore ? state : Plan(state, step, notBefore);
    }

    /// <summary>Starts a refresh; it swallows what was planned before it.</summary>
    public static ControlState Start(ControlState state, StepDraft step)
    {
        state = CancelPlanned(state, step);
        var number = state.Refresh.Started + 1;
        state = state with { Refresh = state.Refresh with { Started = number, LastStart = step.Now } };
        return Ask(state, step, number, tears: 0);
    }

    public static ControlState CancelPlanned(ControlState state, StepDraft step)
    {
        var tickets = state.Tickets.Find(DueKey) is { } due ? state.Tickets.Revoke(step, due) : state.Tickets;
        return state with { Tickets = tickets, Refresh = state.Refresh with { IsPlanned = false } };
    }

    public static ControlState OnDue(ControlState state, StepDraft step) =>
        Want(state with { Refresh = state.Refresh with { IsPlanned = false } }, step, step.Now);

    public static ControlState OnFirstLimit(ControlState state, StepDraft step) =>
        FailFirstWaiters(state, step, NodeSources.Unreachable(state, state.Control.Round?.Failures ?? [], step.Settings));

    public static ControlState OnRequested(ControlState state, StepDraft step, RefreshRequested input)
    {
        if (state.IsShuttingDown)
        {
            step.Start(new AnswerWaiters([input.Waiter], new ObjectDisposedException(nameof(TopologyLoop))));
            return state;
        }

        if (input.IsFirst && state.Metadata.AppliedIndex > 0)
        {
            step.Start(new AnswerWaiters([input.Waiter], null));
            return state;
        }

        // The very first refresh may be running already: it answers a first wait, whoever came first.
        var after = input.IsFirst ? 0 : state.Refresh.Started;
        state = state with { Waiters = state.Waiters.Add(new RefreshWaiter(input.Waiter, after, input.IsFirst)) };
        return input.IsFirst ? StartTimer(state, step, FirstLimitKey, step.Settings.FirstRefreshLimit) : Want(state, step, step.Now);
    }

    public static ControlState OnAbandoned(ControlState state, RefreshAbandoned input) =>
        state with { Waiters = state.Waiters.RemoveAll(waiter => waiter.Id == input.Waiter), Schema = state.Schema.WithoutWaiter(input.Waiter) };

    public static ControlState OnRead(ControlState state, StepDraft step, NodesRead input)
    {
        state = Pass(state, step, input.Ticket, out var running);
        if (running is null || !NodeSources.CanRead(state, step))
        {
            return state;
        }

        if (IsTorn(input) && step.Defends(Race.TornRead))
        {
            return running.Tears + 1 < MaxTears
                ? Ask(state, step, running.Number, running.Tears + 1)
                : NodeSources.Fail(state, step, "system.local changed each time while the peers were read", null);
        }

        return Take(NodeSources.Identify(state, input), step, input, running);
    }

    /// <summary>Takes a list of nodes in, and answers whoever waits for one.</summary>
    public static ControlState Take(ControlState state, StepDraft step, NodesRead input, RunningRefresh running)
    {
        var (next, problem) = NodeListRules.Apply(state, step, input, running);
        if (problem is not null)
        {
            return NodeSources.Fail(state, step, problem, null);
        }

        next = Succeed(next, step, running, isDirectory: input.IsWhole && step.Settings.Monitor is null);
        return SchemaRules.Follow(next, step, next.Schema.WithVersion(input.Local?.SchemaVersion, NodeSources.Refreshes(next) == 1, step.Now));
    }

    public static ControlState OnReadFailed(ControlState state, StepDraft step, NodesReadFailed input)
    {
        state = Pass(state, step, input.Ticket, out var running);
        return (running is null && step.Defends(Race.OldControlConnection)) || !NodeSources.CanRead(state, step) ? state : NodeSources.Fail(state, step, input.Error.Message, input.Error);
    }

    /// <summary>Wrong credentials do not get right by waiting.</summary>
    public static ControlState FailFirstWaitersIfRefused(ControlState state, StepDraft step, ImmutableArray<ContactFailure> failures)
    {
        var refused = failures.FirstOrDefault(failure => failure.Error is CqlAuthenticationException);
        return refused is null ? state : FailFirstWaiters(state, step, NodeSources.Unreachable(state, failures, step.Settings));
    }

    /// <summary>Tells everybody who waits, of whatever kind, that it went wrong.</summary>
    public static ControlState FailAll(ControlState state, StepDraft step, Exception error)
    {
        Answer(step, [.. state.Waiters.Select(waiter => waiter.Id)], error);
        return state with { Waiters = [] };
    }

    private static ControlState Succeed(ControlState state, StepDraft step, RunningRefresh running, bool isDirectory)
    {
        var answered = state.Waiters.Where(waiter => waiter.AfterRefresh < running.Number).Select(waiter => waiter.Id).ToImmutableArray();
        Answer(step, answered, null);
        state = NodeSources.Count(state with { Waiters = state.Waiters.RemoveAll(waiter => waiter.AfterRefresh < running.Number) }, step);
        if (state.Tickets.Find(FirstLimitKey) is { } limit)
        {
            state = state with { Tickets = state.Tickets.Revoke(step, limit) };
        }

        if (step.Settings.RefreshInterval is { } interval)
        {
            state = StartTimer(state, step, PeriodicKey, isDirectory && step.Settings.DirectoryInterval < interval ? step.Settings.DirectoryInterval : interval);
        }

        return GoOn(state, step);
    }

    /// <summary>What became due while a refresh ran; a waiter that came meanwhile is due at once.</summary>
    private static ControlState GoOn(ControlState state, StepDraft step)
    {
        if (state.Refresh.Running is not null)
        {
            // The rows themselves asked for another one, in this step: it began after everybody who waits asked.
            return state;
        }

        if (!state.Waiters.IsEmpty)
        {
            return Start(state, step);
        }

        if (state.Refresh is { IsEchoWanted: true, IsPlanned: false })
        {
            state = state with { Refresh = state.Refresh with { IsEchoWanted = false } };
            return Want(state, step, step.Now + step.Settings.EchoDelay);
        }

        return state.Refresh.IsPlanned ? Want(state with { Refresh = state.Refresh with { IsPlanned = false } }, step, state.Refresh.DueAt) : state;
    }

    private static ControlState Ask(ControlState state, StepDraft step, long number, int tears)
    {
        var tickets = state.Tickets.Issue(step, EffectTicket.Cluster, ReadKey, null, out var ticket);
        step.Start(NodeSources.Reading(state, step, ticket!));
        return state with { Tickets = tickets, Refresh = state.Refresh with { Running = new RunningRefresh(number, ticket!, step.Now, tears) } };
    }

    public static ControlState Plan(ControlState state, StepDraft step, TimeSpan dueAt)
    {
        state = CancelPlanned(state, step);
        state = StartTimer(state, step, DueKey, dueAt - step.Now);
        return state with { Refresh = state.Refresh with { IsPlanned = true, DueAt = dueAt } };
    }

    private static ControlState StartTimer(ControlState state, StepDraft step, EffectKey key, TimeSpan dueIn)
    {
        var tickets = state.Tickets.Issue(step, EffectTicket.Cluster, key, null, out var ticket);
        if (ticket is not null)
        {
            step.Start(new StartTimer(ticket, dueIn));
        }

        return state with { Tickets = tickets };
    }

    /// <summary>Read at two moments: what was said of the node itself changed in between.</summary>
    private static bool IsTorn(NodesRead input) =>
        input is { Local: { } before, LocalAgain: { } after }
        && (before.HostId != after.HostId || !Equals(before.Address, after.Address) || before.Port != after.Port);

    private static ControlState Pass(ControlState state, StepDraft step, EffectTicket ticket, out RunningRefresh? running)
    {
        var tickets = FenceGate.Pass(state.Tickets, step, ticket, null, out var isAdmitted);
        running = isAdmitted ? state.Refresh.Running
            : step.Defends(Race.RefreshOrder) ? null
            : new RunningRefresh(state.Refresh.Started, ticket, step.Now, 0);
        return state with { Tickets = tickets, Refresh = isAdmitted ? state.Refresh with { Running = null } : state.Refresh };
    }

    private static ControlState FailFirstWaiters(ControlState state, StepDraft step, Exception error)
    {
        Answer(step, [.. state.Waiters.Where(waiter => waiter.IsFirst).Select(waiter => waiter.Id)], error);
        var tickets = state.Tickets.Find(FirstLimitKey) is { } limit ? state.Tickets.Revoke(step, limit) : state.Tickets;
        return state with { Tickets = tickets, Waiters = state.Waiters.RemoveAll(waiter => waiter.IsFirst) };
    }

    public static void Answer(StepDraft step, ImmutableArray<long> waiters, Exception? error)
    {
        if (!waiters.IsEmpty)
        {
            step.Start(new AnswerWaiters(waiters, error));
        }
    }

    private static TimeSpan Earliest(RefreshSchedule refresh, TimeSpan dueAt) => refresh.IsPlanned && refresh.DueAt < dueAt ? refresh.DueAt : dueAt;
}
