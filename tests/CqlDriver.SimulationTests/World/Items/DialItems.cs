using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>How dials go: what is at the address when the dial gets there decides.</summary>
internal abstract class DialingItem(EffectTicket ticket) : AnsweringItem(ticket)
{
    protected static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    protected static readonly CqlConnectionException Refused = new("The simulated address refused the connection.", null);
    protected static readonly CqlConnectionException TimedOut = new("The simulated address did not answer in time.", null);
    protected static readonly CqlConnectionException Broken = new("The simulated peer broke the handshake off.", null);

    /// <summary>Who is reached; else why not. Neither: it hangs.</summary>
    protected (SimulatedProcess? Process, Exception? Error) Reach(SimulationWorld world, NodeEndpoint endpoint)
    {
        if (HasTimedOut)
        {
            return (null, TimedOut);
        }

        world.Part?.OnDial(Ticket, endpoint);
        var address = Names.AddressOf(endpoint);
        var path = world.Cluster.PathTo(address);
        if (path == PathState.Cut)
        {
            return (null, null);
        }

        if (path == PathState.Refusing || world.Cluster.ProcessAt(address) is not { } process)
        {
            return (null, Refused);
        }

        return world.Choose(ChoicePoint.DialFate, 4) switch
        {
            1 => (null, Refused),
            2 => (null, null),
            3 => (null, Broken),
            _ => (process, null),
        };
    }
}

/// <summary>A dial for a pool.</summary>
internal sealed class DialItem(DialNode effect) : DialingItem(effect.Ticket)
{
    private static readonly CqlException KeyspaceRefused = new("The simulated node does not know the keyspace.");

    protected override TopologyInput? Work(SimulationWorld world)
    {
        if (IsCancelled && world.Choose(ChoicePoint.CancelledDial, 2) == 0)
        {
            return new NodeDialFailed(Ticket, Broken) { At = world.Now };
        }

        var (process, error) = Reach(world, Ticket.Route?.Target ?? effect.Endpoint);
        if (process is null)
        {
            return error is null ? Hang(world, ConnectTimeout) : new NodeDialFailed(Ticket, error) { At = world.Now };
        }

        var fence = Ticket.Fence!.Value;
        if (process.HostId != fence.HostId && world.Settings.Defences.Against(Race.WrongNode))
        {
            return new NodeDialFailed(Ticket, new WrongNodeException(effect.Endpoint, fence.HostId, process.HostId), process.HostId) { At = world.Now };
        }

        if (effect.Keyspace is not null && world.Choose(ChoicePoint.KeyspaceFate, 2) == 1)
        {
            return new NodeDialFailed(Ticket, KeyspaceRefused, null, IsKeyspaceRefused: true) { At = world.Now };
        }

        var connection = world.Network.Connect(effect.ConnectionId, Ticket.Route?.Target ?? effect.Endpoint, process, effect.Shard?.Shard ?? -1, effect.Keyspace);
        connection.Loss = new LossItem(connection, Ticket);
        return new NodeDialled(Ticket, connection) { At = world.Now };
    }
}

/// <summary>A dial for the control connection; it is registered for events when it is open.</summary>
internal sealed class ControlDialItem(OpenControlConnection effect) : DialingItem(effect.Ticket)
{
    protected override TopologyInput? Work(SimulationWorld world)
    {
        var (process, error) = Reach(world, effect.Endpoint);
        if (process is null)
        {
            return error is null ? Hang(world, ConnectTimeout) : new ControlFailed(Ticket, error) { At = world.Now };
        }

        var connection = world.Network.Connect(effect.ConnectionId, effect.Endpoint, process, -1, null);
        connection.Events = new EventsItem(connection.Id, world.Settings.ClientRoutes);
        connection.Loss = new LossItem(connection, Ticket);
        return new ControlOpened(Ticket, connection) { At = world.Now };
    }
}

/// <summary>Contact points lead to the addresses of members, as a name service would say.</summary>
internal sealed class ResolveItem(ResolveContactPoints effect) : AnsweringItem(effect.Ticket)
{
    protected override TopologyInput? Work(SimulationWorld world)
    {
        var endpoints = ImmutableArray.CreateBuilder<NodeEndpoint>();
        var fate = world.Choose(ChoicePoint.ContactFate, 3);
        if (fate == 1 && world.Settings.ClientRoutes is null)
        {
            endpoints.AddRange(effect.ContactPoints);
        }
        else
        {
            foreach (var member in world.Cluster.Members)
            {
                endpoints.Add(fate == 0 && world.Settings.ClientRoutes is null ? Names.Endpoint(member.Address) : Names.Alias(member.Address));
            }
        }

        return new ContactPointsResolved(Ticket, endpoints.ToImmutable(), []) { At = world.Now };
    }
}
