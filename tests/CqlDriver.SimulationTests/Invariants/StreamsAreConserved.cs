namespace CqlDriver.SimulationTests;

/// <summary>I11: stream ids go back to the connection that they came from.</summary>
internal sealed class StreamsAreConserved() : Invariant("I11")
{
    public override void Check(SimulationWorld world)
    {
        foreach (var connection in world.Network.Open)
        {
            if ((connection.Held > 0 || connection.Orphans != 0) && connection.WhatIsWrongWithStreams() is { } wrong)
            {
                throw Broken($"{connection}: {wrong}");
            }
        }
    }
}
