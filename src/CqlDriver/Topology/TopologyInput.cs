using System.Collections.Immutable;
using CqlDriver.Connections;

namespace CqlDriver.Topology;

/// <summary>Which input a <see cref="TopologyInput"/> is.</summary>
internal enum TopologyInputKind
{
    Started,
    ShutdownRequested,
    RefreshRequested,
    RefreshAbandoned,
    NodeForced,
    SessionAttached,
    SessionDetached,
    SessionKeyspaceChanged,
    ContactPointsResolved,
    ControlOpened,
    ControlFailed,
    ControlLost,
    NodesRead,
    NodesReadFailed,
    EventsObserved,
    NodeDialled,
    NodeDialFailed,
    ConnectionLost,
    ConnectionClosed,
    KeyspaceSet,
    TimerFired,
    FaultOccurred,
}

/// <summary>
/// Something that happened or that somebody says happened; may be wrong, late or doubled. A closed family: everything that
/// the loop ever learns comes as one of these.
/// </summary>
internal abstract record TopologyInput
{
    private protected TopologyInput()
    {
    }

    public abstract TopologyInputKind Kind { get; }

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
}

internal sealed record Started : TopologyInput
{
    public override TopologyInputKind Kind => TopologyInputKind.Started;
}

internal sealed record ShutdownRequested : TopologyInput
{
    public override TopologyInputKind Kind => TopologyInputKind.ShutdownRequested;
}

/// <summary>Somebody waits for a refresh that starts after this. The first wait also ends when connecting is hopeless.</summary>
internal sealed record RefreshRequested(long Waiter, bool IsFirst) : TopologyInput
{
    public override TopologyInputKind Kind => TopologyInputKind.RefreshRequested;
}

internal sealed record RefreshAbandoned(long Waiter) : TopologyInput
{
    public override TopologyInputKind Kind => TopologyInputKind.RefreshAbandoned;
}

/// <summary>The application or a custom source declares a node up or down; null takes that back.</summary>
internal sealed record NodeForced(HostId HostId, NodeStatus? Status) : TopologyInput
{
    public override TopologyInputKind Kind => TopologyInputKind.NodeForced;
}

internal sealed record SessionAttached(ITopologyParticipant Participant) : TopologyInput
{
    public override TopologyInputKind Kind => TopologyInputKind.SessionAttached;
}

internal sealed record SessionDetached(int Session) : TopologyInput
{
    public override TopologyInputKind Kind => TopologyInputKind.SessionDetached;
}

/// <summary>A USE that the application ran moved the session's keyspace.</summary>
internal sealed record SessionKeyspaceChanged(int Session, string Keyspace, long Waiter) : TopologyInput
{
    public override TopologyInputKind Kind => TopologyInputKind.SessionKeyspaceChanged;
}

internal sealed record ContactPointsResolved(EffectTicket Ticket, ImmutableArray<NodeEndpoint> Endpoints, ImmutableArray<ContactFailure> Failures) : EffectAnswer(Ticket)
{
    public override TopologyInputKind Kind => TopologyInputKind.ContactPointsResolved;
}

internal sealed record ControlOpened(EffectTicket Ticket, IPooledConnection Connection) : EffectAnswer(Ticket)
{
    public override TopologyInputKind Kind => TopologyInputKind.ControlOpened;

    public override IPooledConnection Brings => Connection;
}

internal sealed record ControlFailed(EffectTicket Ticket, Exception Error) : EffectAnswer(Ticket)
{
    public override TopologyInputKind Kind => TopologyInputKind.ControlFailed;
}

internal sealed record ControlLost(ConnectionId ConnectionId, Exception Error) : TopologyInput
{
    public override TopologyInputKind Kind => TopologyInputKind.ControlLost;
}

/// <summary>What the system tables say. <see cref="LocalAgain"/> was read after the peers: another one means that they do not belong together.</summary>
internal sealed record NodesRead(EffectTicket Ticket, NodeRow? Local, ImmutableArray<NodeRow> Peers, NodeRow? LocalAgain) : EffectAnswer(Ticket)
{
    public override TopologyInputKind Kind => TopologyInputKind.NodesRead;
}

internal sealed record NodesReadFailed(EffectTicket Ticket, Exception Error) : EffectAnswer(Ticket)
{
    public override TopologyInputKind Kind => TopologyInputKind.NodesReadFailed;
}

/// <summary>Events of a control connection, merged. <see cref="HasOverflowed"/>: there were more than were kept.</summary>
internal sealed record EventsObserved(ConnectionId ConnectionId, ImmutableArray<NodeHint> Hints, ImmutableArray<SchemaHint> Schema, bool HasOverflowed) : TopologyInput
{
    public override TopologyInputKind Kind => TopologyInputKind.EventsObserved;
}

internal sealed record NodeDialled(EffectTicket Ticket, IPooledConnection Connection) : EffectAnswer(Ticket)
{
    public override TopologyInputKind Kind => TopologyInputKind.NodeDialled;

    public override IPooledConnection Brings => Connection;
}

/// <param name="Ticket">The dial.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="Answered">Who answered, when it was another node.</param>
/// <param name="IsKeyspaceRefused">The node is there; it does not know the session's keyspace, or does not allow it.</param>
internal sealed record NodeDialFailed(EffectTicket Ticket, Exception Error, HostId? Answered = null, bool IsKeyspaceRefused = false) : EffectAnswer(Ticket)
{
    public override TopologyInputKind Kind => TopologyInputKind.NodeDialFailed;
}

/// <summary>A connection that was opened for a pool has ended.</summary>
internal sealed record ConnectionLost(int Session, PoolFence Fence, ConnectionId ConnectionId, Exception Error) : TopologyInput
{
    public override TopologyInputKind Kind => TopologyInputKind.ConnectionLost;
}

internal sealed record ConnectionClosed(EffectTicket Ticket) : EffectAnswer(Ticket)
{
    public override TopologyInputKind Kind => TopologyInputKind.ConnectionClosed;
}

internal sealed record KeyspaceSet(EffectTicket Ticket, Exception? Error) : EffectAnswer(Ticket)
{
    public override TopologyInputKind Kind => TopologyInputKind.KeyspaceSet;
}

internal sealed record TimerFired(EffectTicket Ticket) : EffectAnswer(Ticket)
{
    public override TopologyInputKind Kind => TopologyInputKind.TimerFired;
}

/// <summary>A step failed: nothing of it happened. The ticket that its input answered will not be answered again.</summary>
internal sealed record FaultOccurred(Exception Error, EffectTicket? Unanswered) : TopologyInput
{
    public override TopologyInputKind Kind => TopologyInputKind.FaultOccurred;

    public override EffectTicket? Answers => Unanswered;
}

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
