using System.Collections.Immutable;
using CqlDriver.Routing;
using CqlDriver.Topology;

namespace CqlDriver.Pools;

/// <summary>
/// What a request reads, in one reference: the cluster, the order of nodes, and the pool of each node. One per session,
/// replaced as a whole in the same step as the metadata, so that no request sees new metadata with old pools. Each attempt
/// reads its session's view once and stays with it.
/// </summary>
internal sealed class RoutingView
{
    private readonly ImmutableArray<NodePool?> _pools;
    private readonly ImmutableArray<PlanOrder> _orders;
    private readonly TurnCounter _turns;

    public RoutingView(Metadata metadata, ImmutableArray<PlanOrder> orders, ImmutableArray<NodePool?> pools, TurnCounter turns)
    {
        Metadata = metadata;
        _orders = orders;
        _pools = pools;
        _turns = turns;
    }

    public Metadata Metadata { get; }

    /// <summary>A plan for a request.</summary>
    /// <param name="request">What is known of it.</param>
    /// <param name="policy">Which of the session's policies; 0 is the default one.</param>
    public QueryPlan Plan(in RoutingRequest request, int policy = 0) =>
        new(_orders[policy], TurnOf(request), request);

    /// <summary>The same where the plan lies.</summary>
    public void Plan(in RoutingRequest request, ref QueryPlan plan, int policy = 0) => plan.Begin(_orders[policy], TurnOf(request), request);

    /// <summary>The next node of a plan, by ordinal; the plan goes on although it was begun on an earlier view.</summary>
    public bool TryNext(ref QueryPlan plan, out int ordinal, int policy = 0) => plan.TryNext(_orders[policy], out ordinal);

    /// <summary>The node's pool; null when the session has none.</summary>
    public NodePool? PoolOf(int ordinal) => (uint)ordinal < (uint)_pools.Length ? _pools[ordinal] : null;

    /// <summary>The node; null when the ordinal is that of a node that left.</summary>
    public Node? NodeOf(int ordinal) => Metadata.NodeAt(ordinal);

    // Conditional statements start at the same node each time: contention between coordinators costs them round trips.
    private uint TurnOf(in RoutingRequest request) =>
        !request.IsConditional ? _turns.Next() : request.Token is { } token ? (uint)token.Value.GetHashCode() : 0;
}

/// <summary>Whose turn it is, over all requests of a session and all its views.</summary>
internal sealed class TurnCounter
{
    private uint _next;

    public uint Next() => Interlocked.Increment(ref _next);
}
