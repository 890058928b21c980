using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>What a run is told besides its choices.</summary>
internal sealed record SimulationOptions
{
    /// <summary>Which races the driver defends against.</summary>
    public Defences Defences { get; init; } = Defences.All;

    /// <summary>Where the driver takes its truth from, and what there is besides nodes.</summary>
    public WorldKind World { get; init; }

    /// <summary>Whether the schema is read too. Another schedule then: readings take choices.</summary>
    public bool ReadsSchema { get; init; }

    /// <summary>Whether the run is recorded, and taken again from its recording at its end. The choices are the same.</summary>
    public bool Records { get; init; }

    /// <summary>Counts what was reached; null: nobody wants to know.</summary>
    public Coverage? Coverage { get; init; }

    /// <summary>Takes what happens in words; null: nobody listens.</summary>
    public Action<string>? Narrator { get; init; }

    /// <summary>As the runner is told it, beside a schedule.</summary>
    public string Arguments => $"--world {World}{(ReadsSchema ? " --schema" : "")}{(Records ? " --record" : "")}";

    /// <summary>One in fifty is recorded.</summary>
    public SimulationOptions ForSeed(ulong seed) => this with { Records = seed % 50 == 0 };
}

/// <summary>The kinds of worlds. The first one is the smallest; in each of the others there is one thing more.</summary>
internal enum WorldKind
{
    Nodes,

    /// <summary>A table whose tablets move, and answers that tell of it late.</summary>
    Tablets,

    /// <summary>Nodes behind private connections.</summary>
    Routes,

    /// <summary>A committed log in place of the control connection.</summary>
    Log,
}
