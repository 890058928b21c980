using System.Collections.Immutable;
using CqlDriver.Partitioning;

namespace CqlDriver.Topology;

/// <summary>Ranges, groups and rings to bytes and back, for entries of a log and for snapshots: in the order of names, numbers and tokens.</summary>
internal static class RoutingCodec
{
    public static void Write(LogWriter writer, RoutingChange change)
    {
        WriteScope(writer, change.Scope);
        switch (change)
        {
            case RangeReassigned reassigned:
                WriteRange(writer, reassigned.Range);
                writer.Optional(reassigned.Group, static (part, group) => part.Count(group));
                writer.List(reassigned.Replicas, WriteReplica);
                writer.List(reassigned.Learners, static (part, learner) => part.HostId(learner));
                writer.Optional(reassigned.Leader, static (part, leader) => part.HostId(leader));
                writer.Optional(reassigned.Version, static (part, version) => part.Fixed(version));
                writer.Bool(reassigned.IsStronglyConsistent);
                writer.List(reassigned.Former, WriteReplica);
                writer.Count(reassigned.Astray);
                break;
            case LeaderChanged led:
                writer.Count(led.Group);
                writer.Optional(led.Leader, static (part, leader) => part.HostId(leader));
                break;
            case ReplicaRemoved removed:
                writer.Count(removed.Group);
                writer.HostId(removed.HostId);
                break;
            case RangesDropped dropped:
                writer.Optional(dropped.Range, WriteRange);
                writer.Bool(dropped.IsGone);
                break;
        }
    }

    public static RangeReassigned ReadReassigned(ref LogReader reader) => new(ReadScope(ref reader), ReadRange(ref reader))
    {
        Group = reader.Bool() ? reader.Number(RoutingTableGroups.Limit - 1) : null,
        Replicas = reader.List(ReadReplica),
        Learners = reader.List(static (ref LogReader part) => part.HostId()),
        Leader = OptionalHostId(ref reader),
        Version = reader.Bool() ? reader.Fixed64() : null,
        IsStronglyConsistent = reader.Bool(),
        Former = reader.List(ReadReplica),
        Astray = reader.Number(),
    };

    public static LeaderChanged ReadLed(ref LogReader reader) =>
        new(ReadScope(ref reader), reader.Number(RoutingTableGroups.Limit - 1), OptionalHostId(ref reader));

    public static ReplicaRemoved ReadRemoved(ref LogReader reader) =>
        new(ReadScope(ref reader), reader.Number(RoutingTableGroups.Limit - 1), reader.HostId());

    public static RangesDropped ReadDropped(ref LogReader reader) =>
        new(ReadScope(ref reader), reader.Bool() ? ReadRange(ref reader) : null) { IsGone = reader.Bool() };

    public static void Write(LogWriter writer, RoutingMetadata routing)
    {
        writer.List([.. routing.Tables], static (part, entry) =>
        {
            WriteScope(part, entry.Key);
            WriteTable(part, entry.Value);
        });
        WriteRings(writer, routing.Rings);
        writer.List([.. routing.Floors], static (part, floor) =>
        {
            part.Text(floor.Key);
            part.Signed(floor.Value);
        });
    }

    public static RoutingMetadata Read(ref LogReader reader)
    {
        var tables = reader.List(static (ref LogReader part) => KeyValuePair.Create(ReadScope(ref part), ReadTable(ref part)));
        var rings = ReadRings(ref reader);
        var floors = reader.List(static (ref LogReader part) => KeyValuePair.Create(part.Text(), part.Signed()));
        if (tables.DistinctBy(static entry => entry.Key).Count() < tables.Length || floors.DistinctBy(static entry => entry.Key).Count() < floors.Length)
        {
            throw new UndecodableEntryException("a table or keyspace is there twice");
        }

        return RoutingMetadata.Restored(tables, rings, ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, floors));
    }

    /// <summary>Keyspaces that are replicated alike share a ring: it is written once.</summary>
    public static void WriteRings(LogWriter writer, ImmutableSortedDictionary<string, RoutingTable> rings)
    {
        var distinct = rings.Values.Distinct(ReferenceEqualityComparer.Instance).Cast<RoutingTable>().ToList();
        writer.List([.. distinct], WriteTable);
        writer.List([.. rings], (part, ring) =>
        {
            part.Text(ring.Key);
            part.Count(distinct.IndexOf(ring.Value));
        });
    }

    public static ImmutableSortedDictionary<string, RoutingTable> ReadRings(ref LogReader reader)
    {
        var distinct = reader.List(ReadTable);
        var rings = RoutingMetadata.NoRings.ToBuilder();
        for (var left = reader.Count(); left > 0; left--)
        {
            var keyspace = reader.Text();
            rings[keyspace] = distinct[reader.Number(distinct.Length - 1)];
        }

        return rings.ToImmutable();
    }

    private static void WriteTable(LogWriter writer, RoutingTable table)
    {
        writer.Bool(table.IsStronglyConsistent);
        var (next, free) = table.Numbering;
        writer.Count(next);
        writer.List([.. free], static (part, number) => part.Count(number));
        writer.List([.. table.Groups], WriteGroup);
        writer.List([.. table.Ranges], static (part, entry) =>
        {
            WriteRange(part, entry.Range);
            part.Count(entry.Group.Id);
        });
    }

    private static RoutingTable ReadTable(ref LogReader reader)
    {
        var isLed = reader.Bool();
        var next = reader.Number(RoutingTableGroups.Limit);
        var free = reader.List(static (ref LogReader part) => part.Number(RoutingTableGroups.Limit - 1));
        var groups = reader.List(ReadGroup);
        var ranges = reader.List(static (ref LogReader part) => (ReadRange(ref part), part.Number(RoutingTableGroups.Limit - 1)));
        return RoutingTable.TryRestore(next, free, groups, ranges, isLed, out var table) ? table : throw new UndecodableEntryException("ranges or groups contradict each other");
    }

    private static void WriteGroup(LogWriter writer, ReplicaGroup group)
    {
        writer.Count(group.Id);
        writer.List(group.Replicas, WriteReplica);
        writer.List(group.Learners, static (part, learner) => part.HostId(learner));
        writer.Optional(group.Leader, static (part, leader) => part.HostId(leader));
        writer.Optional(group.Version, static (part, version) => part.Fixed(version));
        writer.Optional(group.Range, WriteRange);
        writer.Signed(group.ChangedAt);
    }

    private static ReplicaGroup ReadGroup(ref LogReader reader) => new(reader.Number(RoutingTableGroups.Limit - 1), reader.List(ReadReplica))
    {
        Learners = reader.List(static (ref LogReader part) => part.HostId()),
        Leader = OptionalHostId(ref reader),
        Version = reader.Bool() ? reader.Fixed64() : null,
        Range = reader.Bool() ? ReadRange(ref reader) : null,
        ChangedAt = reader.Signed(),
    };

    public static void WriteHint(LogWriter writer, TabletHint hint)
    {
        WriteScope(writer, hint.Scope);
        WriteRange(writer, hint.Range);
        writer.List(hint.Replicas, WriteReplica);
        writer.Signed(hint.RoutedAt);
        writer.Optional(hint.Version, static (part, version) => part.Fixed(version));
        writer.Count(hint.Astray);
    }

    public static TabletHint ReadHint(ref LogReader reader) => new(ReadScope(ref reader), ReadRange(ref reader), reader.List(ReadReplica), reader.Signed())
    {
        Version = reader.Bool() ? reader.Fixed64() : null,
        Astray = reader.Number(),
    };

    public static void WriteScope(LogWriter writer, RoutingScope scope)
    {
        writer.Text(scope.Keyspace);
        writer.OptionalText(scope.Table);
    }

    public static RoutingScope ReadScope(ref LogReader reader) => new(reader.Text(), reader.OptionalText());

    private static void WriteRange(LogWriter writer, TokenRange range)
    {
        writer.Signed(range.First.Value);
        writer.Signed(range.Last.Value);
    }

    private static TokenRange ReadRange(ref LogReader reader) => new(new Token(reader.Signed()), new Token(reader.Signed()));

    private static void WriteReplica(LogWriter writer, Replica replica)
    {
        writer.HostId(replica.HostId);
        writer.Optional(replica.Shard, static (part, shard) => part.Count(shard));
    }

    private static Replica ReadReplica(ref LogReader reader) => new(reader.HostId(), reader.Bool() ? reader.Number() : null);

    private static HostId? OptionalHostId(ref LogReader reader) => reader.Bool() ? reader.HostId() : null;
}
