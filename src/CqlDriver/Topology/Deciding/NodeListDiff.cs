using System.Collections.Immutable;

namespace CqlDriver.Topology;

/// <summary>
/// Compares the nodes as they are with the nodes as they are to be, by host id, and says what has to change. The counters of
/// a life that ends here end here too.
/// </summary>
internal static class NodeListDiff
{
    public static ControlState Add(
        ControlState state, StepDraft step, SortedDictionary<HostId, NodeTarget> targets, ImmutableArray<TopologyChange>.Builder changes)
    {
        var health = state.Health.ToBuilder();
        var replacements = new SortedSet<HostId>();
        foreach (var node in state.Metadata.Nodes)
        {
            if (!targets.ContainsKey(node.HostId))
            {
                health.Remove(node.HostId);
                changes.Add(Departure(state, step, node, targets, replacements));
            }
        }

        foreach (var target in targets.Values)
        {
            if (state.Metadata.TryGetNode(target.HostId, out var node))
            {
                Compare(step, node, target, changes, health);
            }
            else if (!replacements.Contains(target.HostId))
            {
                changes.Add(new NodeJoined(Newcomer(step, target)));
            }
        }

        foreach (var change in changes)
        {
            if (change is NodeJoined { Node: var joined })
            {
                health[joined.HostId] = new NodeHealth(joined.Generation);
            }
            else if (change is NodeReplaced { Node: var successor })
            {
                health[successor.HostId] = new NodeHealth(successor.Generation);
            }
        }

        return state with { Health = health.ToImmutable() };
    }

    /// <summary>It left; or somebody unknown so far stands at its endpoint, and it was replaced.</summary>
    private static NodeChange Departure(
        ControlState state, StepDraft step, Node node, SortedDictionary<HostId, NodeTarget> targets, SortedSet<HostId> replacements)
    {
        foreach (var target in targets.Values)
        {
            if (node.Endpoint is { } endpoint && endpoint.Equals(target.Endpoint) && !state.Metadata.TryGetNode(target.HostId, out _))
            {
                replacements.Add(target.HostId);
                return new NodeReplaced(node.HostId, Newcomer(step, target));
            }
        }

        return new NodeLeft(node.HostId);
    }

    private static void Compare(
        StepDraft step,
        Node node,
        NodeTarget target,
        ImmutableArray<TopologyChange>.Builder changes,
        ImmutableSortedDictionary<HostId, NodeHealth>.Builder health)
    {
        if (!Equals(node.Endpoint, target.Endpoint))
        {
            // Once a verified connection to the new endpoint is wanted before the old one is given up, that begins here.
            var generation = step.NextGeneration();
            changes.Add(new NodeMoved(node.HostId, node.Endpoint, target.Endpoint, generation));
            health[node.HostId] = new NodeHealth(generation) { Forced = health.GetValueOrDefault(node.HostId)?.Forced };
        }

        if (target.State is { } state && state != node.State)
        {
            changes.Add(state == TopologyState.Normal ? new NodePromoted(node.HostId) : new NodeDemoted(node.HostId));
        }

        if (target.Row is not { } row)
        {
            return;
        }

        if (node.OwnsTokens != target.OwnsTokens || !node.Tokens.SequenceEqual(row.Tokens))
        {
            changes.Add(new TokensChanged(node.HostId, row.Tokens, target.OwnsTokens));
        }

        var attributes = Attributes(row);
        if (attributes != new NodeAttributes(node.Datacenter, node.Rack, node.ReleaseVersion, node.SchemaVersion))
        {
            changes.Add(new NodeAttributesChanged(node.HostId, attributes));
        }
    }

    private static Node Newcomer(StepDraft step, NodeTarget target)
    {
        var attributes = Attributes(target.Row!);
        return new Node(target.HostId)
        {
            Endpoint = target.Endpoint,
            Generation = step.NextGeneration(),
            Datacenter = attributes.Datacenter,
            Rack = attributes.Rack,
            ReleaseVersion = attributes.ReleaseVersion,
            SchemaVersion = attributes.SchemaVersion,
            Tokens = target.Row!.Tokens,
            OwnsTokens = target.OwnsTokens,
            State = target.State ?? TopologyState.Normal,
        };
    }

    private static NodeAttributes Attributes(NodeRow row) => new(row.Datacenter, row.Rack, row.ReleaseVersion, row.SchemaVersion);
}
