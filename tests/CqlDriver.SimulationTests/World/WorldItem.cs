namespace CqlDriver.SimulationTests;

/// <summary>Something that the world may do next: carry a dial on, deliver an answer, fire a timer, write to a socket.</summary>
internal abstract class WorldItem
{
    /// <summary>Not before this.</summary>
    public TimeSpan ReadyAt { get; set; }

    /// <summary>Whether its turn may come, when its time has come.</summary>
    public virtual bool IsReady => true;

    /// <summary>Does the next part of it; it takes itself out of the world when it is done.</summary>
    public abstract void Run(SimulationWorld world);
}
