using CqlDriver.Topology;

namespace CqlDriver.Recording;

/// <summary>Inputs and decisions in words.</summary>
internal static class Explanation
{
    public static IEnumerable<string> Of(RecordedStep step)
    {
        if (!step.Input.IsEmpty && Why(step) is { } why)
        {
            yield return why;
        }

        foreach (var (change, at) in step.Changes)
        {
            foreach (var part in Parts(change))
            {
                yield return $"{Clock(at)}   #{change.Index}{(change.Source is { } source ? $" ({source})" : "")} {Of(part)}";
            }
        }

        if (step.HasFailed)
        {
            yield return "            a part of this failed and was not done";
        }
    }

    public static string Of(TopologyChange change) => change switch
    {
        EmptyEntry => "an entry that changes nothing",
        OpaqueEntry opaque => $"an entry of the source's own (kind {opaque.SourceKind}, {opaque.Size} bytes)",
        UndecodableEntry unknown => $"an entry that is not understood: {unknown.Reason}",
        ClusterIdentified cluster => $"the cluster is '{cluster.ClusterName}'",
        ClusterVersionChanged version => $"the cluster has reached version {version.To}",
        NodeJoined joined => $"node {joined.Node} joined in {joined.Node.Datacenter}/{joined.Node.Rack}, {joined.Node.State}",
        NodePromoted promoted => $"node {promoted.HostId} is a full member",
        NodeDemoted demoted => $"node {demoted.HostId} is joining again",
        NodeDraining draining => $"node {draining.HostId} is leaving and comes last in plans",
        NodeDecommissioned gone => $"node {gone.HostId} has left; nothing is sent to it any more",
        NodeLeft left => $"node {left.HostId} is no member any more",
        NodeUp up => $"node {up.HostId} is up ({up.Status}): {up.Reason}",
        NodeDown down => $"node {down.HostId} is down ({down.Status}): {down.Reason}",
        NodeMoved moved => $"node {moved.HostId} is at {Or(moved.To)} now, it was at {Or(moved.From)}; generation {moved.Generation}",
        NodeReplaced replaced => $"node {replaced.Replaced} was replaced by {replaced.Node}",
        NodeReidentified renamed => $"node {renamed.Former} is {renamed.Node} now: the same process under another host id",
        HandoverCheckpoint checkpoint => Of(checkpoint),
        HandoverAborted aborted => $"handover {aborted.Handover} of node {aborted.HostId} was given up: {aborted.Reason}",
        NodeAttributesChanged attributes => $"node {attributes.HostId}: {attributes.Attributes.Datacenter}/{attributes.Attributes.Rack}, version {attributes.Attributes.ReleaseVersion}",
        TokensChanged tokens => $"node {tokens.HostId} owns {tokens.Tokens.Length} tokens",
        ShardingChanged sharding => $"node {sharding.HostId} has {(sharding.Sharding is { } told ? $"{told.ShardCount} shards" : "no shards")}; generation {sharding.Generation}",
        SchemaChanged schema => $"{schema.Target} {schema.Keyspace}{(schema.Name is null ? "" : $".{schema.Name}")} was {schema.Change}",
        SchemaReplaced schema => $"the schema is another one now: {schema.Schema.Outline.Count} keyspaces",
        RangeReassigned range => $"{range.Scope} {range.Range} is at {string.Join(", ", range.Replicas)}{(range.Leader is { } leader ? $", led by {leader}" : "")}",
        LeaderChanged led => $"group {led.Group} of {led.Scope} is led by {led.Leader?.ToString() ?? "nobody who is known"}",
        ReplicaRemoved removed => $"node {removed.HostId} left group {removed.Group} of {removed.Scope}",
        RangesDropped dropped => $"where {dropped.Scope} {dropped.Range} is, is not known any more",
        RingsReplaced rings => $"the token rings of {rings.Rings.Count} keyspaces were worked out",
        RoutesChanged routes => $"routes: {string.Join(", ", routes.Routes)}{(routes.Removed.IsEmpty ? "" : $"; gone: {string.Join(", ", routes.Removed)}")}{string.Concat(routes.Choices.Select(static choice => $"; node {choice.HostId} is reached by {choice.ConnectionId ?? "none"}"))}",
        SnapshotInstalled installed => $"a snapshot of {installed.Snapshot.Nodes.Length} nodes was installed",
        _ => change.GetType().Name,
    };

    private static string Of(HandoverCheckpoint checkpoint) => checkpoint.Phase switch
    {
        HandoverPhase.Open => $"handover {checkpoint.Handover}: node {checkpoint.HostId} is said to be at {checkpoint.To}, which is dialled; {Or(checkpoint.From)} serves on",
        HandoverPhase.CatchUp => $"handover {checkpoint.Handover}: {checkpoint.To} answered as node {checkpoint.HostId}; pools there are made ready (attempt {checkpoint.Attempt})",
        HandoverPhase.CutOver => $"handover {checkpoint.Handover}: {checkpoint.To} took over",
        HandoverPhase.Draining => $"handover {checkpoint.Handover}: {Or(checkpoint.From)} answers what was written to it",
        HandoverPhase.Completed => $"handover {checkpoint.Handover}: nothing is left at {Or(checkpoint.From)}",
        _ => $"handover {checkpoint.Handover}: {checkpoint.Phase}",
    };

    /// <summary>What happened, when it led to a decision or is worth telling by itself.</summary>
    private static string? Why(RecordedStep step)
    {
        TopologyInput input;
        TimeSpan at;
        try
        {
            (input, at) = step.Read(ReplaySessions.ForDisplay);
        }
        catch (UndecodableEntryException unknown)
        {
            return $"            something that is not understood: {unknown.Message}";
        }

        var words = Of(input);
        return words is null && step.Changes.IsEmpty ? null : $"{Clock(at)} {words ?? input.GetType().Name}";
    }

    private static string? Of(TopologyInput input) => input switch
    {
        Started => "begins",
        ShutdownRequested => "is shut down",
        RefreshRequested { IsFirst: false } => "the application asks for the nodes to be read",
        NodeForced forced => $"the application declares node {forced.HostId} {forced.Status?.ToString() ?? "free again"}",
        SessionAttached attached => $"session {attached.Participant.Id} is opened",
        SessionDetached detached => $"session {detached.Session} is closed",
        SessionKeyspaceChanged changed => $"session {changed.Session} uses {changed.Keyspace}",
        ContactPointsResolved resolved => $"contact points lead to {string.Join(", ", resolved.Endpoints)}",
        ControlOpened opened => $"control connection {opened.Connection.Id} to {opened.Connection.Endpoint} is open",
        ControlFailed failed => $"no control connection: {failed.Error.Message}",
        ControlLost lost => $"control connection {lost.ConnectionId} was lost: {lost.Error.Message}",
        NodesRead read => $"{(read.Local is null ? 0 : 1) + read.Peers.Length} nodes were read from {read.Local?.Table ?? "nowhere"}{string.Concat(read.Peers.Take(1).Select(static peer => $" and {peer.Table}"))}",
        NodesReadFailed failed => $"the nodes could not be read: {failed.Error.Message}",
        SchemaRead => "the schema was read",
        SchemaReadFailed failed => $"the schema could not be read: {failed.Error.Message}",
        EventsObserved events => $"events: {string.Join(", ", events.Hints.Select(static hint => $"{hint.Kind} {hint.Endpoint}").Concat(events.Schema.Select(static hint => $"{hint.Change} {hint.Target} {hint.Keyspace}")))}",
        NodeDialled dialled => $"connection {dialled.Connection.Id} to {dialled.Connection.Endpoint} is open{(dialled.Ticket.Handover != 0 ? $", for handover {dialled.Ticket.Handover}" : "")}",
        NodeDialFailed failed => $"node {failed.Ticket.Fence?.HostId} could not be dialled: {failed.Error.Message}",
        ConnectionLost lost => $"connection {lost.ConnectionId} to node {lost.Fence.HostId} was lost: {lost.Error.Message}",
        IdentityVerified verified => $"node {verified.Ticket.Key.HostId} was looked for: {verified.Answered?.ToString() ?? verified.Error?.Message ?? "who is there does not tell"} answered",
        IdentityTold told => $"who node {told.Ticket.Fence?.HostId} is was asked: {told.HostId?.ToString() ?? told.Error?.Message}",
        FaultOccurred fault => $"a defect: {fault.Error.Message}",
        RoutesRead read => $"{read.Reading.Rows.Length} routes were read",
        RoutesReadFailed failed => $"the routes could not be read: {failed.Error.Message}",
        TabletsHinted hinted => $"answers told of {hinted.Hints.Length} tablets",
        MisrouteTold told => $"a node said that it has no replica of {told.Scope} {told.Token.Value}",
        EntriesCommitted entries => $"{entries.Entries.Length} entries of the committed log",
        MonitorEnded ended => $"the monitor ended: {ended.Error?.Message ?? "by itself"}",
        _ => null,
    };

    private static string Or(NodeEndpoint? endpoint) => endpoint?.ToString() ?? "nowhere";

    private static string Clock(TimeSpan at) => at.ToString(@"hh\:mm\:ss\.fff", System.Globalization.CultureInfo.InvariantCulture);

    private static IEnumerable<TopologyChange> Parts(TopologyChange change) => change is ChangeBatch batch ? batch.Changes.SelectMany(Parts) : [change];
}
