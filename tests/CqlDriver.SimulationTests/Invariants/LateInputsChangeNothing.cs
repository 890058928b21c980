using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Pools;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>
/// I8, I15, I21: what single inputs may not do. An answer whose right was taken back, the end of a connection that is nobody's,
/// an old control connection, a reading whose parts do not fit change nothing but what is being closed; and a node that only
/// has another host id keeps its connections.
/// </summary>
internal sealed class LateInputsChangeNothing(SimulationWorld world)
{
    private readonly List<SessionState> _before = [];
    private Metadata _metadata = Metadata.Empty;
    private ControlPhase? _control;
    private ImmutableSortedDictionary<HostId, IdentityDoubt> _doubts = ImmutableSortedDictionary<HostId, IdentityDoubt>.Empty;
    private string? _broken;

    /// <summary>Before a step: what is not to change.</summary>
    public void Before(TopologyInput input, bool isRevoked)
    {
        _metadata = world.Metadata;
        _control = world.State.Control;
        _doubts = world.State.Doubts;
        _before.Clear();
        foreach (var session in world.Sessions)
        {
            _before.Add(session.Pools.State);
        }

        // Who answered at an address, or over a connection, is evidence, whoever asked.
        isRevoked &= input is not (NodeDialFailed { Answered: not null } or IdentityTold);
        _broken = isRevoked ? (input is NodesRead or NodesReadFailed ? "I15" : "I8")
            : input switch
            {
                NodesRead { Local: { } local, LocalAgain: { } again } when local.HostId != again.HostId || !Equals(local.Address, again.Address) => "I15",
                ConnectionLost lost when !IsHeld(lost.ConnectionId) => "I8",
                ControlLost lost when _control is not ControlPhase.Ready { Connection: var control } || control.Id != lost.ConnectionId => "I8",
                _ => null,
            };
    }

    public void After(TopologyInput input)
    {
        if (_broken is { } invariant)
        {
            CheckNothingChanged(input, invariant);
        }
        else if (input is NodesRead && !ReferenceEquals(_metadata, world.Metadata))
        {
            CheckReplacements();
        }
    }

    private void CheckNothingChanged(TopologyInput input, string invariant)
    {
        if (input is NodeDialled { Connection: var late })
        {
            // What it tells of the node's shards may be true all the same; it may not be used.
            if (world.Sessions.Any(session => IsIn(session.Pools.State, late.Id)))
            {
                throw new InvariantViolationException(invariant, $"{late} ({input.Answers}) came too late and is in a pool");
            }

            return;
        }

        if (_metadata.Nodes != world.Metadata.Nodes)
        {
            throw new InvariantViolationException(invariant, $"{input.GetType().Name} ({input.Answers}) came too late and changed the nodes");
        }

        if (input is not NodesRead && (_control is ControlPhase.Ready) != (world.State.Control is ControlPhase.Ready))
        {
            throw new InvariantViolationException(invariant, $"{input.GetType().Name} ({input.Answers}) came too late and changed the control connection");
        }

        for (var i = 0; i < _before.Count; i++)
        {
            if (!ReferenceEquals(_before[i].Pools, world.Sessions[i].Pools.State.Pools))
            {
                throw new InvariantViolationException(invariant, $"{input.GetType().Name} ({input.Answers}) came too late and changed the pools of session {world.Sessions[i].Id}");
            }
        }
    }

    /// <summary>I21: nobody is replaced by a row alone while his connections live and would tell that he is the newcomer.</summary>
    private void CheckReplacements()
    {
        foreach (var entry in world.Topology.Loop.Log.Entries)
        {
            if (entry.Index > _metadata.AppliedIndex)
            {
                Check(entry.Change);
            }
        }
    }

    private void Check(TopologyChange change)
    {
        if (change is ChangeBatch batch)
        {
            foreach (var part in batch.Changes)
            {
                Check(part);
            }
        }
        else if (change is NodeReplaced replaced && !_doubts.ContainsKey(replaced.Replaced))
        {
            foreach (var session in _before)
            {
                if (session.Pools.TryGetValue(replaced.Replaced, out var pool))
                {
                    CheckLiving(pool, replaced);
                }
            }
        }
    }

    private void CheckLiving(PoolState pool, NodeReplaced replaced)
    {
        foreach (var slot in pool.Slots)
        {
            // One that was asked, and said that he was who he was, is not asked for ever.
            if (slot.Connection is SimulatedConnection { IsOpen: true } connection && connection.Peer.HostId == replaced.HostId)
            {
                throw new InvariantViolationException("I21", $"{Names.Short(replaced.Replaced)} was replaced by {Names.Short(replaced.HostId)} while {connection} is open");
            }
        }
    }

    private bool IsHeld(ConnectionId connection)
    {
        foreach (var session in _before)
        {
            if (IsIn(session, connection))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsIn(SessionState session, ConnectionId connection)
    {
        foreach (var pool in session.Pools.Values)
        {
            if (pool.IndexOf(connection) >= 0)
            {
                return true;
            }
        }

        foreach (var pool in session.Staged.Values)
        {
            if (pool.IndexOf(connection) >= 0)
            {
                return true;
            }
        }

        return false;
    }
}
