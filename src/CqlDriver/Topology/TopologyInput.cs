using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Schema;

namespace CqlDriver.Topology;

/// <summary>
/// Something that happened or that somebody says happened; may be wrong, late or doubled. A closed family: everything that
/// the loop ever learns comes as one of these.
/// </summary>
internal abstract record TopologyInput
{
    private protected TopologyInput()
    {
    }

    /// <summary>When it was observed, since the loop began. Stamped when it is posted.</summary>
    public TimeSpan At { get; init; }

    /// <summary>The ticket it answers; null when nobody asked.</summary>
    public virtual EffectTicket? Answers => null;

    /// <summary>A connection that is lost to everybody if this input is not taken.</summary>
    public virtual IPooledConnection? Brings => null;
}

/// <summary>An input that answers an effect.</summary>
internal abstract record EffectAnswer(EffectTicket Ticket) : TopologyInput
{
    public override EffectTicket Answers => Ticket;

    /// <summary>Given in place of an answer that did not come, or that could not be taken.</summary>
    public bool IsSubstitute { get; private init; }

    public EffectAnswer AsSubstitute() => this with { IsSubstitute = true };

    /// <summary>The worst answer that there is to an effect.</summary>
    public static EffectAnswer Failed(EffectTicket ticket, Exception error)
    {
        EffectAnswer answer = ticket.Kind switch
        {
            EffectKind.OpenControlConnection => new ControlFailed(ticket, error),
            EffectKind.ResolveContactPoints => new ContactPointsResolved(ticket, [], []),
            EffectKind.ReadNodes => new NodesReadFailed(ticket, error),
            EffectKind.ReadNode => new NodeRead(ticket, null, error),
            EffectKind.WatchMonitor => new MonitorEnded(ticket, error),
            EffectKind.ReadSchema => new SchemaReadFailed(ticket, error),
            EffectKind.ReadRoutes => new RoutesReadFailed(ticket, error),
            EffectKind.DialNode => new NodeDialFailed(ticket, error),
            EffectKind.SetKeyspace => new KeyspaceSet(ticket, error),
            EffectKind.VerifyIdentity => new IdentityVerified(ticket, null, error),
            EffectKind.AskIdentity => new IdentityTold(ticket, null, error),
            EffectKind.WarmConnection => new ConnectionWarmed(ticket, int.MaxValue, null),
            EffectKind.CloseConnection => new ConnectionClosed(ticket),
            EffectKind.BuildRings => new RingsBuilt(ticket, null),
            _ => new TimerFired(ticket),
        };
        return answer.AsSubstitute();
    }
}

internal sealed record Started : TopologyInput;

internal sealed record ShutdownRequested : TopologyInput;

/// <summary>Somebody waits for a refresh that starts after this. The first wait also ends when connecting is hopeless.</summary>
internal sealed record RefreshRequested(long Waiter, bool IsFirst) : TopologyInput;

internal sealed record RefreshAbandoned(long Waiter) : TopologyInput;

/// <summary>Somebody waits for a reading of the schema that starts after this.</summary>
internal sealed record SchemaRequested(long Waiter) : TopologyInput;

/// <summary>The application or a custom source declares a node up or down; null takes that back.</summary>
internal sealed record NodeForced(HostId HostId, NodeStatus? Status) : TopologyInput;

internal sealed record SessionAttached(ITopologyParticipant Participant) : TopologyInput;

internal sealed record SessionDetached(int Session) : TopologyInput;

/// <summary>A USE that the application ran moved the session's keyspace.</summary>
internal sealed record SessionKeyspaceChanged(int Session, string Keyspace, long Waiter) : TopologyInput;

internal sealed record ContactPointsResolved(EffectTicket Ticket, ImmutableArray<NodeEndpoint> Endpoints, ImmutableArray<ContactFailure> Failures)
    : EffectAnswer(Ticket);

internal sealed record ControlOpened(EffectTicket Ticket, IPooledConnection Connection) : EffectAnswer(Ticket)
{
    public override IPooledConnection Brings => Connection;
}

internal sealed record ControlFailed(EffectTicket Ticket, Exception Error) : EffectAnswer(Ticket);

internal sealed record ControlLost(ConnectionId ConnectionId, Exception Error) : TopologyInput;

/// <summary>What the system tables say. <see cref="LocalAgain"/> was read after the peers: another one means that they do not belong together.</summary>
internal sealed record NodesRead(EffectTicket Ticket, NodeRow? Local, ImmutableArray<NodeRow> Peers, NodeRow? LocalAgain, RouteReading? Routes = null) : EffectAnswer(Ticket)
{
    /// <summary>Whether the rows are of one moment and have the node itself among them; then its own row only tells the cluster's name.</summary>
    public bool IsWhole { get; init; }
}

internal sealed record NodesReadFailed(EffectTicket Ticket, Exception Error) : EffectAnswer(Ticket);

/// <summary>What the schema is, with the objects of the one before for all that did not change.</summary>
internal sealed record SchemaRead(EffectTicket Ticket, SchemaMetadata Schema) : EffectAnswer(Ticket);

internal sealed record SchemaReadFailed(EffectTicket Ticket, Exception Error) : EffectAnswer(Ticket);

/// <summary>Events of a control connection, merged. <see cref="HasOverflowed"/>: there were more than were kept.</summary>
internal sealed record EventsObserved(ConnectionId ConnectionId, ImmutableArray<NodeHint> Hints, ImmutableArray<SchemaHint> Schema, bool HasOverflowed, RouteHints? Routes = null) : TopologyInput;

internal sealed record NodeDialled(EffectTicket Ticket, IPooledConnection Connection) : EffectAnswer(Ticket)
{
    public override IPooledConnection Brings => Connection;
}

/// <param name="Ticket">The dial.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="Answered">Who answered, when it was another node.</param>
/// <param name="IsKeyspaceRefused">The node is there; it does not know the session's keyspace, or does not allow it.</param>
internal sealed record NodeDialFailed(EffectTicket Ticket, Exception Error, HostId? Answered = null, bool IsKeyspaceRefused = false) : EffectAnswer(Ticket);

/// <summary>So many requests on a connection were given up that it should be replaced; it still works.</summary>
internal sealed record ConnectionWorn(int Session, PoolFence Fence, ConnectionId ConnectionId) : TopologyInput;

/// <summary>A connection that was opened for a pool has ended.</summary>
internal sealed record ConnectionLost(int Session, PoolFence Fence, ConnectionId ConnectionId, Exception Error) : TopologyInput;

internal sealed record ConnectionClosed(EffectTicket Ticket) : EffectAnswer(Ticket);

internal sealed record KeyspaceSet(EffectTicket Ticket, Exception? Error) : EffectAnswer(Ticket);

/// <summary>Who answered at an endpoint that was dialled only to find out. No error and no host id: a node that names itself nowhere.</summary>
internal sealed record IdentityVerified(EffectTicket Ticket, HostId? Answered, Exception? Error) : EffectAnswer(Ticket);

/// <summary>Who is at the other end of a connection that has been open all the time.</summary>
internal sealed record IdentityTold(EffectTicket Ticket, HostId? HostId, Exception? Error) : EffectAnswer(Ticket);

/// <param name="Ticket">The effect.</param>
/// <param name="Left">Statements that are not prepared there yet.</param>
/// <param name="RoundTrip">How long one took; null: none was prepared.</param>
internal sealed record ConnectionWarmed(EffectTicket Ticket, int Left, TimeSpan? RoundTrip) : EffectAnswer(Ticket);

internal sealed record TimerFired(EffectTicket Ticket) : EffectAnswer(Ticket);

/// <summary>It is time to look for effects that nobody will answer.</summary>
internal sealed record TicketSweepDue : TopologyInput;

/// <summary>A step failed: nothing of it happened.</summary>
internal sealed record FaultOccurred(Exception Error, bool IsOfCommittedLog) : TopologyInput;

/// <summary>
/// The sessions have told, in the step before, what a handover waits for: whether it goes on is decided now, with what they
/// told. A follow-up: nothing comes between.
/// </summary>
internal sealed record HandoverDue(HostId HostId, long Handover) : TopologyInput;

/// <summary>
/// Other host ids are told for endpoints to which connections are open: sessions ask over those who is there. A follow-up.
/// </summary>
internal sealed record IdentityQuestioned(ImmutableArray<HostId> HostIds) : TopologyInput;

/// <summary>Why an address could not be used to reach the cluster.</summary>
internal sealed record ContactFailure(NodeEndpoint Endpoint, Exception Error);

/// <summary>What an event says of whoever is at an address.</summary>
internal enum NodeHintKind
{
    Added,
    Removed,
    Up,
    Down,
}

internal readonly record struct NodeHint(NodeHintKind Kind, NodeEndpoint Endpoint);

internal sealed record SchemaHint(string Change, string Target, string Keyspace, string? Name);
