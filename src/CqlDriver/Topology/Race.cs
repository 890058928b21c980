namespace CqlDriver.Topology;

/// <summary>
/// The races that must be impossible, by the numbers they have in the documentation. Each has defences, and a switch that
/// takes all of them away at once, so that a simulation can show that it finds the race without them.
/// </summary>
internal enum Race
{
    LatePool = 1, // a connection opened for an old endpoint, or for a pool that was retired, comes home
    RetiredFailure = 2, // a retired pool reports a failure
    LateConnection = 3, // a further connection of a pool that was retired comes home
    StreamReturn = 4, // a request that is given up after a swap gives its stream id back elsewhere
    DoubleCreation = 5, // two triggers open two pools, or two connections for one place
    RemovedWhileDialling = 6, // a node leaves while its pool is created
    RefreshOrder = 7, // the answer of an older refresh comes last
    AddressSwap = 8, // two nodes swap addresses
    ReAdded = 9, // a node is added again with its old host id
    Resharding = 10, // a live node shards differently, and an old connection reports late
    ClientRoutes = 11, // partial, mixed and foreign events of client routes
    ContactPoints = 12, // several contact points lead to one node
    Disposal = 13, // something is closed while anything is in flight
    Reidentified = 14, // all nodes get other host ids at once, and live on
    TornRead = 15, // the tables are read while they change
    FlipBack = 16, // an endpoint flips back while the handover to it is under way
    LateTabletHint = 17, // an answer tells of a tablet what was true before something newer became known
    WrongNode = 18, // a dial reaches another node
    BatchHalf = 19, // a batch of which one part cannot be applied
    OldEntry = 20, // an entry of a committed log is told again when it is not true any more
    RenewedPool = 21, // a pool renewed at the same generation: the old one fails
    AddressEvent = 22, // an event names an address that changed hands
    OldControlConnection = 23, // what an old control connection was asked fails late
    KeyspaceSwitch = 24, // the keyspace changes while a connection is opened
    BadRoute = 25, // the row of the route that is used is updated to a bad target
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
