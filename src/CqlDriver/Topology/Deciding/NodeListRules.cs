using System.Collections.Immutable;
using CqlDriver.Diagnostics;

namespace CqlDriver.Topology;

/// <summary>
/// From the rows of a refresh to changes. The new map is made by host id first, without a look at the old index; then
/// endpoints that two nodes claim are given to one of them; then old and new map are compared, host id by host id. Nobody is
/// ever looked up by an endpoint to find out who he is. Everything that a refresh changes is one batch.
/// </summary>
internal static class NodeListRules
{
    /// <summary>The state after the refresh; or the same state and what is wrong with the rows.</summary>
    public static (ControlState Next, string? Problem) Apply(ControlState state, StepDraft step, NodesRead input, RunningRefresh running)
    {
        var ready = state.Control as ControlPhase.Ready;
        var reading = NodeRowRules.Read(state, step, input, ready?.Connection.Endpoint);
        if (input.Local is null || !reading.HasTokenOwner)
        {
            return (state, input.Local is null ? "system.local is empty" : "no row has a host id, an address and tokens");
        }

        if (state.Metadata.ClusterName is { } known && input.Local.ClusterName is { } told && known != told)
        {
            return (state, $"it belongs to cluster '{told}', this is '{known}'");
        }

        var keptSince = KeepDoubted(state, step, reading, running, isFirstOfEpoch: NodeSources.Refreshes(state) == 0);
        var targets = NodeTargets.Resolve(state, reading, isSharded: IsShardingServer(ready), usesTokenless: step.Settings.UsesNodesWithoutTokens);
        var changes = new List<TopologyChange>();
        Identify(state, step, input.Local, changes);
        state = NodeListDiff.Add(state, step, targets, changes);
        state = ClientRouteRules.OnNodesRead(state, step, input, running, changes);
        state = NodeHealthRules.AnnounceRead(state, step, running.Number, changes);
        step.Change([.. changes]);
        state = state with { Warned = reading.Warned, DoubtedRemovals = keptSince };
        return (keptSince.IsEmpty ? state : PlanConfirmation(state, step), null);
    }

    /// <summary>
    /// Nodes without a row that stay for now: those whose row is there but unusable; and, since a new control connection may
    /// be to a node that lags behind, those that only its first refresh misses while connections to them are open.
    /// </summary>
    private static ImmutableSortedDictionary<HostId, TimeSpan> KeepDoubted(
        ControlState state, StepDraft step, RowReading reading, RunningRefresh running, bool isFirstOfEpoch)
    {
        var kept = ImmutableSortedDictionary.CreateBuilder<HostId, TimeSpan>();
        foreach (var node in state.Metadata.Nodes)
        {
            if (reading.Candidates.ContainsKey(node.HostId))
            {
                continue;
            }

            var isDoubted = state.DoubtedRemovals.TryGetValue(node.HostId, out var since);
            var isConfirmed = isDoubted ? running.StartedAt >= since + step.Settings.RemovalDoubt : !isFirstOfEpoch;
            if (!isConfirmed && state.HasOpenConnection(node.HostId))
            {
                kept[node.HostId] = isDoubted ? since : running.StartedAt;
                reading.Warn(Log.RemovalUnconfirmed, node.HostId.ToString(), node.ToString(), "the first reading of a new source does not list it");
            }

            if (kept.ContainsKey(node.HostId) || reading.IsMentioned(node.HostId))
            {
                reading.Candidates.Add(node.HostId, new NodeCandidate(node.HostId, node.Endpoint, Row: null, IsLocal: false));
            }
        }

        return kept.ToImmutable();
    }

    private static ControlState PlanConfirmation(ControlState state, StepDraft step) =>
        RefreshRules.Want(state, step, state.DoubtedRemovals.Values.Max() + step.Settings.RemovalDoubt);

    private static void Identify(ControlState state, StepDraft step, NodeRow local, List<TopologyChange> changes)
    {
        var metadata = state.Metadata;
        var datacenter = metadata.InitialDatacenter ?? local.Datacenter;
        var name = local.ClusterName ?? metadata.ClusterName;
        var partitioner = local.Partitioner ?? metadata.Partitioner;
        if (metadata.InitialDatacenter is null && datacenter is not null)
        {
            step.Report(Log.DatacenterInferred, datacenter, local.ToString());
        }

        if ((name, partitioner, datacenter) != (metadata.ClusterName, metadata.Partitioner, metadata.InitialDatacenter))
        {
            changes.Add(new ClusterIdentified(name, partitioner, datacenter));
        }
    }

    /// <summary>Servers that shard also have nodes that own no data on purpose.</summary>
    private static bool IsShardingServer(ControlPhase.Ready? ready) =>
        ready?.Connection.Facts is { Sharding: not null } or { TabletsVersion: > 0 } or { LwtMask: not 0 };
}
