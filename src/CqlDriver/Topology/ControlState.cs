using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Schema;

namespace CqlDriver.Topology;

/// <summary>
/// Everything the rules remember between two steps. Immutable; ordered collections only, so that nothing depends on the
/// order of a hash table. Only <see cref="Metadata"/> is shown to others.
/// </summary>
internal sealed record ControlState
{
    public Metadata Metadata { get; init; } = Metadata.Empty;

    /// <summary>The time of the last step. It never goes back, whatever order inputs were stamped in.</summary>
    public TimeSpan Now { get; init; }

    public long LastId { get; init; }

    public long LastGeneration { get; init; }

    public ulong RandomState { get; init; }

    public ClientRouteState? Routes { get; init; }

    public TicketTable Tickets { get; init; } = TicketTable.Empty;

    public ControlPhase Control { get; init; } = new ControlPhase.Idle();

    /// <summary>The watching of a monitor that tells the nodes; null: it has not begun, or there is none.</summary>
    public MonitorWatch? Watch { get; init; }

    public RefreshSchedule Refresh { get; init; } = new();

    public SchemaSchedule Schema { get; init; } = new();

    public RoutingState Routing { get; init; } = new();

    /// <summary>The counters behind each node's status.</summary>
    public ImmutableSortedDictionary<HostId, NodeHealth> Health { get; init; } = ImmutableSortedDictionary<HostId, NodeHealth>.Empty;

    /// <summary>Nodes whose traffic is on its way to another endpoint.</summary>
    public ImmutableSortedDictionary<HostId, EndpointHandover> Handovers { get; init; } = ImmutableSortedDictionary<HostId, EndpointHandover>.Empty;

    /// <summary>Where nodes are said to be, as long as they are not there.</summary>
    public ImmutableSortedDictionary<HostId, EndpointClaim> Claims { get; init; } = ImmutableSortedDictionary<HostId, EndpointClaim>.Empty;

    /// <summary>Nodes that may have another host id now, by the one they had.</summary>
    public ImmutableSortedDictionary<HostId, IdentityDoubt> Doubts { get; init; } = ImmutableSortedDictionary<HostId, IdentityDoubt>.Empty;

    public ImmutableArray<RefreshWaiter> Waiters { get; init; } = [];

    /// <summary>Warnings about rows that are still as they were: each is given once.</summary>
    public ImmutableSortedSet<string> Warned { get; init; } = ImmutableSortedSet<string>.Empty;

    /// <summary>Nodes that a new control connection does not show although connections to them are open, and since when.</summary>
    public ImmutableSortedDictionary<HostId, TimeSpan> DoubtedRemovals { get; init; } = ImmutableSortedDictionary<HostId, TimeSpan>.Empty;

    /// <summary>The log that the cluster keeps itself, where there is one.</summary>
    public CommittedLog Committed { get; init; } = CommittedLog.Unread;

    public bool IsShuttingDown { get; init; }

    /// <summary>The generation that stands for a node; 0 when it is not known.</summary>
    public long GenerationOf(HostId hostId) => Metadata.TryGetNode(hostId, out var node) ? node.Generation : 0;

    public bool HasOpenConnection(HostId hostId) => Health.TryGetValue(hostId, out var health) && health.Open > 0;
}

/// <summary>Counters of one life of a node, over all sessions.</summary>
/// <param name="Generation">Which life; counts of another one are ignored.</param>
internal sealed record NodeHealth(long Generation)
{
    /// <summary>Verified connections in pools.</summary>
    public int Open { get; init; }

    /// <summary>Pools without a connection that try to get one again.</summary>
    public int Reconnecting { get; init; }

    /// <summary>Sessions that want connections; 0: its status is what events say.</summary>
    public int Wanted { get; init; }

    /// <summary>Declared by the application or a custom source.</summary>
    public NodeStatus? Forced { get; init; }

    /// <summary>A connection opened while it was down: it is announced with the first refresh numbered higher than this.</summary>
    public long? UpAfterRefresh { get; init; }

    /// <summary>By which connection its sharding was told; an older connection's report does not count.</summary>
    public ConnectionId ShardingToldBy { get; init; }
}

/// <summary>Somebody waits for a refresh that starts after he asked.</summary>
/// <param name="Id">Whom to tell.</param>
/// <param name="AfterRefresh">How many refreshes had been started then.</param>
/// <param name="IsFirst">Whether the wait ends with an error when the cluster cannot be reached.</param>
internal sealed record RefreshWaiter(long Id, long AfterRefresh, bool IsFirst);

/// <summary>One full refresh at a time; what becomes due while it runs stays planned.</summary>
internal sealed record RefreshSchedule
{
    /// <summary>How many were started; the number of the newest.</summary>
    public long Started { get; init; }

    public TimeSpan? LastStart { get; init; }

    public RunningRefresh? Running { get; init; }

    public bool IsPlanned { get; init; }

    /// <summary>An event asked for it: the nodes are read once more, later.</summary>
    public bool IsEchoWanted { get; init; }

    /// <summary>When the planned one is due.</summary>
    public TimeSpan DueAt { get; init; }
}

/// <param name="Number">Its number; the same when it is asked again because its parts did not fit.</param>
/// <param name="Ticket">The right to answer.</param>
/// <param name="StartedAt">When it was asked.</param>
/// <param name="Tears">How often its parts did not fit.</param>
internal sealed record RunningRefresh(long Number, EffectTicket Ticket, TimeSpan StartedAt, int Tears);

internal enum ControlPhaseKind
{
    Idle,
    Resolving,
    Opening,
    Waiting,
    Ready,
}

/// <summary>
/// Where the control connection stands. Each <see cref="Ready"/> is a life of its own, an epoch, named by the connection's
/// number: what belongs to another one is dropped.
/// </summary>
internal abstract record ControlPhase
{
    private ControlPhase()
    {
    }

    public abstract ControlPhaseKind Kind { get; }

    /// <summary>The walk that goes on, or that led here; null when there is none.</summary>
    public virtual ConnectRound? Round => null;

    /// <summary>Not begun, or shut down.</summary>
    internal sealed record Idle : ControlPhase
    {
        public override ControlPhaseKind Kind => ControlPhaseKind.Idle;
    }

    /// <summary>Contact points are being resolved.</summary>
    internal sealed record Resolving(EffectTicket Ticket, ConnectRound Walk) : ControlPhase
    {
        public override ConnectRound Round => Walk;

        public override ControlPhaseKind Kind => ControlPhaseKind.Resolving;
    }

    /// <summary>A candidate is being dialled.</summary>
    internal sealed record Opening(EffectTicket Ticket, NodeEndpoint Target, ConnectRound Walk) : ControlPhase
    {
        public override ConnectRound Round => Walk;

        public override ControlPhaseKind Kind => ControlPhaseKind.Opening;
    }

    /// <summary>All candidates failed; a timer runs.</summary>
    internal sealed record Waiting(EffectTicket Timer, ConnectRound Walk) : ControlPhase
    {
        public override ConnectRound Round => Walk;

        public override ControlPhaseKind Kind => ControlPhaseKind.Waiting;
    }

    /// <param name="Connection">The connection.</param>
    /// <param name="HostId">Its node, as the node itself says; null until the first refresh when the handshake did not tell.</param>
    /// <param name="Walk">The walk that led here: it goes on when the first refresh fails.</param>
    /// <param name="Refreshes">How many refreshes of this life were applied.</param>
    internal sealed record Ready(IPooledConnection Connection, HostId? HostId, ConnectRound Walk, int Refreshes) : ControlPhase
    {
        public override ConnectRound Round => Walk;

        public override ControlPhaseKind Kind => ControlPhaseKind.Ready;
    }
}

/// <summary>One walk over known nodes and contact points in search of a control connection.</summary>
/// <param name="Attempt">0 for the first walk after a success.</param>
/// <param name="Remaining">Whom to dial next.</param>
/// <param name="HasResolved">Whether the contact points are among them, or were.</param>
/// <param name="Failures">The latest failure of each address since the last success, in order of first failure.</param>
internal sealed record ConnectRound(int Attempt, ImmutableArray<NodeEndpoint> Remaining, bool HasResolved, ImmutableArray<ContactFailure> Failures)
{
    public ConnectRound Failed(NodeEndpoint endpoint, Exception error)
    {
        var failure = new ContactFailure(endpoint, error);
        for (var i = 0; i < Failures.Length; i++)
        {
            if (Failures[i].Endpoint.Equals(endpoint))
            {
                return this with { Failures = Failures.SetItem(i, failure) };
            }
        }

        return this with { Failures = Failures.Add(failure) };
    }
}
