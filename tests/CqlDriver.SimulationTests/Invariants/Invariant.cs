namespace CqlDriver.SimulationTests;

/// <summary>Something that holds after every step. Cheap: plain comparisons, no allocation while it holds.</summary>
internal abstract class Invariant(string name)
{
    public string Name { get; } = name;

    /// <summary>Looks at the world after a step.</summary>
    /// <exception cref="InvariantViolationException">It does not hold.</exception>
    public abstract void Check(SimulationWorld world);

    protected InvariantViolationException Broken(string what) => new(Name, what);
}
