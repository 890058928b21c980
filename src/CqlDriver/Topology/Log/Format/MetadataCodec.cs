using System.Collections.Immutable;
using CqlDriver.Schema;

namespace CqlDriver.Topology;

/// <summary>
/// A snapshot to bytes and back: everything in it, in one order, so that two equal snapshots give the same bytes wherever and
/// whenever they are written. Of the schema keyspaces, how they are replicated, the names of their
/// tables and a fingerprint of each keyspace are written; columns are not.
/// </summary>
internal static class MetadataCodec
{
    public static byte[] ToBytes(Metadata metadata)
    {
        var writer = new LogWriter();
        Write(writer, metadata);
        return writer.ToArray();
    }

    public static Metadata FromBytes(ReadOnlySpan<byte> bytes)
    {
        var reader = new LogReader(bytes);
        var metadata = Read(ref reader);
        reader.End();
        return metadata;
    }

    public static void Write(LogWriter writer, Metadata metadata)
    {
        writer.Signed(metadata.AppliedIndex);
        writer.Signed(metadata.Source.Epoch);
        writer.Signed(metadata.Source.Index);
        writer.OptionalText(metadata.ClusterName);
        writer.OptionalText(metadata.Partitioner);
        writer.OptionalText(metadata.InitialDatacenter);
        writer.OptionalText(metadata.ClusterVersion);
        writer.Signed(metadata.SchemaChanges);
        WriteSchema(writer, metadata.Schema);
        writer.Count(metadata.OrdinalCount);
        writer.List(metadata.Nodes, static (part, node) =>
        {
            part.HostId(node.HostId);
            part.Signed(node.Ordinal);
            WriteNode(part, node);
        });
        writer.List(metadata.Handovers, static (part, checkpoint) =>
        {
            part.HostId(checkpoint.HostId);
            part.Signed(checkpoint.Index);
            HandoverCodec.WriteCheckpoint(part, checkpoint);
        });
        ClientRouteCodec.Write(writer, metadata.ClientRoutes);
        RoutingCodec.Write(writer, metadata.Routing);
    }

    public static Metadata Read(ref LogReader reader)
    {
        var metadata = Metadata.Empty with
        {
            AppliedIndex = reader.Signed(),
            Source = new LogPosition(reader.Signed(), reader.Signed()),
            ClusterName = reader.OptionalText(),
            Partitioner = reader.OptionalText(),
            InitialDatacenter = reader.OptionalText(),
            ClusterVersion = reader.OptionalText(),
            SchemaChanges = reader.Signed(),
            Schema = ReadSchema(ref reader),
        };
        var ordinals = reader.Number();
        var nodes = reader.List(static (ref LogReader part) =>
        {
            var (hostId, ordinal) = (part.HostId(), part.Signed());
            return ReadNode(hostId, ref part) with { Ordinal = checked((int)ordinal) };
        });
        CheckNodes(nodes, ordinals);
        var handovers = reader.List(static (ref LogReader part) =>
        {
            var (hostId, index) = (part.HostId(), part.Signed());
            return HandoverCodec.ReadCheckpoint(hostId, ref part) with { Index = index };
        });
        return metadata.Restored(nodes, ordinals) with
        {
            Handovers = handovers,
            ClientRoutes = ClientRouteCodec.ReadTable(ref reader),
            Routing = RoutingCodec.Read(ref reader),
        };
    }

    public static void WriteNode(LogWriter writer, Node node)
    {
        writer.OptionalEndpoint(node.Endpoint);
        writer.Signed(node.Generation);
        WriteAttributes(writer, new NodeAttributes(node.Datacenter, node.Rack, node.ReleaseVersion, node.SchemaVersion));
        WriteSharding(writer, node.Sharding);
        writer.Byte((byte)node.State);
        writer.Byte((byte)node.Status);
        writer.Bool(node.OwnsTokens);
        writer.Tokens(node.Tokens);
    }

    public static Node ReadNode(HostId hostId, ref LogReader reader)
    {
        var (endpoint, generation, attributes) = (reader.OptionalEndpoint(), reader.Signed(), ReadAttributes(ref reader));
        return new Node(hostId)
        {
            Endpoint = endpoint,
            Generation = generation,
            Datacenter = attributes.Datacenter,
            Rack = attributes.Rack,
            ReleaseVersion = attributes.ReleaseVersion,
            SchemaVersion = attributes.SchemaVersion,
            Sharding = ReadSharding(ref reader),
            State = reader.Enum<TopologyState>(),
            Status = reader.Enum<NodeStatus>(),
            OwnsTokens = reader.Bool(),
            Tokens = reader.Tokens(),
        };
    }

    public static void WriteAttributes(LogWriter writer, NodeAttributes attributes)
    {
        writer.OptionalText(attributes.Datacenter);
        writer.OptionalText(attributes.Rack);
        writer.OptionalText(attributes.ReleaseVersion);
        writer.OptionalGuid(attributes.SchemaVersion);
    }

    public static NodeAttributes ReadAttributes(ref LogReader reader) =>
        new(reader.OptionalText(), reader.OptionalText(), reader.OptionalText(), reader.OptionalGuid());

    public static void WriteSharding(LogWriter writer, NodeSharding? sharding) => writer.Optional(sharding, static (part, known) =>
    {
        part.Count(known.ShardCount);
        part.Count(known.IgnoreMsb);
    });

    public static NodeSharding? ReadSharding(ref LogReader reader) =>
        reader.Bool() ? new NodeSharding(reader.Number(), reader.Number()) : null;

    public static void WriteSchema(LogWriter writer, SchemaMetadata schema)
    {
        writer.Bool(schema.IsRead);
        var outline = schema.Outline;
        writer.List([.. schema.Keyspaces.Values], (part, keyspace) =>
        {
            part.Text(keyspace.Name);
            part.Fixed(outline[keyspace.Name]);
            part.Text(keyspace.ReplicationStrategy);
            part.Options(keyspace.ReplicationOptions);
            part.Optional(keyspace.UsesTablets, static (inner, uses) => inner.Bool(uses));
            part.Bool(keyspace.IsStronglyConsistent);
            part.Bool(keyspace.IsVirtual);
            part.List([.. keyspace.Tables.Values.Cast<RelationMetadata>()], WriteRelation);
            part.List([.. keyspace.Views.Values.Cast<RelationMetadata>()], WriteRelation);
        });
        writer.List(schema.Problems, static (part, problem) =>
        {
            part.Text(problem.Row);
            part.Text(problem.Reason);
        });
    }

    public static SchemaMetadata ReadSchema(ref LogReader reader)
    {
        var isRead = reader.Bool();
        var outline = ImmutableSortedDictionary.CreateBuilder<string, ulong>(StringComparer.Ordinal);
        var keyspaces = ImmutableSortedDictionary.CreateBuilder<string, KeyspaceMetadata>(StringComparer.Ordinal);
        for (var left = reader.Count(); left > 0; left--)
        {
            var name = reader.Text();
            outline[name] = reader.Fixed64();
            keyspaces[name] = ReadKeyspace(name, ref reader);
        }

        var problems = reader.List(static (ref LogReader part) => new SchemaProblem(part.Text(), part.Text()));
        return isRead ? SchemaMetadata.OfOutline(keyspaces.ToImmutable(), outline.ToImmutable(), problems) : SchemaMetadata.Unread;
    }

    private static KeyspaceMetadata ReadKeyspace(string name, ref LogReader reader) => new(name)
    {
        ReplicationStrategy = reader.Text(),
        ReplicationOptions = reader.Options(),
        UsesTablets = reader.Bool() ? reader.Bool() : null,
        IsStronglyConsistent = reader.Bool(),
        IsVirtual = reader.Bool(),
        Tables = Relations(reader.List(ReadRelation), (table, id) => new TableMetadata(name, table, []) { Id = id }),
        Views = Relations(reader.List(ReadRelation), (view, id) => new ViewMetadata(name, view, []) { Id = id }),
    };

    private static ImmutableSortedDictionary<string, T> Relations<T>(ImmutableArray<(string Name, Guid? Id)> relations, Func<string, Guid?, T> create) =>
        relations.ToImmutableSortedDictionary(static relation => relation.Name, relation => create(relation.Name, relation.Id), StringComparer.Ordinal);

    private static void WriteRelation(LogWriter writer, RelationMetadata relation)
    {
        writer.Text(relation.Name);
        writer.OptionalGuid(relation.Id);
    }

    private static (string Name, Guid? Id) ReadRelation(ref LogReader reader) => (reader.Text(), reader.OptionalGuid());

    /// <summary>A snapshot from elsewhere is as little believed as anything else.</summary>
    private static void CheckNodes(ImmutableArray<Node> nodes, int ordinals)
    {
        var taken = new HashSet<int>();
        var endpoints = new HashSet<NodeEndpoint>();
        for (var i = 0; i < nodes.Length; i++)
        {
            var node = nodes[i];
            if ((i > 0 && nodes[i - 1].HostId.CompareTo(node.HostId) >= 0)
                || node.Ordinal < 0 || node.Ordinal >= ordinals || !taken.Add(node.Ordinal)
                || (node.Endpoint is { } endpoint && !endpoints.Add(endpoint)))
            {
                throw new UndecodableEntryException($"node {node} is out of order, or shares its place or its endpoint with another one");
            }
        }
    }
}
