namespace CqlDriver.SimulationTests;

/// <summary>What must always hold does not.</summary>
#pragma warning disable CA1032, CA1064 // Thrown and caught by the simulation alone, always with both.
internal sealed class InvariantViolationException(string invariant, string what) : Exception($"{invariant}: {what}")
#pragma warning restore CA1032, CA1064
{
    public string Invariant { get; } = invariant;
}
