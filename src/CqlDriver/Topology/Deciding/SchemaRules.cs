using CqlDriver.Diagnostics;
using CqlDriver.Schema;

namespace CqlDriver.Topology;

/// <summary>
/// The schema is read as a whole, one reading at a time, on the control connection, when its <see cref="SchemaSchedule"/> says so.
/// With that and the tickets no old schema follows a newer one.
/// </summary>
internal static class SchemaRules
{
    private static readonly EffectKey ReadKey = new(EffectKind.ReadSchema);
    private static readonly EffectKey DueKey = new(EffectKind.Timer) { Timer = TimerPurpose.SchemaDue };

    public static ControlState OnRead(ControlState state, StepDraft step, SchemaRead input)
    {
        state = state with { Tickets = FenceGate.Pass(state.Tickets, step, input.Ticket, null, out var isAdmitted) };
        if (!isAdmitted)
        {
            return state;
        }

        foreach (var problem in input.Schema.Problems.Except(state.Metadata.Schema.Problems))
        {
            step.Report(Log.SchemaRowIgnored, problem.Row, problem.Reason);
        }

        if (!ReferenceEquals(input.Schema, state.Metadata.Schema))
        {
            step.Change(new SchemaReplaced(input.Schema));
        }

        state = MonitorRules.OnServed(state);
        var schedule = state.Schema.Succeed(out var answered);
        RefreshRules.Answer(step, answered, null);
        return Follow(state, step, schedule);
    }

    /// <summary>Whether the connection is any good is found out by others; here it is tried again, later and later.</summary>
    public static ControlState OnReadFailed(ControlState state, StepDraft step, SchemaReadFailed input)
    {
        state = state with { Tickets = FenceGate.Pass(state.Tickets, step, input.Ticket, null, out var isAdmitted) };
        if (!isAdmitted)
        {
            return state;
        }

        step.Report(Log.SchemaReadFailed, $"{(state.Control as ControlPhase.Ready)?.Connection.Endpoint}", input.Error.Message);
        var failures = state.Schema.Failures + 1;
        return Follow(state, step, state.Schema with { Failures = failures, DueAt = step.Now + step.ReconnectionDelay(failures) });
    }

    /// <summary>The control connection ends, or another time is due: nothing of it is awaited any more.</summary>
    public static ControlState Interrupt(ControlState state, StepDraft step) => new[] { ReadKey, DueKey }.Aggregate(state, (next, key) =>
        next.Tickets.Find(key) is { } ticket ? next with { Tickets = next.Tickets.Revoke(step, ticket) } : next);

    /// <summary>Starts what the schedule says: a reading, or a timer in place of the one that runs.</summary>
    public static ControlState Follow(ControlState state, StepDraft step, SchemaSchedule schedule)
    {
        var isTimed = schedule.DueAt == state.Schema.DueAt && state.Tickets.Find(DueKey) is not null;
        state = state with { Schema = schedule };
        if (isTimed || !step.Settings.ReadsSchema || schedule.DueAt is not { } due || (state.Control is not ControlPhase.Ready && !step.Settings.HasSchemaSource) || state.Tickets.Find(ReadKey) is not null)
        {
            return state;
        }

        var isDue = due <= step.Now;
        state = Interrupt(state, step) with { Schema = isDue ? schedule.Begin() : schedule };
        var tickets = state.Tickets.Issue(step, EffectTicket.Cluster, isDue ? ReadKey : DueKey, null, out var ticket);
        step.Start(isDue ? new ReadSchema(ticket!, (state.Control as ControlPhase.Ready)?.Connection, state.Metadata.Schema) : new StartTimer(ticket!, due - step.Now));
        return state with { Tickets = tickets };
    }
}
