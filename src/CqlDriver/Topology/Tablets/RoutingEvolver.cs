using CqlDriver.Partitioning;

namespace CqlDriver.Topology;

/// <summary>
/// What changes do to <see cref="RoutingMetadata"/>: a part of <see cref="MetadataEvolver"/>, and pure like it. Beside the changes of
/// ranges and groups these are those of a node that leaves or gets another name.
/// </summary>
internal static class RoutingEvolver
{
    /// <summary>The snapshot with what a change does to its ranges; itself when that is nothing.</summary>
    public static Metadata Follow(Metadata metadata, TopologyChange change) =>
        Apply(metadata, change) is var routing && ReferenceEquals(routing, metadata.Routing) ? metadata : metadata with { Routing = routing };

    private static RoutingMetadata Apply(Metadata metadata, TopologyChange change) => change switch
    {
        RangesDropped { Range: null } dropped => metadata.Routing.Without(dropped.Scope, dropped.IsGone ? null : change.Index),
        RoutingChange routing => Apply(metadata.Routing, routing),
        RingsReplaced rings => metadata.Routing.WithRings(rings.Rings),
        NodeLeft left => WithoutNode(metadata.Routing, left.HostId),
        NodeReplaced replaced => WithoutNode(metadata.Routing, replaced.Replaced),
        NodeReidentified reidentified => Renamed(metadata.Routing, reidentified),
        _ => metadata.Routing,
    };

    private static RoutingMetadata Apply(RoutingMetadata routing, RoutingChange change)
    {
        var known = routing.Tables.GetValueOrDefault(change.Scope);
        var table = change switch
        {
            RangeReassigned { Group: null } tablet => tablet.Replicas.IsEmpty ? known : WithTablet(known ?? RoutingTable.Empty, tablet),
            RangeReassigned range => WithRange(known, range),
            LeaderChanged led => WithGroup(known, led.Group, change.Index, group => group with { Leader = led.Leader }),
            ReplicaRemoved removed => WithGroup(known, removed.Group, change.Index, group => group.Without(removed.HostId)),
            RangesDropped { Range: { } range } => known?.WithoutTablets(range),
            _ => known,
        };
        return table is null || ReferenceEquals(table, known) ? routing : routing.WithTable(change.Scope, table);
    }

    private static RoutingTable WithTablet(RoutingTable table, RangeReassigned change) =>
        table.WithTablet(change.Range, Described(new ReplicaGroup(0, change.Replicas), change)).Led(change.IsStronglyConsistent || table.IsStronglyConsistent);

    /// <summary>Of a group that is not known nothing is known but what is told here.</summary>
    private static RoutingTable? WithRange(RoutingTable? table, RangeReassigned change)
    {
        var id = change.Group!.Value;
        var known = table?.Group(id);
        if (id is < 0 or >= RoutingTableGroups.Limit || (known is null && change.Replicas.IsEmpty))
        {
            return table;
        }

        var group = known is null ? Described(new ReplicaGroup(id, change.Replicas), change)
            : change.Replicas.IsEmpty ? known with { Leader = change.Leader ?? known.Leader, ChangedAt = change.Index }
            : Described(known with { Replicas = change.Replicas }, change);
        return (table ?? RoutingTable.Empty).WithGroup(group).WithRange(change.Range, id).Led(change.IsStronglyConsistent || table is { IsStronglyConsistent: true });
    }

    private static ReplicaGroup Described(ReplicaGroup group, RangeReassigned change) =>
        group with { Learners = change.Learners, Leader = change.Leader, Version = change.Version, ChangedAt = change.Index };

    private static RoutingTable? WithGroup(RoutingTable? table, int id, long position, Func<ReplicaGroup, ReplicaGroup> change)
    {
        if (table?.Group(id) is not { } group)
        {
            return table;
        }

        var changed = change(group);
        return ReferenceEquals(changed, group) || changed.Equals(group) ? table
            : changed.Replicas.IsEmpty ? table.WithoutGroup(id)
            : table.WithGroup(changed with { ChangedAt = position });
    }

    /// <summary>A tablet that names the node may be anywhere now; a group whose members are counted goes on without it.</summary>
    private static RoutingMetadata WithoutNode(RoutingMetadata routing, HostId hostId) => routing.WithEach(table =>
    {
        foreach (var group in table.Groups.Where(group => group.HasReplica(hostId) || group.Leader == hostId || group.Learners.Contains(hostId)).ToArray())
        {
            var left = group.Without(hostId);
            table = group.Range is not null || left.Replicas.IsEmpty ? table.WithoutGroup(group.Id) : table.WithGroup(left);
        }

        return table;
    });

    private static RoutingMetadata Renamed(RoutingMetadata routing, NodeReidentified change) => routing.WithEach(table =>
    {
        foreach (var group in table.Groups.Where(group => group.HasReplica(change.Former) || group.Leader == change.Former || group.Learners.Contains(change.Former)).ToArray())
        {
            table = table.WithGroup(group.Renamed(change.Former, change.HostId));
        }

        return table;
    });
}
