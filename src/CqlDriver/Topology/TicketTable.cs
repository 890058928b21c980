using System.Collections.Immutable;
using CqlDriver.Diagnostics;

namespace CqlDriver.Topology;

/// <summary>
/// The tickets of one owner: what the world still owes it. Immutable. A ticket is in flight from its issue until its answer;
/// a revoked one stays until its effect has answered too, because until then something may have to be closed. Disposal is:
/// revoke all, wait until the table is empty.
/// </summary>
internal sealed class TicketTable
{
    private readonly ImmutableSortedDictionary<long, Entry> _entries;

    // Looked up, never enumerated: its order cannot be seen.
    private readonly ImmutableDictionary<EffectKey, EffectTicket> _inFlight;

    private TicketTable(ImmutableSortedDictionary<long, Entry> entries, ImmutableDictionary<EffectKey, EffectTicket> inFlight)
    {
        _entries = entries;
        _inFlight = inFlight;
    }

    public static TicketTable Empty { get; } = new(ImmutableSortedDictionary<long, Entry>.Empty, ImmutableDictionary<EffectKey, EffectTicket>.Empty);

    public bool IsEmpty => _entries.IsEmpty;

    public int Count => _entries.Count;

    /// <summary>The ticket in flight with this key.</summary>
    public EffectTicket? Find(EffectKey key) => _inFlight.GetValueOrDefault(key);

    /// <summary>How many connections are being closed for a handover.</summary>
    public int Closing(long handover) => _entries.Values.Count(entry => entry.Ticket.Kind == EffectKind.CloseConnection && entry.Ticket.Handover == handover);

    /// <summary>A ticket for new work; null while work with this key is in flight.</summary>
    public TicketTable Issue(StepDraft step, int owner, EffectKey key, PoolFence? fence, out EffectTicket? ticket, long handover = 0)
    {
        if (_inFlight.ContainsKey(key) && step.Defends(Race.DoubleCreation))
        {
            ticket = null;
            return this;
        }

        ticket = new EffectTicket(step.NextId(), owner, key, fence) { Handover = handover };
        return new TicketTable(_entries.Add(ticket.Id, new Entry(ticket, IsRevoked: false, step.Now + step.Settings.TicketLimit)), _inFlight.SetItem(key, ticket));
    }

    /// <summary>The answer to a ticket has come: it leaves the table, and says whether the answer may be used.</summary>
    public TicketTable Consume(EffectTicket ticket, out TicketVerdict verdict)
    {
        if (!_entries.TryGetValue(ticket.Id, out var entry))
        {
            verdict = TicketVerdict.Unknown;
            return this;
        }

        verdict = entry.IsRevoked ? TicketVerdict.Revoked : TicketVerdict.InFlight;
        return new TicketTable(_entries.Remove(ticket.Id), entry.IsRevoked ? _inFlight : _inFlight.Remove(ticket.Key));
    }

    /// <summary>
    /// Takes the right to answer back. A timer is gone with that; any other effect is told to stop, and its answer is still
    /// awaited. Closing a connection is never revoked: it is what revoking leads to.
    /// </summary>
    public TicketTable Revoke(StepDraft step, EffectTicket ticket)
    {
        if (ticket.Kind == EffectKind.CloseConnection || !_entries.TryGetValue(ticket.Id, out var entry) || entry.IsRevoked)
        {
            return this;
        }

        step.Start(new CancelEffect(ticket));
        var entries = ticket.Kind == EffectKind.Timer ? _entries.Remove(ticket.Id) : _entries.SetItem(ticket.Id, entry with { IsRevoked = true });
        return new TicketTable(entries, _inFlight.Remove(ticket.Key));
    }

    /// <summary>Revokes all work started for a pool.</summary>
    public TicketTable RevokePool(StepDraft step, PoolId poolId) => RevokeWhere(step, ticket => ticket.Fence?.PoolId == poolId);

    /// <summary>Revokes what a pool has started to get connections.</summary>
    public TicketTable RevokeDials(StepDraft step, PoolId poolId) =>
        RevokeWhere(step, ticket => ticket.Fence?.PoolId == poolId && ticket.Kind is (EffectKind.DialNode or EffectKind.Timer));

    public TicketTable RevokeAll(StepDraft step) => RevokeWhere(step, static _ => true);

    private TicketTable RevokeWhere(StepDraft step, Func<EffectTicket, bool> isMeant)
    {
        var table = this;
        foreach (var entry in _entries.Values)
        {
            if (isMeant(entry.Ticket))
            {
                table = table.Revoke(step, entry.Ticket);
            }
        }

        return table;
    }

    /// <summary>What nobody has answered for so long that nobody will: it counts as failed. Timers and streams take as long as they take.</summary>
    public void Expire(StepDraft step)
    {
        foreach (var entry in _entries.Values)
        {
            if (entry.Ticket.Kind is not (EffectKind.Timer or EffectKind.WatchMonitor) && entry.Deadline <= step.Now)
            {
                step.Report(Log.TicketExpired, entry.Ticket.ToString(), $"{step.Settings.TicketLimit}");
                step.Follow(EffectAnswer.Failed(entry.Ticket, new TimeoutException($"{entry.Ticket} was not answered within {step.Settings.TicketLimit}.")));
            }
        }
    }

    private sealed record Entry(EffectTicket Ticket, bool IsRevoked, TimeSpan Deadline);
}

/// <summary>How a ticket stood when its answer came.</summary>
internal enum TicketVerdict
{
    /// <summary>The answer may be used, if its fence still stands.</summary>
    InFlight,

    /// <summary>It was taken back meanwhile.</summary>
    Revoked,

    /// <summary>It was answered before, or is nobody's.</summary>
    Unknown,
}
