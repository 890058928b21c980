namespace CqlDriver.Topology;

/// <summary>
/// The only door through which asynchronous work comes home: its ticket must be in flight and its fence must be the one that
/// stands. It covers failures as well as successes. What does not pass is counted by kind, and what it brought is closed.
/// </summary>
internal static class FenceGate
{
    /// <summary>Consumes the ticket and says whether its answer may be used.</summary>
    /// <param name="tickets">The owner's table.</param>
    /// <param name="step">Takes the note of a drop.</param>
    /// <param name="ticket">The ticket that is answered.</param>
    /// <param name="standing">The fence of the pool that stands for the ticket's node now; null when there is none.</param>
    /// <param name="isAdmitted">Whether the answer may be used.</param>
    public static TicketTable Pass(TicketTable tickets, StepDraft step, EffectTicket ticket, PoolFence? standing, out bool isAdmitted)
    {
        var rest = tickets.Consume(ticket, out var verdict);
        isAdmitted = (verdict == TicketVerdict.InFlight && ticket.Fence == standing) || !(IsGuarded(step, ticket) || standing is null);
        if (!isAdmitted)
        {
            step.Start(new CountDrop(ticket.Kind, ticket.Fence, standing));
        }

        return rest;
    }

    /// <summary>Always, but in a simulation of what happens without the gate.</summary>
    public static bool IsGuarded(StepDraft step, EffectTicket ticket) =>
        ticket.Kind != EffectKind.DialNode || step.Defends(ticket.Key.Slot == 0 ? Race.LatePool : Race.LateConnection);
}
