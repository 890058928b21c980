using System.Collections.Immutable;
using CqlDriver.Diagnostics;

namespace CqlDriver.Topology;

/// <summary>
/// Who tells which nodes there are: the control connection, or a monitor in its place. The rules of refreshes ask here, and
/// are the same for both: one reading at a time, the newest counts, the first one of an epoch removes nobody who answers.
/// </summary>
internal static class NodeSources
{
    /// <summary>Begins to look for the cluster.</summary>
    public static ControlState Begin(ControlState state, StepDraft step) =>
        step.Settings.Monitor is { RequiresControlConnection: false } ? MonitorRules.Watch(state, step) : ControlConnectionRules.Begin(state, step, 0, []);

    /// <summary>Whether the nodes can be read now.</summary>
    public static bool CanRead(ControlState state, StepDraft step) =>
        step.Settings.Monitor is { } monitor
            ? state.Watch is not null && !monitor.IsCommittedLog && (!monitor.RequiresControlConnection || state.Control is ControlPhase.Ready)
            : state.Control is ControlPhase.Ready;

    /// <summary>How many refreshes of the present epoch were applied.</summary>
    public static int Refreshes(ControlState state) => state.Watch?.Refreshes ?? (state.Control as ControlPhase.Ready)?.Refreshes ?? 0;

    /// <summary>The effect that reads all nodes.</summary>
    public static TopologyEffect Reading(ControlState state, StepDraft step, EffectTicket ticket) =>
        step.Settings.Monitor is null ? new ReadNodes(ticket, ((ControlPhase.Ready)state.Control).Connection) : new ReadMonitor(ticket);

    /// <summary>A control connection is open: what it is for begins.</summary>
    public static ControlState OnControlOpened(ControlState state, StepDraft step)
    {
        if (step.Settings.Monitor is not { } monitor)
        {
            return RefreshRules.Start(state, step);
        }

        state = SchemaRules.Follow(state, step, state.Schema.At(step.Now));
        return !monitor.RequiresControlConnection ? state
            : state.Watch is { } watch ? RefreshRules.Start(state with { Watch = watch with { Refreshes = 0 } }, step)
            : MonitorRules.Watch(state, step);
    }

    /// <summary>The control connection's node has told who it is.</summary>
    public static ControlState Identify(ControlState state, NodesRead input) =>
        state is { Watch: null, Control: ControlPhase.Ready ready }
            ? state with { Control = ready with { HostId = input.Local is { HostId: { } id } && id != Guid.Empty ? new HostId(id) : ready.HostId } }
            : state;

    /// <summary>A refresh was applied.</summary>
    public static ControlState Count(ControlState state, StepDraft step)
    {
        if (state.Watch is not null)
        {
            return MonitorRules.OnRefreshed(state, step);
        }

        var ready = (ControlPhase.Ready)state.Control;
        return state with { Control = ready with { Refreshes = ready.Refreshes + 1, Walk = ready.Walk with { Attempt = 0, Failures = [] } } };
    }

    /// <summary>A refresh was of no use: another control connection is sought, or the monitor is asked again later.</summary>
    public static ControlState Fail(ControlState state, StepDraft step, string problem, Exception? cause)
    {
        if (step.Settings.Monitor is { } monitor)
        {
            step.Report(Log.RefreshFailed, monitor.Name, problem);
            return MonitorRules.OnReadFailed(state, step, cause ?? new CqlException($"What {monitor.Name} told could not be used: {problem}."));
        }

        var endpoint = ((ControlPhase.Ready)state.Control).Connection.Endpoint;
        step.Report(Log.RefreshFailed, endpoint.ToString(), problem);
        return ControlConnectionRules.Abandon(state, step, cause ?? new CqlConnectionException($"The nodes could not be read from {endpoint}: {problem}.", endpoint));
    }

    /// <summary>Why nothing is known of the cluster although it was waited for.</summary>
    public static CqlException Unreachable(ControlState state, ImmutableArray<ContactFailure> failures, TopologySettings settings)
    {
        var limit = $"within {settings.FirstRefreshLimit.TotalSeconds:0.#} s";
        if (settings.Monitor is { } monitor && (!monitor.RequiresControlConnection || state.Control is ControlPhase.Ready))
        {
            var said = state.Watch?.Error is { } error ? $"It failed: {error.Message}" : "It has not answered yet.";
            return new CqlConnectionException($"{monitor.Name} did not tell the nodes of the cluster {limit}. {said}", null, null, state.Watch?.Error);
        }

        var tried = failures.IsEmpty
            ? $"none of {string.Join(", ", settings.ContactPoints)} has answered yet"
            : string.Join("; ", failures.Select(Describe));
        var refused = failures.FirstOrDefault(failure => failure.Error is CqlAuthenticationException);
        return refused is null
            ? new CqlConnectionException(
                $"The cluster could not be reached through any contact point {limit}. Tried: {tried}. Check addresses, port and that the nodes accept CQL clients.",
                failures.IsEmpty ? null : failures[^1].Endpoint,
                null,
                failures.IsEmpty ? null : failures[^1].Error)
            : new CqlAuthenticationException($"The cluster refused the credentials, or none are configured. Tried: {tried}.", refused.Endpoint, null, refused.Error);
    }

    private static string Describe(ContactFailure failure)
    {
        var message = failure.Error.Message.TrimEnd('.');
        return message.Contains(failure.Endpoint.ToString(), StringComparison.Ordinal) ? message : $"{failure.Endpoint}: {message}";
    }
}
