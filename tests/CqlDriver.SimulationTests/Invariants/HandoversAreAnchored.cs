using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>I14: no catching up without an anchor, one handover a host id, and the log shows exactly those that are under way.</summary>
internal sealed class HandoversAreAnchored() : Invariant("I14")
{
    private ControlState? _seen;

    public override void Check(SimulationWorld world)
    {
        if (ReferenceEquals(_seen, world.State))
        {
            return;
        }

        _seen = world.State;
        var shown = world.Metadata.Handovers;
        for (var i = 0; i < shown.Length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (shown[i].HostId == shown[j].HostId)
                {
                    throw Broken($"two handovers of {Names.Short(shown[i].HostId)}");
                }
            }

            if (!world.State.Handovers.TryGetValue(shown[i].HostId, out var running) || running.Id != shown[i].Handover || running.Phase != shown[i].Phase)
            {
                throw Broken($"the log shows {shown[i]}, which is not under way");
            }
        }

        if (shown.Length != world.State.Handovers.Count)
        {
            throw Broken($"{world.State.Handovers.Count} handovers are under way, the log shows {shown.Length}");
        }

        foreach (var handover in world.State.Handovers.Values)
        {
            if (handover.Phase == HandoverPhase.CatchUp && handover.Anchor is null)
            {
                throw Broken($"the handover of {Names.Short(handover.HostId)} catches up without an anchor");
            }
        }
    }
}
