using System.Collections.Immutable;

namespace CqlDriver.Topology;

/// <summary>
/// Changes to bytes and back, one pair of functions per kind. What is written is what <see cref="MetadataEvolver"/> needs, and
/// nothing else: a fold of what was read is the fold of what was written. Version 1 of the form.
/// </summary>
internal static class TopologyChangeCodec
{
    /// <summary>A bound against hostile input.</summary>
    public const int MaxDepth = 32;

    public static TopologyEntryKind KindOf(TopologyChange change) => change switch
    {
        EmptyEntry => TopologyEntryKind.Empty,
        OpaqueEntry => TopologyEntryKind.Opaque,
        UndecodableEntry => TopologyEntryKind.Undecodable,
        ChangeBatch => TopologyEntryKind.Batch,
        SnapshotInstalled => TopologyEntryKind.SnapshotInstalled,
        ClusterIdentified => TopologyEntryKind.ClusterIdentified,
        ClusterVersionChanged => TopologyEntryKind.ClusterVersionChanged,
        NodeJoined => TopologyEntryKind.NodeJoined,
        NodePromoted => TopologyEntryKind.NodePromoted,
        NodeDemoted => TopologyEntryKind.NodeDemoted,
        NodeDraining => TopologyEntryKind.NodeDraining,
        NodeDecommissioned => TopologyEntryKind.NodeDecommissioned,
        NodeLeft => TopologyEntryKind.NodeLeft,
        NodeUp => TopologyEntryKind.NodeUp,
        NodeDown => TopologyEntryKind.NodeDown,
        NodeMoved => TopologyEntryKind.NodeMoved,
        NodeReplaced => TopologyEntryKind.NodeReplaced,
        NodeReidentified => TopologyEntryKind.NodeReidentified,
        NodeAttributesChanged => TopologyEntryKind.NodeAttributesChanged,
        TokensChanged => TopologyEntryKind.TokensChanged,
        ShardingChanged => TopologyEntryKind.ShardingChanged,
        RangeReassigned => TopologyEntryKind.RangeReassigned,
        LeaderChanged => TopologyEntryKind.LeaderChanged,
        ReplicaRemoved => TopologyEntryKind.ReplicaRemoved,
        RangesDropped => TopologyEntryKind.RangesDropped,
        RingsReplaced => TopologyEntryKind.RingsReplaced,
        SchemaChanged => TopologyEntryKind.SchemaChanged,
        SchemaReplaced => TopologyEntryKind.SchemaReplaced,
        RoutesChanged => TopologyEntryKind.RoutesChanged,
        HandoverCheckpoint => TopologyEntryKind.HandoverCheckpoint,
        HandoverAborted => TopologyEntryKind.HandoverAborted,
        _ => throw new ArgumentException($"{change.GetType().Name} is no kind of change that can be written down.", nameof(change)),
    };

    public static void Write(LogWriter writer, TopologyChange change)
    {
        switch (change)
        {
            case EmptyEntry:
                break;
            case OpaqueEntry opaque:
                writer.Byte(opaque.SourceKind);
                writer.Raw(new byte[opaque.Size]);
                break;
            case UndecodableEntry undecodable:
                writer.Raw(undecodable.Raw.AsSpan());
                break;
            case ChangeBatch batch:
                WriteParts(writer, batch);
                break;
            case SnapshotInstalled installed:
                MetadataCodec.Write(writer, installed.Snapshot);
                break;
            case ClusterIdentified identified:
                writer.OptionalText(identified.ClusterName);
                writer.OptionalText(identified.Partitioner);
                writer.OptionalText(identified.InitialDatacenter);
                break;
            case ClusterVersionChanged version:
                writer.OptionalText(version.From);
                writer.Text(version.To);
                break;
            case SchemaChanged schema:
                writer.Text(schema.Change);
                writer.Text(schema.Target);
                writer.Text(schema.Keyspace);
                writer.OptionalText(schema.Name);
                break;
            case RoutingChange routing:
                RoutingCodec.Write(writer, routing);
                break;
            case RingsReplaced rings:
                RoutingCodec.WriteRings(writer, rings.Rings);
                break;
            case SchemaReplaced replaced:
                MetadataCodec.WriteSchema(writer, replaced.Schema);
                break;
            case RoutesChanged routes:
                ClientRouteCodec.Write(writer, routes);
                break;
            case NodeChange ofNode:
                writer.HostId(ofNode.HostId);
                WriteOfNode(writer, ofNode);
                break;
            default:
                throw new ArgumentException($"{change.GetType().Name} is no kind of change that can be written down.", nameof(change));
        }
    }

    /// <exception cref="UndecodableEntryException">What is there is not understood.</exception>
    /// <exception cref="DamagedEntryException">A checksum within does not fit.</exception>
    public static TopologyChange Read(TopologyEntryKind kind, ref LogReader reader, int depth) => kind switch
    {
        TopologyEntryKind.Empty => new EmptyEntry(),
        TopologyEntryKind.Opaque => ReadOpaque(ref reader),
        TopologyEntryKind.Undecodable => new UndecodableEntry([.. reader.Rest()], "it was not understood when it was written down either"),
        TopologyEntryKind.Batch => ReadParts(ref reader, depth + 1),
        TopologyEntryKind.SnapshotInstalled => new SnapshotInstalled(MetadataCodec.Read(ref reader)),
        TopologyEntryKind.ClusterIdentified => new ClusterIdentified(reader.OptionalText(), reader.OptionalText(), reader.OptionalText()),
        TopologyEntryKind.ClusterVersionChanged => new ClusterVersionChanged(reader.OptionalText(), reader.Text()),
        TopologyEntryKind.SchemaChanged => new SchemaChanged(reader.Text(), reader.Text(), reader.Text(), reader.OptionalText()),
        TopologyEntryKind.SchemaReplaced => new SchemaReplaced(MetadataCodec.ReadSchema(ref reader)),
        TopologyEntryKind.RoutesChanged => ClientRouteCodec.ReadChange(ref reader),
        TopologyEntryKind.NodeJoined => new NodeJoined(MetadataCodec.ReadNode(reader.HostId(), ref reader)),
        TopologyEntryKind.NodePromoted => new NodePromoted(reader.HostId()),
        TopologyEntryKind.NodeDemoted => new NodeDemoted(reader.HostId()),
        TopologyEntryKind.NodeDraining => new NodeDraining(reader.HostId()),
        TopologyEntryKind.NodeDecommissioned => new NodeDecommissioned(reader.HostId()),
        TopologyEntryKind.NodeLeft => new NodeLeft(reader.HostId()),
        TopologyEntryKind.NodeUp => new NodeUp(reader.HostId(), reader.Enum<NodeStatus>(), reader.Text()),
        TopologyEntryKind.NodeDown => new NodeDown(reader.HostId(), reader.Enum<NodeStatus>(), reader.Text()),
        TopologyEntryKind.NodeMoved => new NodeMoved(reader.HostId(), reader.OptionalEndpoint(), reader.OptionalEndpoint(), reader.Signed()),
        TopologyEntryKind.NodeReplaced => ReadReplaced(ref reader),
        TopologyEntryKind.NodeReidentified => ReadReidentified(ref reader),
        TopologyEntryKind.NodeAttributesChanged => new NodeAttributesChanged(reader.HostId(), MetadataCodec.ReadAttributes(ref reader)),
        TopologyEntryKind.TokensChanged => ReadTokens(ref reader),
        TopologyEntryKind.ShardingChanged => new ShardingChanged(reader.HostId(), MetadataCodec.ReadSharding(ref reader), reader.Signed()),
        TopologyEntryKind.RangeReassigned => RoutingCodec.ReadReassigned(ref reader),
        TopologyEntryKind.LeaderChanged => RoutingCodec.ReadLed(ref reader),
        TopologyEntryKind.ReplicaRemoved => RoutingCodec.ReadRemoved(ref reader),
        TopologyEntryKind.RangesDropped => RoutingCodec.ReadDropped(ref reader),
        TopologyEntryKind.RingsReplaced => new RingsReplaced(RoutingCodec.ReadRings(ref reader)),
        TopologyEntryKind.HandoverCheckpoint => HandoverCodec.ReadCheckpoint(reader.HostId(), ref reader),
        TopologyEntryKind.HandoverAborted => HandoverCodec.ReadAborted(reader.HostId(), ref reader),
        _ => throw new UndecodableEntryException($"its kind {(byte)kind} is not known"),
    };

    private static void WriteOfNode(LogWriter writer, NodeChange change)
    {
        switch (change)
        {
            case NodeJoined joined:
                MetadataCodec.WriteNode(writer, joined.Node);
                break;
            case NodeReplaced replaced:
                writer.HostId(replaced.Replaced);
                MetadataCodec.WriteNode(writer, replaced.Node);
                break;
            case NodeReidentified reidentified:
                writer.HostId(reidentified.Former);
                MetadataCodec.WriteNode(writer, reidentified.Node);
                break;
            case NodeUp up:
                writer.Byte((byte)up.Status);
                writer.Text(up.Reason);
                break;
            case NodeDown down:
                writer.Byte((byte)down.Status);
                writer.Text(down.Reason);
                break;
            case NodeMoved moved:
                writer.OptionalEndpoint(moved.From);
                writer.OptionalEndpoint(moved.To);
                writer.Signed(moved.Generation);
                break;
            case NodeAttributesChanged attributes:
                MetadataCodec.WriteAttributes(writer, attributes.Attributes);
                break;
            case TokensChanged tokens:
                writer.Bool(tokens.OwnsTokens);
                writer.Tokens(tokens.Tokens);
                break;
            case ShardingChanged sharding:
                MetadataCodec.WriteSharding(writer, sharding.Sharding);
                writer.Signed(sharding.Generation);
                break;
            case HandoverCheckpoint checkpoint:
                HandoverCodec.WriteCheckpoint(writer, checkpoint);
                break;
            case HandoverAborted aborted:
                HandoverCodec.WriteAborted(writer, aborted);
                break;
        }
    }

    /// <summary>Each part with its length, so that one of an unknown kind makes the whole batch unknown and not a misread one.</summary>
    private static void WriteParts(LogWriter writer, ChangeBatch batch)
    {
        writer.Count(batch.Changes.Length);
        var inner = new LogWriter();
        foreach (var part in batch.Changes)
        {
            inner.Clear();
            Write(inner, part);
            writer.Byte((byte)KindOf(part));
            writer.Bytes(inner.Written);
        }
    }

    private static ChangeBatch ReadParts(ref LogReader reader, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new UndecodableEntryException($"batches are nested deeper than {MaxDepth}");
        }

        var count = reader.Count(bytesEach: 2);
        var parts = ImmutableArray.CreateBuilder<TopologyChange>(Math.Min(count, 1_024));
        for (var i = 0; i < count; i++)
        {
            var kind = (TopologyEntryKind)reader.Byte();
            var part = new LogReader(reader.Bytes());
            parts.Add(Read(kind, ref part, depth));
            part.End();
        }

        return new ChangeBatch(parts.DrainToImmutable());
    }

    private static OpaqueEntry ReadOpaque(ref LogReader reader) => new(reader.Byte(), reader.Rest().Length);

    private static NodeReplaced ReadReplaced(ref LogReader reader)
    {
        var (hostId, replaced) = (reader.HostId(), reader.HostId());
        return new NodeReplaced(replaced, MetadataCodec.ReadNode(hostId, ref reader));
    }

    private static NodeReidentified ReadReidentified(ref LogReader reader)
    {
        var (hostId, former) = (reader.HostId(), reader.HostId());
        return new NodeReidentified(former, MetadataCodec.ReadNode(hostId, ref reader));
    }

    private static TokensChanged ReadTokens(ref LogReader reader)
    {
        var (hostId, owns) = (reader.HostId(), reader.Bool());
        return new TokensChanged(hostId, reader.Tokens(), owns);
    }
}
