using System.Collections.Immutable;
using CqlDriver.Pools;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>I2: every open connection is in a pool, is the control connection, is on its way to the loop, or is being closed.</summary>
internal sealed class ConnectionsHaveOwners() : Invariant("I2")
{
    private int _turn;

    public override void Check(SimulationWorld world)
    {
        // A leak stays a leak: now and then is enough.
        if (++_turn % 16 != 0 || world.HasEnded)
        {
            return;
        }

        foreach (var connection in world.Network.Open)
        {
            if (connection.IsTold && !IsOwned(world, connection))
            {
                throw Broken($"{connection} is nobody's");
            }
        }
    }

    private static bool IsIn(ImmutableSortedDictionary<HostId, PoolState> pools, SimulatedConnection connection)
    {
        foreach (var pool in pools.Values)
        {
            if (pool.IndexOf(connection.Id) >= 0 || pool.Excess.Contains(connection))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsOwned(SimulationWorld world, SimulatedConnection connection)
    {
        if (world.State.Control is ControlPhase.Ready { Connection: var control } && ReferenceEquals(control, connection))
        {
            return true;
        }

        foreach (var session in world.Sessions)
        {
            if (IsIn(session.Pools.State.Pools, connection) || IsIn(session.Pools.State.Staged, connection))
            {
                return true;
            }
        }

        foreach (var item in world.Items)
        {
            if (item is CloseItem closing && ReferenceEquals(closing.Connection, connection))
            {
                return true;
            }
        }

        return false;
    }
}
