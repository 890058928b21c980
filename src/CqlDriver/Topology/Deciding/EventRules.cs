using System.Collections.Immutable;

namespace CqlDriver.Topology;

/// <summary>
/// What the server's events do. An event names an address, and addresses change hands: it never removes a node and never
/// downs one that is connected. It is a hint to read the nodes again; sessions take it as a hint to dial at once.
/// </summary>
internal static class EventRules
{
    public static ControlState OnEvents(ControlState state, StepDraft step, EventsObserved input)
    {
        if (state.Control is not ControlPhase.Ready ready || ready.Connection.Id != input.ConnectionId)
        {
            step.Start(new CountDrop(EffectKind.ReadNodes));
            return state;
        }

        foreach (var schema in input.Schema)
        {
            step.Change(new SchemaChanged(schema.Change, schema.Target, schema.Keyspace, schema.Name));
        }

        state = ClientRouteRules.OnEvents(state, step, input);
        var pacing = step.Settings.SchemaPacing;
        state = SchemaRules.Follow(state, step, state.Schema.WithChanges(input.HasOverflowed ? pacing.MaxEvents : input.Schema.Length, pacing, step.Now));

        // A cluster that begins to keep its metadata itself gives its nodes other host ids, and says no more than this.
        var isRefreshDue = input.HasOverflowed || input.Schema.Any(static schema => schema.Keyspace == "system_cluster_metadata");
        return step.Settings.Monitor is null ? Take(state, step, input.Hints, isRefreshDue) : state;
    }

    /// <summary>Hints about nodes, whoever gives them.</summary>
    public static ControlState Take(ControlState state, StepDraft step, ImmutableArray<NodeHint> hints, bool isRefreshDue)
    {
        foreach (var hint in hints)
        {
            var node = state.Metadata.TryGetHostId(hint.Endpoint, out var hostId) && state.Metadata.TryGetNode(hostId, out var known) ? known : null;
            isRefreshDue |= IsRefreshDue(hint.Kind, node);
            if (node is not null && hint.Kind is (NodeHintKind.Up or NodeHintKind.Down))
            {
                NodeHealthRules.OnHint(state, step, node, hint.Kind == NodeHintKind.Up);
            }
        }

        return isRefreshDue ? RefreshRules.Hint(state, step) : state;
    }

    private static bool IsRefreshDue(NodeHintKind kind, Node? node) => kind switch
    {
        // A node restarted at another address announces nothing else than that it is up.
        NodeHintKind.Up => true,
        NodeHintKind.Removed => true,
        NodeHintKind.Added => node is not { State: TopologyState.Normal },
        NodeHintKind.Down => node is not null,
    };
}
