using CqlDriver.Pools;

namespace CqlDriver.SimulationTests;

/// <summary>A session of the simulated application: the driver's own pools.</summary>
internal sealed class SimulatedSession(SessionPools pools)
{
    public SessionPools Pools { get; } = pools;

    public int Id => Pools.Id;

    public bool IsDetaching { get; set; }

    public void OnEnded()
    {
    }
}
