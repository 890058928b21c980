using CqlDriver.Diagnostics;

namespace CqlDriver.Topology;

/// <summary>What a node is to become by a refresh. Without an endpoint: another node has it. Without a row: everything else stays.</summary>
internal sealed record NodeTarget(HostId HostId, NodeEndpoint? Endpoint, TopologyState? State, bool OwnsTokens, NodeRow? Row);

/// <summary>Gives each endpoint to one candidate, so that endpoints and nodes are a bijection.</summary>
internal static class NodeTargets
{
    /// <summary>One target per candidate, by ascending host id.</summary>
    public static SortedDictionary<HostId, NodeTarget> Resolve(ControlState state, RowReading reading, bool isSharded, bool usesTokenless)
    {
        // Asked for single endpoints, never enumerated: its order cannot be seen.
        var holders = new Dictionary<string, NodeCandidate>(StringComparer.Ordinal);
        foreach (var candidate in reading.Candidates.Values)
        {
            if (candidate.Endpoint?.ToString() is { } endpoint)
            {
                holders[endpoint] = holders.TryGetValue(endpoint, out var holder) ? Settle(state, reading, holder, candidate) : candidate;
            }
        }

        var targets = new SortedDictionary<HostId, NodeTarget>();
        foreach (var candidate in reading.Candidates.Values)
        {
            var isHolder = candidate.Endpoint is { } endpoint && ReferenceEquals(holders[endpoint.ToString()], candidate);
            targets.Add(candidate.HostId, Target(candidate, state.Metadata.NodeOf(candidate.HostId), isHolder, isSharded, usesTokenless));
        }

        return targets;
    }

    private static NodeTarget Target(NodeCandidate candidate, Node? known, bool isHolder, bool isSharded, bool usesTokenless)
    {
        if (candidate.Row is not { } row)
        {
            return new NodeTarget(candidate.HostId, isHolder ? candidate.Endpoint : null, isHolder ? null : TopologyState.Joining, OwnsTokens: true, Row: null);
        }

        if (!row.HasTokens && !isSharded && row.State is null && known is { Tokens.IsEmpty: false })
        {
            // Cassandra shows a node that moves without its tokens for a moment.
            row = row with { Tokens = known.Tokens, HasTokens = true };
        }

        // Without tokens: on ScyllaDB a full member that owns nothing on purpose, in Cassandra's tables a node half joined.
        var told = row.State ?? (row.HasTokens || isSharded ? TopologyState.Normal : TopologyState.Joining);
        var owns = row.HasTokens || (isSharded && usesTokenless);
        return new NodeTarget(candidate.HostId, isHolder ? candidate.Endpoint : null, isHolder ? told : TopologyState.Joining, owns, row);
    }

    /// <summary>
    /// Two nodes at one address. The one whose own row says so; else the one that has it and answers there; else the
    /// newcomer, whom the next dial verifies; between two newcomers the smaller host id. The other one waits without address.
    /// </summary>
    private static NodeCandidate Settle(ControlState state, RowReading reading, NodeCandidate one, NodeCandidate other)
    {
        reading.Warn(
            Log.AddressContested, $"{one.Endpoint} {one.HostId} {other.HostId}", $"{one.Endpoint}", $"{one.HostId} and {other.HostId} are both listed there");
        var (left, right) = (Rank(state, one), Rank(state, other));
        return left != right ? (left > right ? one : other) : (one.HostId < other.HostId ? one : other);
    }

    private static int Rank(ControlState state, NodeCandidate candidate)
    {
        if (candidate.IsLocal)
        {
            return 3;
        }

        var isIncumbent = state.Metadata.TryGetNode(candidate.HostId, out var node) && candidate.Endpoint!.Equals(node.Endpoint);
        return isIncumbent ? (state.HasOpenConnection(candidate.HostId) ? 2 : 0) : 1;
    }
}
