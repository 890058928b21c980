using CqlDriver.Execution;
using CqlDriver.Pools;

namespace CqlDriver.SimulationTests;

/// <summary>A session of the simulated application: the driver's own pools, and its own requests on them.</summary>
internal sealed class SimulatedSession(SessionPools pools, RequestExecutor executor)
{
    public SessionPools Pools { get; } = pools;

    public RequestExecutor Executor { get; } = executor;

    public int Id => Pools.Id;

    public bool IsDetaching { get; set; }

    /// <summary>Its pools have ended.</summary>
    public void OnEnded() => Executor.EndRequests();
}
