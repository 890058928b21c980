using CqlDriver.Pools;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>
/// I1, I2, I5, I16: in each session's view the pools belong to the nodes beside them, in generation, endpoint, shards and
/// identity; nobody who left has one.
/// </summary>
internal sealed class PoolsBelongToNodes() : Invariant("I1")
{
    private readonly List<(Metadata Metadata, SessionState State)> _seen = [];

    public override void Check(SimulationWorld world)
    {
        var sessions = world.Sessions;
        while (_seen.Count < sessions.Count)
        {
            _seen.Add(default);
        }

        for (var i = 0; i < sessions.Count; i++)
        {
            var pools = sessions[i].Pools;
            if (!ReferenceEquals(_seen[i].Metadata, world.Metadata) || !ReferenceEquals(_seen[i].State, pools.State))
            {
                _seen[i] = (world.Metadata, pools.State);
                Check(world.Metadata, pools);
            }
        }
    }

    private void Check(Metadata metadata, SessionPools session)
    {
        var view = session.View;
        if (!ReferenceEquals(view.Metadata, metadata) && session.State.Phase == SessionPhase.Active)
        {
            throw new InvariantViolationException("I5", $"the view of session {session.Id} shows #{view.Metadata.AppliedIndex}, the cluster is at #{metadata.AppliedIndex}");
        }

        if (session.State.Phase != SessionPhase.Active)
        {
            return;
        }

        var shown = 0;
        foreach (var node in metadata.Nodes)
        {
            shown += view.PoolOf(node.Ordinal) is null ? 0 : 1;
        }

        var pools = session.State.Pools;
        if (shown != pools.Count)
        {
            throw new InvariantViolationException("I5", $"session {session.Id} shows {shown} of its {pools.Count} pools");
        }

        foreach (var pool in pools.Values)
        {
            Check(metadata, view, pool);
            CheckKeyspace(session.State, pool);
        }

        foreach (var pool in session.State.Staged.Values)
        {
            CheckStaged(metadata, pool);
        }
    }

    private void Check(Metadata metadata, RoutingView view, PoolState pool)
    {
        if (!metadata.TryGetNode(pool.Fence.HostId, out var node))
        {
            throw new InvariantViolationException("I2", $"pool {pool.Fence} is of a node that is not known");
        }

        if (node.Generation != pool.Fence.Generation || !pool.Endpoint.Equals(node.Endpoint))
        {
            throw Broken($"pool {pool.Fence} at {pool.Endpoint} is not of {node} g{node.Generation}");
        }

        if (!ReferenceEquals(view.PoolOf(node.Ordinal), pool.Handle) || pool.Handle.IsRetired)
        {
            throw new InvariantViolationException("I5", $"requests see another pool than {pool.Fence} for {node}, or a retired one");
        }

        if (node.Sharding is { } sharding && (pool.Slots.Length != sharding.ShardCount || pool.Handle.Slots.ShardCount != sharding.ShardCount))
        {
            throw new InvariantViolationException("I16", $"pool {pool.Fence} has {pool.Slots.Length} places for {sharding.ShardCount} shards");
        }

        if (node.State is TopologyState.Joining or TopologyState.Decommissioned)
        {
            throw new InvariantViolationException("I22", $"{node} is {node.State} and has pool {pool.Fence}");
        }

        // By routes at most one dial a place: one whose reason has gone meanwhile comes home, and is closed.
        var mayTake = pool.Dials.Values.Any(static dial => dial.Route is not null) ? pool.Slots.Length : pool.Slots.Count(static slot => slot is { Connection: not null, IsOpenToNew: true });
        if (pool.Dials.Count + pool.ConnectionCount > pool.Slots.Length + mayTake)
        {
            throw new InvariantViolationException("I9", $"pool {pool.Fence} has {pool.ConnectionCount} connections and {pool.Dials.Count} dials for {pool.Slots.Length} places");
        }

        CheckSlots(pool, node, isSeen: true);
    }

    /// <summary>What requests see is at the session's keyspace, or on its way there.</summary>
    private static void CheckKeyspace(SessionState state, PoolState pool)
    {
        foreach (var slot in pool.Slots)
        {
            if (slot is { IsPublished: true, SwitchingTo: null, Connection: SimulatedConnection { IsOpen: true } connection }
                && (slot.KeyspaceVersion != state.KeyspaceVersion || connection.Keyspace != state.Keyspace))
            {
                throw new InvariantViolationException("Keyspace", $"{connection} is at {connection.Keyspace}, the session at {state.Keyspace}");
            }
        }
    }

    private void CheckStaged(Metadata metadata, PoolState pool)
    {
        foreach (var handover in metadata.Handovers)
        {
            if (handover.HostId == pool.Fence.HostId && handover.Handover == pool.Handover && handover.Generation == pool.Fence.Generation && handover.To.Equals(pool.Endpoint)
                && metadata.TryGetNode(pool.Fence.HostId, out var node))
            {
                CheckSlots(pool, node, isSeen: false);
                return;
            }
        }

        throw new InvariantViolationException("I14", $"staged pool {pool.Fence} at {pool.Endpoint} is of no handover");
    }

    private void CheckSlots(PoolState pool, Node node, bool isSeen)
    {
        var published = 0;
        for (var i = 0; i < pool.Slots.Length; i++)
        {
            var slot = pool.Slots[i];
            if (slot.Connection is not SimulatedConnection connection)
            {
                continue;
            }

            published += slot.IsPublished ? 1 : 0;
            // One to a process that has died quietly serves nobody, whatever its node is called now.
            if (connection.Peer.IsAlive && !connection.Peer.HasBeen(node.HostId))
            {
                throw new InvariantViolationException("I6", $"{connection} is in pool {pool.Fence}");
            }

            if (connection.Endpoint.Host != (slot.Route.Used?.Target ?? pool.Endpoint).Host)
            {
                throw Broken($"{connection} was dialled to {connection.Endpoint} and is in pool {pool.Fence} at {pool.Endpoint}");
            }

            if (connection.Facts.Sharding?.Shard is { } shard && shard != i && pool.Sharding is not null)
            {
                throw new InvariantViolationException("I16", $"{connection} to shard {shard} is at place {i}");
            }

            if (connection.HasEnded && !connection.IsLossPending)
            {
                throw new InvariantViolationException("I12", $"{connection} has ended and is in pool {pool.Fence} for ever");
            }
        }

        if (isSeen && published != pool.Handle.Slots.Count)
        {
            throw new InvariantViolationException("I5", $"requests see {pool.Handle.Slots.Count} of {published} connections of {pool.Fence}");
        }
    }
}
