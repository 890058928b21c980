using CqlDriver.Connections;

namespace CqlDriver.Topology;

/// <summary>What kind of work an effect is; drops are counted by it.</summary>
internal enum EffectKind
{
    OpenControlConnection,
    ResolveContactPoints,
    ReadNodes,
    ReadSchema,
    ReadNode,
    WatchMonitor,
    ReadRoutes,
    DialNode,
    SetKeyspace,
    VerifyIdentity,
    AskIdentity,
    WarmConnection,
    CloseConnection,
    Timer,
    BuildRings,

    /// <summary>Not started by anybody: a connection reported its end.</summary>
    ConnectionLoss,
    TabletHint, // nor this: an answer told of a tablet
}

/// <summary>What a timer is for.</summary>
internal enum TimerPurpose
{
    None,
    ControlReconnection,
    RefreshDue,
    SchemaDue,
    PeriodicRefresh,
    FirstRefreshLimit,
    UpWithoutReading,
    PoolReconnection,
    RouteRenewal,
    Handover,
    HandoverRetry,
    IdentityLimit,
    TicketSweep,
    MonitorRestart,
}

/// <summary>What an effect is about. While one with a key is in flight, no second one with that key is started: single flight.</summary>
internal readonly record struct EffectKey(EffectKind Kind)
{
    public TimerPurpose Timer { get; init; }

    public HostId HostId { get; init; }

    public PoolId PoolId { get; init; }

    public int Slot { get; init; }

    public ConnectionId ConnectionId { get; init; }
}

/// <summary>
/// The right to answer, once. Every effect has one, in the table of its owner: the cluster (owner 0) or a session. An answer
/// whose ticket is not in flight any more is closed and counted.
/// </summary>
/// <param name="Id">Given out once per cluster object.</param>
/// <param name="Owner">0 for the cluster, else the session.</param>
/// <param name="Key">What the effect is about.</param>
/// <param name="Fence">For which pool it was started; null when it is not about a pool.</param>
internal sealed record EffectTicket(long Id, int Owner, EffectKey Key, PoolFence? Fence)
{
    public const int Cluster = 0;

    public EffectKind Kind => Key.Kind;

    /// <summary>The handover it belongs to; 0: none.</summary>
    public long Handover { get; init; }

    /// <summary>The route that a dial takes; null: none.</summary>
    public ClientRoute? Route { get; init; }

    public override string ToString() => $"#{Id} {Kind}{(Key.Timer == TimerPurpose.None ? "" : $" {Key.Timer}")}{(Fence is { } fence ? $" {fence}" : "")}";
}
