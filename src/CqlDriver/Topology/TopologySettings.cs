using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Schema;

namespace CqlDriver.Topology;

/// <summary>Everything about the topology that is decided before it is read for the first time. Immutable.</summary>
internal sealed record TopologySettings
{
    /// <summary>Addresses to dial when no node is known or none answers; names are resolved anew each time.</summary>
    public required ImmutableArray<NodeEndpoint> ContactPoints { get; init; }

    public ConnectionSettings Connections { get; init; } = ConnectionSettings.Default;

    public IReconnectionPolicy Reconnection { get; init; } = ExponentialReconnectionPolicy.Default;

    /// <summary>Of two refreshes that events ask for, the second starts no sooner than this after the first.</summary>
    public TimeSpan EventWindow { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long after a refresh that an event asked for the nodes are read once more.</summary>
    public TimeSpan EchoDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a removal that a new control connection shows first is doubted, while connections to the node are open.</summary>
    public TimeSpan RemovalDoubt { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the announcement that a node is up again waits for its row to be read.</summary>
    public TimeSpan UpReadLimit { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The limit of the first connect.</summary>
    public TimeSpan FirstRefreshLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The limit of each query that the driver asks on its own behalf.</summary>
    public TimeSpan QueryLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The limit of a wait for a refresh, finding another control connection included.</summary>
    public TimeSpan RefreshLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A refresh at least this often, events or not; null: never.</summary>
    public TimeSpan? RefreshInterval { get; init; }

    /// <summary>How nodes are reached behind private connections; null: they are reached where they say.</summary>
    public RouteSettings? ClientRoutes { get; init; }

    /// <summary>The same where the cluster's own directory is read: nothing announces that a node leaves, and asking costs little.</summary>
    public TimeSpan DirectoryInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether the schema is read.</summary>
    public bool ReadsSchema { get; init; }

    /// <summary>Who tells the nodes in place of the system tables; null: nobody.</summary>
    public MonitorSettings? Monitor { get; init; }

    /// <summary>Whether the schema comes from a source of its own.</summary>
    public bool HasSchemaSource { get; init; }

    public bool NeedsControlConnection => Monitor is null or { RequiresControlConnection: true } || (ReadsSchema && !HasSchemaSource);

    public SchemaPacing SchemaPacing { get; init; } = new();

    /// <summary>No delay of a user's reconnection policy is longer.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Known nodes tried for a control connection before the contact points are.</summary>
    public int ControlCandidates { get; init; } = 8;

    /// <summary>Connections that are being opened at once, over all sessions.</summary>
    public int MaxDials { get; init; } = 64;

    /// <summary>Changes that wait for one listener; a slower one gets a snapshot in place of what it missed.</summary>
    public int ListenerCapacity { get; init; } = 1_024;

    /// <summary>Changes kept for looking back.</summary>
    public int LogCapacity { get; init; } = 1_024;

    /// <summary>How a node's traffic is handed over to another endpoint.</summary>
    public HandoverOptions Handover { get; init; } = new();

    /// <summary>How long a connection may take to tell who is at its other end, before the node counts as replaced.</summary>
    public TimeSpan IdentityLimit { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long an effect may go without an answer; each has a limit of its own, this one is for a defect.</summary>
    public TimeSpan TicketLimit { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>How often that is looked at.</summary>
    public TimeSpan TicketSweepInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether nodes that own no data on purpose get requests.</summary>
    public bool UsesNodesWithoutTokens { get; init; }

    /// <summary>Which races are defended against: for simulations.</summary>
    public Defences Defences { get; init; } = Defences.All;

    /// <summary>Seeds jitter. A fixed one gives the same choices for the same inputs.</summary>
    public ulong RandomSeed { get; init; }

    /// <summary>Whether a defect of the driver stops the loop instead of being reported: for tests and simulations.</summary>
    public bool StopsAtFaults { get; init; }

    /// <summary>Writes down what happens; null: nobody does.</summary>
    public IStepRecorder? Recorder { get; init; }

    /// <summary>Where rules ask what they cannot know.</summary>
    public StepOutside Outside => Recorder?.Outside ?? StepOutside.Live;

    public TimeProvider Time => Connections.Time;
}
