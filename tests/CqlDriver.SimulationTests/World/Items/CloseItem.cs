using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>Closing a connection: what was written may finish within the limit. Its end is told before its closing is.</summary>
internal sealed class CloseItem(CloseConnection effect) : WorldItem
{
    private static readonly CqlConnectionException Closed = new("The driver closed the simulated connection.", null);
    private TimeSpan? _limit;

    public SimulatedConnection Connection => (SimulatedConnection)effect.Connection;

    public override bool IsReady => true;

    public override void Run(SimulationWorld world)
    {
        var connection = Connection;
        if (!connection.HasEnded && _limit is null && effect.DrainLimit > TimeSpan.Zero)
        {
            _limit = world.Now + effect.DrainLimit;
            connection.Retire();
        }

        if (!connection.HasEnded)
        {
            if (_limit is { } limit && limit > world.Now)
            {
                // Taken up again when it is drained, or at the limit.
                ReadyAt = limit;
                connection.Closing = this;
                return;
            }

            connection.End(Closed);
        }

        if (connection.IsLossPending && connection.Loss is { IsReady: true } loss)
        {
            loss.Run(world);
            return;
        }

        world.Remove(this);
        world.Deliver(new ConnectionClosed(effect.Ticket) { At = world.Now });
    }

    public override string ToString() => $"{Connection.Id} is closed: {effect.Reason}";
}

/// <summary>A timer of the loop.</summary>
internal sealed class TimerItem(StartTimer effect) : WorldItem
{
    public EffectTicket Ticket => effect.Ticket;

    public override void Run(SimulationWorld world)
    {
        world.Remove(this);
        world.Deliver(new TimerFired(effect.Ticket) { At = world.Now });
    }

    public override string ToString() => $"{effect.Ticket} fires";
}
