namespace CqlDriver.Topology;

/// <summary>
/// Compares the nodes as they are with the nodes as they are to be, by host id, and says what has to change. The counters of
/// a life that ends here end here too.
/// </summary>
internal static class NodeListDiff
{
    public static ControlState Add(ControlState state, StepDraft step, SortedDictionary<HostId, NodeTarget> targets, List<TopologyChange> changes)
    {
        var deferred = Defer(state, targets);
        var doubted = new SortedDictionary<HostId, Node>();
        var replacing = new SortedSet<HostId>();
        foreach (var node in state.Metadata.Nodes)
        {
            if (!targets.ContainsKey(node.HostId))
            {
                state = Depart(state, step, node, targets, new Departures(doubted, replacing), changes);
            }
        }

        foreach (var target in targets.Values)
        {
            if (state.Metadata.TryGetNode(target.HostId, out var node))
            {
                state = Compare(state, step, node, target, deferred.Contains(target.HostId), changes);
            }
            else if (!replacing.Contains(target.HostId))
            {
                var newcomer = Newcomer(step, target);
                changes.Add(new NodeJoined(newcomer));
                state = state with { Health = state.Health.SetItem(newcomer.HostId, new NodeHealth(newcomer.Generation)) };
            }
        }

        return IdentityRules.Doubt(state, step, doubted);
    }

    /// <summary>
    /// Who is shown elsewhere but keeps his endpoint for now: whom sessions connect to, unless nothing works there any more
    /// and somebody takes it who does not wait himself. What such a node keeps nobody else gets.
    /// </summary>
    private static SortedSet<HostId> Defer(ControlState state, SortedDictionary<HostId, NodeTarget> targets)
    {
        // Asked for single endpoints, never enumerated: their order cannot be seen.
        var takers = new Dictionary<NodeEndpoint, HostId>();
        var keepers = new Dictionary<NodeEndpoint, HostId>();
        var deferred = new SortedSet<HostId>();
        foreach (var target in targets.Values)
        {
            if (target.Endpoint is { } endpoint)
            {
                takers.TryAdd(endpoint, target.HostId);
            }

            if (state.Metadata.TryGetNode(target.HostId, out var node) && HandoverRules.MayDefer(state, node, target.Endpoint))
            {
                deferred.Add(node.HostId);
            }
        }

        foreach (var hostId in Evicted(state, deferred, takers))
        {
            deferred.Remove(hostId);
        }

        foreach (var hostId in deferred)
        {
            keepers.Add(state.Metadata.NodeOf(hostId)!.Endpoint!, hostId);
        }

        foreach (var target in targets.Values.ToArray())
        {
            if (target.Endpoint is { } endpoint && !deferred.Contains(target.HostId) && keepers.ContainsKey(endpoint))
            {
                targets[target.HostId] = target with { Endpoint = null, State = TopologyState.Joining };
            }
        }

        return deferred;
    }

    /// <summary>Each that goes may evict another one: whatever the order, the same ones are left.</summary>
    private static SortedSet<HostId> Evicted(ControlState state, SortedSet<HostId> deferred, Dictionary<NodeEndpoint, HostId> takers)
    {
        var evicted = new SortedSet<HostId>();
        for (var count = -1; count != evicted.Count;)
        {
            count = evicted.Count;
            foreach (var hostId in deferred)
            {
                if (!state.HasOpenConnection(hostId)
                    && takers.TryGetValue(state.Metadata.NodeOf(hostId)!.Endpoint!, out var taker)
                    && (!deferred.Contains(taker) || evicted.Contains(taker)))
                {
                    evicted.Add(hostId);
                }
            }
        }

        return evicted;
    }

    /// <summary>It left; or somebody unknown so far stands at its endpoint: it was replaced, or has another host id.</summary>
    private static ControlState Depart(
        ControlState state, StepDraft step, Node node, SortedDictionary<HostId, NodeTarget> targets, Departures departures, List<TopologyChange> changes)
    {
        var successor = node.Endpoint is null
            ? null
            : targets.Values.FirstOrDefault(target => node.Endpoint.Equals(target.Endpoint) && !state.Metadata.TryGetNode(target.HostId, out _));
        if (successor is not null)
        {
            departures.Replacing.Add(successor.HostId);
            if (IdentityRules.IsDoubtful(state, step, node.HostId))
            {
                departures.Doubted.Add(node.HostId, Newcomer(step, successor));
                return state;
            }
        }

        state = HandoverRules.Drop(state, step, node.HostId, "the node left", changes);
        state = state with { Health = state.Health.Remove(node.HostId) };
        if (successor is null)
        {
            changes.Add(new NodeLeft(node.HostId));
            return state;
        }

        var newcomer = Newcomer(step, successor);
        changes.Add(new NodeReplaced(node.HostId, newcomer));
        return state with { Health = state.Health.SetItem(newcomer.HostId, new NodeHealth(newcomer.Generation)) };
    }

    private static ControlState Compare(ControlState state, StepDraft step, Node node, NodeTarget target, bool isDeferred, List<TopologyChange> changes)
    {
        state = HandoverRules.Observe(state, step, node, target.Endpoint, isDeferred, changes);
        if (target.State is { } next && next != node.State)
        {
            Enter(node, next, changes);
        }

        if (target.Row is not { } row)
        {
            return state;
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

        return state;
    }

    /// <summary>Only who joins is promoted: one that comes back from leaving is shown as joining in between.</summary>
    private static void Enter(Node node, TopologyState next, List<TopologyChange> changes)
    {
        if (next == TopologyState.Normal && node.State != TopologyState.Joining)
        {
            changes.Add(new NodeDemoted(node.HostId));
        }

        changes.Add(next switch
        {
            TopologyState.Joining => new NodeDemoted(node.HostId),
            TopologyState.Normal => new NodePromoted(node.HostId),
            TopologyState.Draining => new NodeDraining(node.HostId),
            TopologyState.Decommissioned => new NodeDecommissioned(node.HostId),
        });
    }

    private static Node Newcomer(StepDraft step, NodeTarget target)
    {
        var attributes = Attributes(target.Row!);
        return new Node(target.HostId)
        {
            Endpoint = target.Endpoint,
            Generation = step.Defends(Race.ReAdded) ? step.NextGeneration() : 1,
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

    /// <param name="Doubted">Nodes that may be somebody else now, and who.</param>
    /// <param name="Replacing">Newcomers that stand at the endpoint of one that is gone.</param>
    private sealed record Departures(SortedDictionary<HostId, Node> Doubted, SortedSet<HostId> Replacing);
}
