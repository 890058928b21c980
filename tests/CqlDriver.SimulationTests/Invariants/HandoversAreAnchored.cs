using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>I14: no catching up without an anchor, one handover a host id, and the log shows exactly those that are under way.</summary>
internal sealed class HandoversAreAnchored() : Invariant("I14")
{
    private ControlState? _seen;
    private Metadata _before = Metadata.Empty;

    public override void Check(SimulationWorld world)
    {
        if (ReferenceEquals(_seen, world.State))
        {
            return;
        }

        _seen = world.State;
        CheckAborted(world);
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

    /// <summary>One that was given up leaves its node where and who it was, unless the same decision did something else with it.</summary>
    private void CheckAborted(SimulationWorld world)
    {
        var (before, after) = (_before, world.Metadata);
        _before = after;
        if (before.Handovers.IsEmpty || before.AppliedIndex == after.AppliedIndex)
        {
            return;
        }

        var changes = world.Topology.Loop.Log.Entries.Where(entry => entry.Index > before.AppliedIndex)
            .SelectMany(static entry => entry.Change is ChangeBatch batch ? batch.Changes : [entry.Change]).OfType<NodeChange>().ToArray();
        foreach (var aborted in changes.OfType<HandoverAborted>())
        {
            var isTouched = changes.Any(change => (change.HostId == aborted.HostId && change is NodeJoined or NodeMoved or NodeLeft or NodeReplaced or NodeReidentified or ShardingChanged)
                || (change is NodeReplaced replaced && replaced.Replaced == aborted.HostId));
            if (!isTouched && before.NodeOf(aborted.HostId) is { } was && after.NodeOf(aborted.HostId) is { } now
                && (!Equals(was.Endpoint, now.Endpoint) || was.Generation != now.Generation || was.Sharding != now.Sharding))
            {
                throw Broken($"{was} g{was.Generation} is {now} g{now.Generation} after its handover was given up");
            }
        }
    }
}
