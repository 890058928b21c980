using CqlDriver.Partitioning;
using CqlDriver.Schema;

namespace CqlDriver.Topology;

/// <summary>
/// What changes do to <see cref="RoutingMetadata"/>: a part of <see cref="MetadataEvolver"/>, and pure like it. Beside the changes of
/// ranges and groups these are a node that leaves, and a schema in which tables are other ones.
/// </summary>
internal static class RoutingEvolver
{
    /// <summary>The snapshot with what a change does to its ranges; itself when that is nothing.</summary>
    public static Metadata Follow(Metadata metadata, TopologyChange change) =>
        Apply(metadata, change) is var routing && ReferenceEquals(routing, metadata.Routing) ? metadata : metadata with { Routing = routing };

    private static RoutingMetadata Apply(Metadata metadata, TopologyChange change) => change switch
    {
        RoutingChange routing => Apply(metadata.Routing, routing),
        RingsReplaced rings => metadata.Routing.WithRings(rings.Rings),
        NodeLeft left => WithoutNode(metadata.Routing, left.HostId),
        NodeReplaced replaced => WithoutNode(metadata.Routing, replaced.Replaced),
        NodeReidentified reidentified => Renamed(metadata.Routing, reidentified),
        SchemaReplaced schema => UnderSchema(metadata.Routing, metadata.Schema, schema.Schema, change.Index),
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
            RangeForgotten forgotten => known?.WithoutTablets(forgotten.Range),
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

    /// <summary>Tables that are gone or other ones take what was told of them along; so does a keyspace that is replicated differently.</summary>
    private static RoutingMetadata UnderSchema(RoutingMetadata routing, SchemaMetadata before, SchemaMetadata now, long position)
    {
        if (!before.IsRead || !now.IsRead)
        {
            return routing;
        }

        foreach (var (name, earlier) in before.Keyspaces)
        {
            if (now.Keyspaces.TryGetValue(name, out var keyspace) && ReferenceEquals(earlier, keyspace))
            {
                continue;
            }

            if (keyspace is null)
            {
                routing = routing.Without(name, static _ => true, floor: null);
            }
            else if (!IsReplicatedAlike(earlier, keyspace))
            {
                routing = routing.Without(name, static _ => true, position);
            }
            else if (earlier.Tables.Keys.Concat(earlier.Views.Keys).Where(table => IdOf(earlier, table) != IdOf(keyspace, table)).ToHashSet() is { Count: > 0 } changed)
            {
                routing = routing.Without(name, scope => scope.Table is { } table && changed.Contains(table), position);
            }
        }

        return routing;
    }

    private static bool IsReplicatedAlike(KeyspaceMetadata one, KeyspaceMetadata other) =>
        one.ReplicationStrategy == other.ReplicationStrategy && one.UsesTablets == other.UsesTablets && one.ReplicationOptions.SequenceEqual(other.ReplicationOptions);

    private static Guid? IdOf(KeyspaceMetadata keyspace, string table) =>
        keyspace.Tables.TryGetValue(table, out var found) ? found.Id ?? Guid.Empty : keyspace.Views.TryGetValue(table, out var view) ? view.Id ?? Guid.Empty : null;
}
