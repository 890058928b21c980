using CqlDriver.Pools;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>What must come true once nothing goes wrong any more (L1), and what may be left after disposal: nothing (L3).</summary>
internal static class Liveness
{
    /// <summary>L1: the driver sees the cluster as it is, and every node has a full pool.</summary>
    public static void CheckWell(SimulationWorld world)
    {
        if (world.HasEnded || world.State.IsShuttingDown)
        {
            return;
        }

        if (world.Settings.NeedsControlConnection && world.State.Control is not ControlPhase.Ready)
        {
            throw Broken($"the control connection is {world.State.Control.GetType().Name}");
        }

        if (world.Metadata.Nodes.Length != world.Cluster.Members.Count)
        {
            throw Broken($"{world.Metadata} is not {string.Join(", ", world.Cluster.Members)}");
        }

        foreach (var handover in world.State.Handovers.Values)
        {
            throw Broken($"a handover of {Names.Short(handover.HostId)} is in phase {handover.Phase}");
        }

        foreach (var member in world.Cluster.Members)
        {
            if (!world.Metadata.TryGetNode(member.HostId, out var node) || !Names.Endpoint(member.Address).Equals(node.Endpoint) || (world.Sessions.Count > 0 && !node.IsUp))
            {
                throw Broken($"{member} is {node?.ToString() ?? "not known"}, {node?.Status}");
            }

            foreach (var session in world.Sessions)
            {
                CheckPool(session, node, member);
            }
        }
    }

    /// <summary>L3: no socket, no timer, no ticket, nothing that waits.</summary>
    public static void CheckEnd(SimulationWorld world)
    {
        if (!world.HasEnded)
        {
            throw new InvariantViolationException("L3", $"the loop has not ended; {world.State.Tickets.Count} tickets, {world.Sessions.Count} sessions, {string.Join("; ", world.Items)}");
        }

        if (world.Network.Open.Count > 0)
        {
            throw new InvariantViolationException("L3", $"{world.Network.Open[0]} is open after the end");
        }

        if (world.Items.Count > 0)
        {
            throw new InvariantViolationException("L3", $"{world.Items[0]} is left");
        }

        if (world.Requests.Active.Count > 0)
        {
            throw new InvariantViolationException("L3", $"{world.Requests.Active[0]} never ended");
        }

        if (world.Application.Waiting > 0)
        {
            throw new InvariantViolationException("L3", $"{world.Application.Waiting} waits were never answered");
        }
    }

    private static void CheckPool(SimulatedSession session, Node node, Member member)
    {
        var state = session.Pools.State;
        if (state.Phase != SessionPhase.Active)
        {
            return;
        }

        // Where the node chooses the shard, a pool stops asking after so many connections to shards that it has.
        if (!state.Pools.TryGetValue(node.HostId, out var pool) || !pool.IsUsable || (pool.ConnectionCount != pool.Slots.Length && pool.Misses <= 2 * pool.Slots.Length))
        {
            throw Broken($"session {session.Id} has {pool?.ConnectionCount ?? 0} of {pool?.Slots.Length ?? 0} connections to {node}");
        }

        if (member.Shards != 0 && pool.Slots.Length != member.Shards)
        {
            throw Broken($"session {session.Id} has {pool.Slots.Length} places for {member.Shards} shards of {node}");
        }
    }

    private static InvariantViolationException Broken(string what) => new("L1", what);
}
