using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>I12 and I13: what is counted of a node is what the pools hold; a node with an open connection is not down, a forced-down one has none.</summary>
internal sealed class CountersTellTheTruth() : Invariant("I12")
{
    private ControlState? _seen;

    public override void Check(SimulationWorld world)
    {
        if (ReferenceEquals(_seen, world.State))
        {
            return;
        }

        _seen = world.State;
        foreach (var (hostId, health) in world.State.Health)
        {
            if (!world.Metadata.TryGetNode(hostId, out var node) || node.Generation != health.Generation)
            {
                throw Broken($"counters of another life of {Names.Short(hostId)}");
            }

            var (open, wanted) = Count(world, hostId);
            if (health.Open != open || health.Wanted != wanted)
            {
                throw Broken($"{node} has {open} connections in {wanted} pools, and {health.Open} in {health.Wanted} are counted");
            }

            if (open > 0 && !node.IsUp && health.Forced is null && health.UpAfterRefresh is null)
            {
                throw new InvariantViolationException("I13", $"{node} is down with {open} open connections");
            }

            if (node.Status == NodeStatus.ForcedDown && wanted > 0)
            {
                throw new InvariantViolationException("I13", $"{node} is forced down and has {wanted} pools");
            }
        }

        if (world.State.Health.Count != world.Metadata.Nodes.Length)
        {
            throw Broken($"{world.Metadata.Nodes.Length} nodes, {world.State.Health.Count} counters");
        }
    }

    private static (int Open, int Wanted) Count(SimulationWorld world, HostId hostId)
    {
        var (open, wanted) = (0, 0);
        foreach (var session in world.Sessions)
        {
            if (session.Pools.State.Pools.TryGetValue(hostId, out var pool))
            {
                open += pool.ConnectionCount;
                wanted++;
            }
        }

        return (open, wanted);
    }
}
