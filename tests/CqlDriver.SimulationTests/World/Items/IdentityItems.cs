using CqlDriver.Connections;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>Who is at an address?</summary>
internal sealed class VerifyItem(VerifyIdentity effect) : DialingItem(effect.Ticket)
{
    protected override TopologyInput? Work(SimulationWorld world)
    {
        var (process, error) = Reach(world, Ticket.Route?.Target ?? effect.Endpoint);
        return process is not null ? new IdentityVerified(Ticket, process.HostId, null) { At = world.Now }
            : error is null ? Hang(world, ConnectTimeout)
            : new IdentityVerified(Ticket, null, error) { At = world.Now };
    }
}

/// <summary>Something asked over an open connection: answered, refused, or never.</summary>
internal abstract class AskingItem(EffectTicket ticket, IPooledConnection connection) : AnsweringItem(ticket)
{
    private static readonly TimeSpan QueryLimit = TimeSpan.FromSeconds(10);
    private static readonly CqlConnectionException Failed = new("The simulated connection gave no answer.", null);

    protected sealed override TopologyInput? Work(SimulationWorld world)
    {
        var asked = (SimulatedConnection)connection;
        if (HasTimedOut || asked.HasEnded)
        {
            return Fail(world, Failed);
        }

        return (asked.IsLive ? world.Choose(ChoicePoint.ReadFate, 3) : 2) switch
        {
            1 => Fail(world, Failed),
            2 => Hang(world, QueryLimit),
            _ => Answer(world, asked.Peer),
        };
    }

    protected abstract TopologyInput Answer(SimulationWorld world, SimulatedProcess peer);

    protected abstract TopologyInput Fail(SimulationWorld world, Exception error);
}

/// <summary>Who is at the other end of an open connection, now?</summary>
internal sealed class AskItem(AskIdentity effect) : AskingItem(effect.Ticket, effect.Connection)
{
    protected override TopologyInput Answer(SimulationWorld world, SimulatedProcess peer) => new IdentityTold(Ticket, peer.HostId, null) { At = world.Now };

    protected override TopologyInput Fail(SimulationWorld world, Exception error) => new IdentityTold(Ticket, null, error) { At = world.Now };
}

/// <summary>A connection is warmed for a session.</summary>
internal sealed class WarmItem(WarmConnection effect) : AskingItem(effect.Ticket, effect.Connection)
{
    private static readonly TimeSpan[] RoundTrips = [TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(300)];

    protected override TopologyInput Answer(SimulationWorld world, SimulatedProcess peer) =>
        new ConnectionWarmed(Ticket, world.Choose(ChoicePoint.WarmFate, 3), RoundTrips[world.Choose(ChoicePoint.WarmFate, 2)]) { At = world.Now };

    protected override TopologyInput Fail(SimulationWorld world, Exception error) => new ConnectionWarmed(Ticket, 3, null) { At = world.Now };
}
