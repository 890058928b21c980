namespace CqlDriver.SimulationTests;

/// <summary>The one source of everything that is not determined.</summary>
internal abstract class ChoiceSource
{
    /// <summary>One of <paramref name="n"/> options, 0 … n − 1; n is at least 2.</summary>
    public abstract int Choose(ChoicePoint point, int n);
}
