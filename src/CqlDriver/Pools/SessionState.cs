using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Routing;
using CqlDriver.Topology;

namespace CqlDriver.Pools;

internal enum SessionPhase
{
    Active,
    Closing,
    Ended,
}

/// <summary>Everything the loop remembers of one session's pools. Immutable.</summary>
/// <param name="Id">The session; tickets name it as their owner.</param>
/// <param name="Settings">What the session wants.</param>
internal sealed record SessionState(int Id, SessionPoolSettings Settings)
{
    public SessionPhase Phase { get; init; }

    public TicketTable Tickets { get; init; } = TicketTable.Empty;

    public ImmutableSortedDictionary<HostId, PoolState> Pools { get; init; } = ImmutableSortedDictionary<HostId, PoolState>.Empty;

    public PolicyTables Policies { get; init; } = PolicyTables.Empty;

    public string? Keyspace { get; init; } = Settings.Keyspace;

    /// <summary>Grows with each change of the keyspace: a connection joins a pool at the current one only.</summary>
    public long KeyspaceVersion { get; init; }

    /// <summary>Who waits for which version to be everywhere.</summary>
    public ImmutableArray<KeyspaceSwitch> Switches { get; init; } = [];

    /// <summary>Pools for endpoints that are to take over. Requests do not see them.</summary>
    public ImmutableSortedDictionary<HostId, PoolState> Staged { get; init; } = ImmutableSortedDictionary<HostId, PoolState>.Empty;

    /// <summary>The pool with this number, under whatever host id and generation it is stamped now; null when it is none of the session's any more.</summary>
    public PoolState? PoolOf(PoolFence fence)
    {
        if (Pools.TryGetValue(fence.HostId, out var pool) && pool.Fence.PoolId == fence.PoolId)
        {
            return pool;
        }

        return Staged.Values.Concat(Pools.Values).FirstOrDefault(other => other.Fence.PoolId == fence.PoolId);
    }

    public SessionState With(PoolState pool) => pool.IsStaged
        ? this with { Staged = Staged.SetItem(pool.Fence.HostId, pool) }
        : this with { Pools = Pools.SetItem(pool.Fence.HostId, pool) };

    /// <summary>Issues a ticket; null when work with that key is in flight.</summary>
    public SessionState Issue(StepDraft step, EffectKey key, PoolFence? fence, out EffectTicket? ticket, long handover = 0) =>
        this with { Tickets = Tickets.Issue(step, Id, key, fence, out ticket, handover) };

    /// <summary>Closes a connection that is not wanted any more; the ticket keeps the session from ending before it is closed.</summary>
    public SessionState Close(StepDraft step, IPooledConnection connection, TimeSpan drainLimit, string reason, long handover = 0)
    {
        var next = Issue(step, new EffectKey(EffectKind.CloseConnection) { ConnectionId = connection.Id }, null, out var ticket, handover);
        if (ticket is not null)
        {
            step.Start(new CloseConnection(ticket, connection, drainLimit, reason));
        }

        return next;
    }
}

/// <param name="Waiter">Who waits.</param>
/// <param name="Version">For which keyspace.</param>
/// <param name="Errors">Connections that could not be switched.</param>
internal sealed record KeyspaceSwitch(long Waiter, long Version, ImmutableArray<Exception> Errors);
