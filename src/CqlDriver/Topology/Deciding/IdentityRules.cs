using System.Collections.Immutable;

namespace CqlDriver.Topology;

/// <summary>
/// Somebody unknown stands at a node's endpoint. Usually the node was replaced. But a cluster can give all its nodes other
/// host ids while they run: then a connection that has been open all the time tells the new one, and it is the same node.
/// So where a connection is open it is asked before anything is closed; all that one refresh raised is decided in one batch.
/// </summary>
internal static class IdentityRules
{
    private const int MaxDenials = 3;
    private static readonly EffectKey LimitKey = new(EffectKind.Timer) { Timer = TimerPurpose.IdentityLimit };

    /// <summary>Whether it has to be asked first who is there.</summary>
    public static bool IsDoubtful(ControlState state, StepDraft step, HostId former) =>
        step.Defends(Race.Reidentified) && state.HasOpenConnection(former) && !(state.Doubts.GetValueOrDefault(former)?.Denials >= MaxDenials);

    /// <summary>The doubts of a refresh; those that it does not raise any more are gone.</summary>
    public static ControlState Doubt(ControlState state, StepDraft step, SortedDictionary<HostId, Node> newcomers)
    {
        var doubts = ImmutableSortedDictionary.CreateBuilder<HostId, IdentityDoubt>();
        foreach (var (former, newcomer) in newcomers)
        {
            var denials = state.Doubts.TryGetValue(former, out var known) && known.Newcomer.HostId == newcomer.HostId ? known.Denials : 0;
            doubts.Add(former, new IdentityDoubt(state.GenerationOf(former), newcomer, denials, null));
        }

        state = state with { Doubts = doubts.ToImmutable() };
        if (state.Doubts.IsEmpty)
        {
            return CancelLimit(state, step);
        }

        step.Follow(new IdentityQuestioned([.. state.Doubts.Keys]));
        var tickets = state.Tickets.Issue(step, EffectTicket.Cluster, LimitKey, null, out var limit);
        if (limit is not null)
        {
            step.Start(new StartTimer(limit, step.Settings.IdentityLimit));
        }

        return state with { Tickets = tickets };
    }

    public static ControlState OnTold(ControlState state, StepDraft step, IdentityTold input)
    {
        if (input.Ticket.Fence is not { } fence || !state.Doubts.TryGetValue(fence.HostId, out var doubt) || state.GenerationOf(fence.HostId) != fence.Generation
            || (input.HostId != doubt.Newcomer.HostId && input.HostId != fence.HostId))
        {
            return state;
        }

        // One that tells the new host id is proof, whatever another one said.
        doubt = doubt with { IsSame = doubt.IsSame == true || input.HostId == doubt.Newcomer.HostId };
        return Conclude(state with { Doubts = state.Doubts.SetItem(fence.HostId, doubt) }, step);
    }

    /// <summary>Decides when all are answered, or have no connection left that could answer.</summary>
    public static ControlState Conclude(ControlState state, StepDraft step) =>
        state.Doubts.IsEmpty || state.Doubts.Any(doubt => doubt.Value.IsSame is null && state.HasOpenConnection(doubt.Key)) ? state : Decide(state, step);

    /// <summary>Who has not answered by now is taken for replaced.</summary>
    public static ControlState OnLimit(ControlState state, StepDraft step) => state.Doubts.IsEmpty ? state : Decide(state, step);

    private static ControlState Decide(ControlState state, StepDraft step)
    {
        var changes = ImmutableArray.CreateBuilder<TopologyChange>();
        var denied = ImmutableSortedDictionary.CreateBuilder<HostId, IdentityDoubt>();
        foreach (var (former, doubt) in state.Doubts)
        {
            if (!state.Metadata.TryGetNode(former, out var node))
            {
                continue;
            }

            if (node.Generation != doubt.Generation)
            {
                // It has another life than the one that was asked: another node may have that endpoint by now, and the rows tell, or the log does.
                state = CommittedLogRules.Again(RefreshRules.Hint(state, step), step);
                continue;
            }

            if (doubt.IsSame == false)
            {
                denied.Add(former, doubt with { Denials = doubt.Denials + 1, IsSame = null });
                continue;
            }

            var newcomer = doubt.IsSame == true
                ? doubt.Newcomer with { Ordinal = node.Ordinal, Status = node.Status, Sharding = node.Sharding }
                : doubt.Newcomer;
            changes.Add(doubt.IsSame == true ? new NodeReidentified(former, newcomer) : new NodeReplaced(former, newcomer));
            var health = new NodeHealth(newcomer.Generation) { Forced = doubt.IsSame == true ? state.Health.GetValueOrDefault(former)?.Forced : null };
            state = HandoverRules.Drop(state, step, former, "it has another host id now", changes);
            state = state with { Health = state.Health.Remove(former).SetItem(newcomer.HostId, health) };
        }

        step.Change(changes.ToImmutable());
        state = CancelLimit(state with { Doubts = denied.ToImmutable() }, step);
        return denied.Count == 0 ? state : RefreshRules.Want(state, step, step.Now + step.Settings.RemovalDoubt);
    }

    private static ControlState CancelLimit(ControlState state, StepDraft step) =>
        state.Tickets.Find(LimitKey) is { } limit ? state with { Tickets = state.Tickets.Revoke(step, limit) } : state;
}
