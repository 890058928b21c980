namespace CqlDriver.SimulationTests;

/// <summary>All invariants of one world.</summary>
internal sealed class InvariantSet(SimulationWorld world)
{
    private readonly Invariant[] _all =
    [
        new TicketsAreOwed(), new PoolsBelongToNodes(), new IndexIsABijection(), new PositionNeverFalls(), new CountersTellTheTruth(),
        new ConnectionsHaveOwners(), new StreamsAreConserved(), new HandoversAreAnchored(),
    ];

    public static int Count => 8;

    public void Check()
    {
        foreach (var invariant in _all)
        {
            invariant.Check(world);
        }
    }
}
