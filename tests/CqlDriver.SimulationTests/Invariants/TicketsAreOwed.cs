namespace CqlDriver.SimulationTests;

/// <summary>I9: the tickets in the tables are exactly the effects that the world owes an answer.</summary>
internal sealed class TicketsAreOwed() : Invariant("I9")
{
    public override void Check(SimulationWorld world)
    {
        var tickets = world.State.Tickets.Count;
        foreach (var session in world.Sessions)
        {
            tickets += session.Pools.State.Tickets.Count;
        }

        if (tickets != world.Effects.Owed)
        {
            throw Broken($"{tickets} tickets are out, and the world owes {world.Effects.Owed} answers");
        }
    }
}
