using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Schema;
using Microsoft.Extensions.Logging;

namespace CqlDriver.Topology;

/// <summary>
/// Work that a step decided to start. A closed family. Those with a ticket are answered by exactly one input; the others are
/// done when they are started.
/// </summary>
internal abstract record TopologyEffect
{
    private protected TopologyEffect()
    {
    }
}

/// <summary>An effect that is answered.</summary>
internal abstract record TicketedEffect(EffectTicket Ticket) : TopologyEffect;

/// <summary>Dial an endpoint, register for events. Answered by <see cref="ControlOpened"/> or <see cref="ControlFailed"/>.</summary>
internal sealed record OpenControlConnection(EffectTicket Ticket, ConnectionId ConnectionId, NodeEndpoint Endpoint) : TicketedEffect(Ticket);

/// <summary>Resolve the contact points anew. Answered by <see cref="ContactPointsResolved"/>.</summary>
internal sealed record ResolveContactPoints(EffectTicket Ticket, ImmutableArray<NodeEndpoint> ContactPoints) : TicketedEffect(Ticket);

/// <summary>Read the system tables on the control connection. Answered by <see cref="NodesRead"/> or <see cref="NodesReadFailed"/>.</summary>
internal sealed record ReadNodes(EffectTicket Ticket, IPooledConnection Connection) : TicketedEffect(Ticket);

/// <summary>Read the schema on the control connection, or from a source of its own. Answered by <see cref="SchemaRead"/> or <see cref="SchemaReadFailed"/>.</summary>
internal sealed record ReadSchema(EffectTicket Ticket, IPooledConnection? Connection, SchemaMetadata Before) : TicketedEffect(Ticket);

/// <summary>
/// Open a connection to a node, for a pool. The endpoint is captured with the fence and not read again. Answered by
/// <see cref="NodeDialled"/> or <see cref="NodeDialFailed"/>.
/// </summary>
internal sealed record DialNode(EffectTicket Ticket, ConnectionId ConnectionId, NodeEndpoint Endpoint, string? Keyspace, ShardWish? Shard) : TicketedEffect(Ticket);

/// <summary>Run USE on a connection. Answered by <see cref="KeyspaceSet"/>.</summary>
internal sealed record SetKeyspace(EffectTicket Ticket, IPooledConnection Connection, string Keyspace) : TicketedEffect(Ticket);

/// <summary>Dial an endpoint to find out who is there, and close the connection again. Answered by <see cref="IdentityVerified"/>.</summary>
internal sealed record VerifyIdentity(EffectTicket Ticket, ConnectionId ConnectionId, NodeEndpoint Endpoint) : TicketedEffect(Ticket);

/// <summary>Ask over an open connection who is at its other end. Answered by <see cref="IdentityTold"/>.</summary>
internal sealed record AskIdentity(EffectTicket Ticket, IPooledConnection Connection) : TicketedEffect(Ticket);

/// <summary>Prepare a session's most used statements over a connection. Answered by <see cref="ConnectionWarmed"/>.</summary>
internal sealed record WarmConnection(EffectTicket Ticket, IPooledConnection Connection, IConnectionWarmer Warmer) : TicketedEffect(Ticket);

/// <summary>
/// Close a connection when nothing is in flight on it any more, and at the limit at the latest; at once when the limit is
/// zero. Answered by <see cref="ConnectionClosed"/> when the socket is closed.
/// </summary>
internal sealed record CloseConnection(EffectTicket Ticket, IPooledConnection Connection, TimeSpan DrainLimit, string Reason) : TicketedEffect(Ticket);

/// <summary>Answered by <see cref="TimerFired"/>, unless it is cancelled.</summary>
internal sealed record StartTimer(EffectTicket Ticket, TimeSpan DueIn) : TicketedEffect(Ticket);

/// <summary>Stop what was started with a ticket. A timer is forgotten; everything else still answers.</summary>
internal sealed record CancelEffect(EffectTicket Cancelled) : TopologyEffect;

/// <summary>Somebody said that the node is down: ask it for a sign of life.</summary>
internal sealed record ProbeConnection(IPooledConnection Connection) : TopologyEffect;

/// <summary>Count work that came home too late.</summary>
/// <param name="Dropped">What kind of work.</param>
/// <param name="Fence">For which pool it was started.</param>
/// <param name="Standing">Which pool stands there now.</param>
internal sealed record CountDrop(EffectKind Dropped, PoolFence? Fence = null, PoolFence? Standing = null) : TopologyEffect;

/// <summary>Tell those who wait. No error: what they waited for has happened.</summary>
internal sealed record AnswerWaiters(ImmutableArray<long> Waiters, Exception? Error) : TopologyEffect;

/// <summary>Something that a rule noticed and an operator may want to read.</summary>
internal sealed record ReportNotice(NoticeMessage Message, string Subject, string Detail) : TopologyEffect;

/// <summary>One log message: of what it is about, and what is to be said of it.</summary>
internal delegate void NoticeMessage(ILogger logger, string subject, string detail);

/// <summary>
/// Gets a connection ready for what a session runs most, before requests see it. Implemented above: the control plane knows
/// of no statements.
/// </summary>
internal interface IConnectionWarmer
{
    /// <summary>Never throws but for cancellation; what could not be done is counted as left.</summary>
    Task<(int Left, TimeSpan? RoundTrip)> WarmAsync(IPooledConnection connection, CancellationToken cancellationToken);
}
