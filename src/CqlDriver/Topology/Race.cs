namespace CqlDriver.Topology;

/// <summary>
/// The races that must be impossible, by the numbers they have in the documentation. Each has defences, and a switch that
/// takes all of them away at once, so that a simulation can show that it finds the race without them.
/// </summary>
internal enum Race
{
    /// <summary>A connection opened for an old endpoint, or for a pool that was retired, comes home.</summary>
    LatePool = 1,

    /// <summary>A retired pool reports a failure.</summary>
    RetiredFailure = 2,

    /// <summary>A further connection of a pool that was retired comes home.</summary>
    LateConnection = 3,

    /// <summary>A request that is given up after a swap gives its stream id back elsewhere.</summary>
    StreamReturn = 4,

    /// <summary>Two triggers open two pools, or two connections for one place.</summary>
    DoubleCreation = 5,

    /// <summary>A node leaves while its pool is created.</summary>
    RemovedWhileDialling = 6,

    /// <summary>The answer of an older refresh comes last.</summary>
    RefreshOrder = 7,

    /// <summary>Two nodes swap addresses.</summary>
    AddressSwap = 8,

    /// <summary>A node is added again with its old host id.</summary>
    ReAdded = 9,

    /// <summary>A live node shards differently, and an old connection reports late.</summary>
    Resharding = 10,

    /// <summary>Several contact points lead to one node.</summary>
    ContactPoints = 12,

    /// <summary>Something is closed while anything is in flight.</summary>
    Disposal = 13,

    /// <summary>All nodes get other host ids at once, and live on.</summary>
    Reidentified = 14,

    /// <summary>The tables are read while they change.</summary>
    TornRead = 15,

    /// <summary>An endpoint flips back while the handover to it is under way.</summary>
    FlipBack = 16,

    /// <summary>A dial reaches another node.</summary>
    WrongNode = 18,

    /// <summary>A pool renewed at the same generation: the old one fails.</summary>
    RenewedPool = 21,

    /// <summary>An event names an address that changed hands.</summary>
    AddressEvent = 22,

    /// <summary>What an old control connection was asked fails late.</summary>
    OldControlConnection = 23,

    /// <summary>The keyspace changes while a connection is opened.</summary>
    KeyspaceSwitch = 24,
}

/// <summary>Which races are defended against: all of them, but in a simulation that takes one away. Immutable.</summary>
internal sealed class Defences
{
    private readonly ulong _without;

    private Defences(ulong without) => _without = without;

    public static Defences All { get; } = new(0);

    public bool Against(Race race) => (_without & (1UL << (int)race)) == 0;

    public Defences Without(Race race) => new(_without | (1UL << (int)race));
}
