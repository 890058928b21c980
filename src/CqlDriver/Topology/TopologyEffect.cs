using System.Collections.Immutable;
using CqlDriver.Connections;

namespace CqlDriver.Topology;

/// <summary>Which effect a <see cref="TopologyEffect"/> is.</summary>
internal enum TopologyEffectKind
{
    OpenControlConnection,
    ResolveContactPoints,
    ReadNodes,
    DialNode,
    SetKeyspace,
    CloseConnection,
    StartTimer,
    CancelEffect,
    CountDrop,
    AnswerWaiters,
    ReportNotice,
}

/// <summary>
/// Work that a step decided to start. A closed family. Those with a ticket are answered by exactly one input; the others are
/// done when they are started.
/// </summary>
internal abstract record TopologyEffect
{
    private protected TopologyEffect()
    {
    }

    public abstract TopologyEffectKind Kind { get; }
}

/// <summary>An effect that is answered.</summary>
internal abstract record TicketedEffect(EffectTicket Ticket) : TopologyEffect;

/// <summary>Dial an endpoint, register for events. Answered by <see cref="ControlOpened"/> or <see cref="ControlFailed"/>.</summary>
internal sealed record OpenControlConnection(EffectTicket Ticket, ConnectionId ConnectionId, NodeEndpoint Endpoint) : TicketedEffect(Ticket)
{
    public override TopologyEffectKind Kind => TopologyEffectKind.OpenControlConnection;
}

/// <summary>Resolve the contact points anew. Answered by <see cref="ContactPointsResolved"/>.</summary>
internal sealed record ResolveContactPoints(EffectTicket Ticket, ImmutableArray<NodeEndpoint> ContactPoints) : TicketedEffect(Ticket)
{
    public override TopologyEffectKind Kind => TopologyEffectKind.ResolveContactPoints;
}

/// <summary>Read the system tables on the control connection. Answered by <see cref="NodesRead"/> or <see cref="NodesReadFailed"/>.</summary>
internal sealed record ReadNodes(EffectTicket Ticket, IPooledConnection Connection) : TicketedEffect(Ticket)
{
    public override TopologyEffectKind Kind => TopologyEffectKind.ReadNodes;
}

/// <summary>
/// Open a connection to a node, for a pool. The endpoint is captured with the fence and not read again. Answered by
/// <see cref="NodeDialled"/> or <see cref="NodeDialFailed"/>.
/// </summary>
internal sealed record DialNode(EffectTicket Ticket, ConnectionId ConnectionId, NodeEndpoint Endpoint, string? Keyspace, ShardWish? Shard) : TicketedEffect(Ticket)
{
    public override TopologyEffectKind Kind => TopologyEffectKind.DialNode;
}

/// <summary>Run USE on a connection. Answered by <see cref="KeyspaceSet"/>.</summary>
internal sealed record SetKeyspace(EffectTicket Ticket, IPooledConnection Connection, string Keyspace) : TicketedEffect(Ticket)
{
    public override TopologyEffectKind Kind => TopologyEffectKind.SetKeyspace;
}

/// <summary>
/// Close a connection when nothing is in flight on it any more, and at the limit at the latest; at once when the limit is
/// zero. Answered by <see cref="ConnectionClosed"/> when the socket is closed.
/// </summary>
internal sealed record CloseConnection(EffectTicket Ticket, IPooledConnection Connection, TimeSpan DrainLimit, string Reason) : TicketedEffect(Ticket)
{
    public override TopologyEffectKind Kind => TopologyEffectKind.CloseConnection;
}

/// <summary>Answered by <see cref="TimerFired"/>, unless it is cancelled.</summary>
internal sealed record StartTimer(EffectTicket Ticket, TimeSpan DueIn) : TicketedEffect(Ticket)
{
    public override TopologyEffectKind Kind => TopologyEffectKind.StartTimer;
}

/// <summary>Stop what was started with a ticket. A timer is forgotten; everything else still answers.</summary>
internal sealed record CancelEffect(EffectTicket Cancelled) : TopologyEffect
{
    public override TopologyEffectKind Kind => TopologyEffectKind.CancelEffect;
}

/// <summary>Count work that came home too late.</summary>
internal sealed record CountDrop(EffectKind Dropped) : TopologyEffect
{
    public override TopologyEffectKind Kind => TopologyEffectKind.CountDrop;
}

/// <summary>Tell those who wait. No error: what they waited for has happened.</summary>
internal sealed record AnswerWaiters(ImmutableArray<long> Waiters, Exception? Error) : TopologyEffect
{
    public override TopologyEffectKind Kind => TopologyEffectKind.AnswerWaiters;
}

internal sealed record ReportNotice(TopologyNotice Notice) : TopologyEffect
{
    public override TopologyEffectKind Kind => TopologyEffectKind.ReportNotice;
}
