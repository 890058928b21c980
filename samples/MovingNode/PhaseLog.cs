using CqlDriver;

namespace MovingNode;

/// <summary>What the driver tells of handovers, as lines.</summary>
internal static class PhaseLog
{
    /// <summary>Prints each phase when it begins, until the node was handed over to this endpoint.</summary>
    public static async Task FollowAsync(HandoverTracker handovers, HostId node, NodeEndpoint endpoint, CancellationToken stop)
    {
        await foreach (var handover in handovers.ListenAsync(stop))
        {
            Console.WriteLine($"    {handover.Elapsed.TotalMilliseconds,8:F1} ms  {handover.Phase,-9}  {Describe(handover)}");
            if (handover.Phase == HandoverPhase.Completed && handover.HostId == node && handover.To.Equals(endpoint))
            {
                return;
            }
        }
    }

    private static string Describe(HandoverSnapshot handover) => handover.Phase switch
    {
        HandoverPhase.Open => $"dialling {handover.To}",
        HandoverPhase.CatchUp => $"the node answered there; {handover.Ready}/{handover.Wanted} connections are ready",
        HandoverPhase.CutOver => $"{handover.Ready}/{handover.Wanted} connections are ready: requests go there now",
        HandoverPhase.Draining => $"{handover.From} answers what was written to it",
        HandoverPhase.Completed => $"{handover.Forwarded} requests passed on, longest pause {handover.Pause?.TotalMilliseconds ?? 0:F1} ms",
        _ => handover.Reason ?? "",
    };
}
