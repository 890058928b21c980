using CqlDriver.Connections;

namespace CqlDriver.SimulationTests;

internal sealed class SimulatedRequests(SimulationWorld world)
{
    public void OnWritten(SimulatedConnection connection, ConnectionRequest request, bool arrives) => world.Describe($"{request} is written on {connection}");
}
