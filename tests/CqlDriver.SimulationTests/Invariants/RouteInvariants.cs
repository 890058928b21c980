using CqlDriver.Connections;
using CqlDriver.Pools;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>
/// I24: a reading changes only what it asked for, and nothing else changes routes. I25: which route is used changes only when
/// its row has gone, or it failed and nothing is open through it. I26: another route closes nothing that works before its
/// successor is there. I27: nobody is dialled where he says he is.
/// </summary>
internal sealed class RouteInvariants(SimulationWorld world)
{
    private readonly List<(PoolFence Fence, NodePool Handle, int Slot, IPooledConnection Connection)> _open = [];
    private Metadata _before = Metadata.Empty;

    public static void CheckDial(EffectTicket ticket, NodeEndpoint endpoint)
    {
        if (Names.IsOwn(endpoint))
        {
            throw new InvariantViolationException("I27", $"{ticket} dials {endpoint} and no route");
        }
    }

    public void Before()
    {
        _before = world.Metadata;
        _open.Clear();
        foreach (var session in world.Sessions)
        {
            foreach (var pool in session.Pools.State.Pools.Values)
            {
                for (var slot = 0; slot < pool.Slots.Length; slot++)
                {
                    if (pool.Slots[slot] is { Connection: { IsOpen: true } connection, IsWorn: false })
                    {
                        _open.Add((pool.Fence, pool.Handle, slot, connection));
                    }
                }
            }
        }
    }

    public void After(TopologyInput input)
    {
        var after = world.Metadata;
        if (!ReferenceEquals(_before.ClientRoutes, after.ClientRoutes))
        {
            CheckScope(input, _before.ClientRoutes, after.ClientRoutes);
            CheckChoices(input, after);
        }

        if (input is RoutesRead or EventsObserved or TimerFired or NodeDialFailed or NodesRead or NodeDialled && IsOfRoutesAlone())
        {
            CheckOpen(input);
        }
    }

    private static void CheckScope(TopologyInput input, ClientRouteTable before, ClientRouteTable after)
    {
        var scope = input switch { RoutesRead read => read.Reading.Scope, NodesRead read => read.Routes?.Scope, _ => null };
        foreach (var key in before.ByKey.Keys.Concat(after.ByKey.Keys))
        {
            var (was, now) = (before.ByKey.GetValueOrDefault(key), after.ByKey.GetValueOrDefault(key));
            if (Equals(was, now) || scope?.Contains(key) == true)
            {
                continue;
            }

            // What a new control connection's node did not list is gone when it proves useless.
            if (!(input is NodeDialFailed or NodeDialled { Connection.IsOpen: false } && was is { IsUnconfirmed: true } && now is null))
            {
                throw new InvariantViolationException("I24", $"{input.GetType().Name} changed route {key} from {was?.Target} to {now?.Target}, which it says nothing of");
            }
        }
    }

    private void CheckChoices(TopologyInput input, Metadata after)
    {
        foreach (var choice in _before.ClientRoutes.Choices)
        {
            var key = new ClientRouteKey(choice.HostId, choice.ConnectionId!);
            if (after.ClientRoutes.ChoiceOf(choice.HostId)?.ConnectionId == choice.ConnectionId
                || !after.ClientRoutes.ByKey.ContainsKey(key)
                || after.NodeOf(choice.HostId) is not { } node || node.Generation != _before.NodeOf(choice.HostId)?.Generation)
            {
                continue;
            }

            var isLive = world.Sessions.SelectMany(static session => session.Pools.State.Pools.Values).Where(pool => pool.Fence.HostId == choice.HostId)
                .Any(pool => pool.Slots.Any(slot => slot.Connection is not null && after.ClientRoutes.ByKey[key].LeadsAs(slot.Route.Used)));
            // One that has ended on its way home has failed.
            if (input is not (NodeDialFailed or NodeDialled { Connection.IsOpen: false }) || isLive)
            {
                throw new InvariantViolationException("I25", $"{input.GetType().Name} took the choice of {key} away, which is there{(isLive ? " and used" : "")}");
            }
        }
    }

    /// <summary>Whether nothing was decided but routes, and who is up.</summary>
    private bool IsOfRoutesAlone()
    {
        foreach (var entry in world.Topology.Loop.Log.Entries)
        {
            if (entry.Index > _before.AppliedIndex && entry.Change is not (RoutesChanged or NodeUp or NodeDown))
            {
                return false;
            }
        }

        return true;
    }

    private void CheckOpen(TopologyInput input)
    {
        foreach (var (fence, handle, slot, connection) in _open)
        {
            foreach (var session in world.Sessions)
            {
                if (session.Pools.State.Pools.TryGetValue(fence.HostId, out var pool) && ReferenceEquals(pool.Handle, handle)
                    && slot < pool.Slots.Length && pool.Slots[slot].Connection is null && pool.IndexOf(connection.Id) < 0)
                {
                    throw new InvariantViolationException("I26", $"{input.GetType().Name} took {connection} out of pool {fence} before its successor was there");
                }
            }
        }
    }
}
