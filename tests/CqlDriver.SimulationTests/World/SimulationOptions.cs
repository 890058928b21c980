using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>What a run is told besides its choices.</summary>
internal sealed class SimulationOptions
{
    /// <summary>Which races the driver defends against.</summary>
    public Defences Defences { get; init; } = Defences.All;

    /// <summary>Whether the schema is read too. Another schedule then: readings take choices.</summary>
    public bool ReadsSchema { get; init; }

    /// <summary>Counts what was reached; null: nobody wants to know.</summary>
    public Coverage? Coverage { get; init; }

    /// <summary>Takes what happens in words; null: nobody listens.</summary>
    public Action<string>? Narrator { get; init; }
}
