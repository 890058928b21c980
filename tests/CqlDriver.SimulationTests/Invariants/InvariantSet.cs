namespace CqlDriver.SimulationTests;

/// <summary>All invariants of one world.</summary>
internal sealed class InvariantSet(SimulationWorld world)
{
    private readonly Invariant[] _all =
    [
        new TicketsAreOwed(), new PoolsBelongToNodes(), new IndexIsABijection(), new PositionNeverFalls(), new CountersTellTheTruth(),
        new ConnectionsHaveOwners(), new StreamsAreConserved(), new HandoversAreAnchored(),
    ];

    /// <summary>Which are checked, by their names in the design of the simulation.</summary>
    public static string Names => "I1-I16, I21, I22, keyspaces, L1, L3; I17, I18 of tablets; I19, I20 of logs; I24-I27 of routes; recordings";

    public void Check()
    {
        foreach (var invariant in _all)
        {
            invariant.Check(world);
        }
    }
}
