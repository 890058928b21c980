using System.Collections.Immutable;
using CqlDriver.Partitioning;
using CqlDriver.Schema;

namespace CqlDriver.Topology;

/// <summary>
/// What becomes of hints about tablets. An answer may come long after its request was routed: it must not undo what became
/// known since. A hint that names a node nobody has heard of is kept, and the nodes are read; if it is still unknown then, the
/// tablet is forgotten. Servers tell no stage of a move, so everything here is learnt late, and wrong at most once per request.
/// </summary>
internal static class TabletRules
{
    public static ControlState Take(ControlState state, StepDraft step, TopologyInput input) => input switch
    {
        TabletsHinted hinted => Learn(state, step, hinted.Hints),
        MisrouteTold told => OnMisroute(state, step, told),
        RingsBuilt built => RingRules.OnBuilt(state, step, built),
        _ => state,
    };

    /// <summary>Refuted is what is known of the range, not that it may be told anew; whoever waits goes on when there is something better to go by.</summary>
    private static ControlState OnMisroute(ControlState state, StepDraft step, MisrouteTold input)
    {
        var refutes = state.Metadata.Routing.Tables.GetValueOrDefault(input.Scope)?.Find(input.Token) is { Range: { } range, ChangedAt: var position } && position <= input.RoutedAt
            ? range
            : (TokenRange?)null;
        if (input.Hint is { } hint)
        {
            RefreshRules.Answer(step, [input.Waiter], null);
            return Learn(state, step, [hint]);
        }

        if (refutes is { } known)
        {
            step.Change(new RangesDropped(input.Scope, known));
        }

        return RefreshRules.OnRequested(state, step, new RefreshRequested(input.Waiter, IsFirst: false));
    }

    /// <summary>
    /// After every step; quick when no replica is doubted. A refresh that began after a hint shows the nodes: those that are
    /// still unknown then are none.
    /// </summary>
    public static ControlState Follow(ControlState state, Metadata metadata, StepDraft step)
    {
        if (state.Routing.Schema is { } before && !ReferenceEquals(before, metadata.Schema))
        {
            SchemaRanges.Drop(before, metadata, step);
            if (SchemaRanges.HasMore(before, metadata.Schema))
            {
                state = state with { Routing = state.Routing with { Floor = metadata.AppliedIndex } };
            }
        }

        if (state.Routing.Doubted.IsEmpty)
        {
            return state;
        }

        var refreshes = NodeSources.Refreshes(state);
        var applied = refreshes > state.Routing.Refreshes ? state.Routing.Running : 0;
        var doubted = state.Routing.Doubted;
        foreach (var (hostId, begun) in state.Routing.Doubted)
        {
            var isKnown = metadata.TryGetNode(hostId, out _);
            if (!isKnown && applied > begun)
            {
                Forget(metadata.Routing, step, hostId);
            }

            doubted = isKnown || applied > begun ? doubted.Remove(hostId) : doubted;
        }

        return state with { Routing = state.Routing with { Doubted = doubted, Refreshes = refreshes, Running = state.Refresh.Running?.Number ?? state.Refresh.Started } };
    }

    private static ControlState Learn(ControlState state, StepDraft step, ImmutableArray<TabletHint> hints)
    {
        var changes = ImmutableArray.CreateBuilder<TopologyChange>();
        var strangers = ImmutableSortedSet.CreateBuilder<HostId>();
        foreach (var hint in hints)
        {
            if (!IsNews(state, step, hint))
            {
                continue;
            }

            var isLed = IsLed(state.Metadata.Schema, hint);
            changes.Add(new RangeReassigned(hint.Scope, hint.Range)
            {
                Replicas = hint.Replicas,
                Version = hint.Version,
                Leader = isLed ? hint.Replicas[0].HostId : null,
                IsStronglyConsistent = isLed,
                Former = KnownOf(state.Metadata.Routing, hint) is { } known && known.Range == hint.Range ? known.Replicas : [],
                Astray = hint.Astray,
            });
            strangers.UnionWith(hint.Replicas.Select(static replica => replica.HostId).Where(hostId => !state.Metadata.TryGetNode(hostId, out _)));
        }

        step.Change(changes.ToImmutable());
        return strangers.Count == 0 ? state : Doubt(state, step, strangers);
    }

    private static bool IsNews(ControlState state, StepDraft step, TabletHint hint)
    {
        var metadata = state.Metadata;
        if (metadata.Schema.IsRead && !Has(metadata.Schema, hint.Scope))
        {
            return false;
        }

        if (hint.RoutedAt < Math.Max(state.Routing.Floor, metadata.Routing.NewestChange(hint.Scope, hint.Range)) && step.Defends(Race.LateTabletHint))
        {
            step.Start(new CountDrop(EffectKind.TabletHint));
            return false;
        }

        return KnownOf(metadata.Routing, hint) is not { } known || !hint.IsSameAs(known);
    }

    private static ReplicaGroup? KnownOf(RoutingMetadata routing, TabletHint hint) => routing.Tables.GetValueOrDefault(hint.Scope)?.Find(hint.Range.Last);

    /// <summary>A table that was dropped has no tablets, however late the answer.</summary>
    private static bool Has(SchemaMetadata schema, RoutingScope scope) =>
        schema.Keyspaces.TryGetValue(scope.Keyspace, out var keyspace) && (keyspace.Tables.ContainsKey(scope.Table!) || keyspace.Views.ContainsKey(scope.Table!));

    /// <summary>Where requests are served by leaders, the replica that is named first is it (tablets V2).</summary>
    private static bool IsLed(SchemaMetadata schema, TabletHint hint) =>
        hint.Version is not null && schema.Keyspaces.TryGetValue(hint.Scope.Keyspace, out var keyspace) && keyspace.IsStronglyConsistent;

    private static ControlState Doubt(ControlState state, StepDraft step, ImmutableSortedSet<HostId>.Builder strangers)
    {
        var doubted = state.Routing.Doubted;
        foreach (var stranger in strangers)
        {
            doubted = doubted.SetItem(stranger, state.Refresh.Started);
        }

        return RefreshRules.Hint(state with { Routing = state.Routing with { Doubted = doubted, Refreshes = NodeSources.Refreshes(state) } }, step);
    }

    private static void Forget(RoutingMetadata routing, StepDraft step, HostId hostId)
    {
        var forgotten = routing.Tables.SelectMany(entry => entry.Value.Groups
            .Where(group => group.Range is not null && group.HasReplica(hostId))
            .Select(group => (TopologyChange)new RangesDropped(entry.Key, group.Range)));
        step.Change(forgotten.ToImmutableArray());
    }
}
