using System.Collections.Immutable;
using System.Diagnostics;

namespace CqlDriver.Topology;

/// <summary>
/// Applies decisions to a snapshot: one small pure function per kind, no rule about whether. The loop, a replay and a log
/// kept elsewhere all come through here, so a snapshot is the fold of its changes by construction. Changes that name an
/// unknown node do nothing. All or nothing: an exception leaves the old snapshot.
/// </summary>
internal static class MetadataEvolver
{
    /// <summary>The snapshot after these changes. The index is built once, from the nodes as they are in the end.</summary>
    public static Metadata Apply(Metadata metadata, IEnumerable<TopologyChange> changes)
    {
        var draft = new Draft(metadata);
        foreach (var change in changes)
        {
            Apply(draft, change);
            draft.Index = change.Index;
        }

        return draft.ToMetadata();
    }

    private static void Apply(Draft draft, TopologyChange change)
    {
        switch (change.Kind)
        {
            case TopologyChangeKind.ClusterIdentified:
                var identified = (ClusterIdentified)change;
                draft.Metadata = draft.Metadata.With(identified.ClusterName, identified.Partitioner, identified.InitialDatacenter);
                break;
            case TopologyChangeKind.NodeJoined:
                draft.Set(((NodeJoined)change).Node);
                break;
            case TopologyChangeKind.NodeReplaced:
                var replaced = (NodeReplaced)change;
                draft.Remove(replaced.Replaced);
                draft.Set(replaced.Node);
                break;
            case TopologyChangeKind.NodeLeft:
                draft.Remove(((NodeLeft)change).HostId);
                break;
            case TopologyChangeKind.Batch:
                foreach (var part in ((ChangeBatch)change).Changes)
                {
                    Apply(draft, part);
                }

                break;
            case TopologyChangeKind.SnapshotInstalled:
                draft.Metadata = ((SnapshotInstalled)change).Snapshot;
                break;
            case TopologyChangeKind.SchemaChanged:
                break;
            case TopologyChangeKind.NodePromoted:
            case TopologyChangeKind.NodeDemoted:
            case TopologyChangeKind.NodeUp:
            case TopologyChangeKind.NodeDown:
            case TopologyChangeKind.NodeMoved:
            case TopologyChangeKind.NodeAttributesChanged:
            case TopologyChangeKind.TokensChanged:
            case TopologyChangeKind.ShardingChanged:
                ApplyToNode(draft, (NodeChange)change);
                break;
        }
    }

    private static void ApplyToNode(Draft draft, NodeChange change)
    {
        if (draft.Find(change.HostId) is { } node)
        {
            draft.Set(Changed(node, change));
        }
    }

    private static Node Changed(Node node, NodeChange change) => change switch
    {
        NodePromoted => node with { State = TopologyState.Normal },
        NodeDemoted => node with { State = TopologyState.Joining },
        NodeUp up => node with { Status = up.Status },
        NodeDown down => node with { Status = down.Status },
        NodeMoved moved => node with { Endpoint = moved.To, Generation = moved.Generation },
        NodeAttributesChanged { Attributes: var attributes } => node with
        {
            Datacenter = attributes.Datacenter,
            Rack = attributes.Rack,
            ReleaseVersion = attributes.ReleaseVersion,
            SchemaVersion = attributes.SchemaVersion,
        },
        TokensChanged tokens => node with { Tokens = tokens.Tokens, OwnsTokens = tokens.OwnsTokens },
        ShardingChanged sharding => node with { Sharding = sharding.Sharding, Generation = sharding.Generation },
        _ => throw new UnreachableException($"{change.Kind} is not a change of one known node."),
    };

    private sealed class Draft(Metadata metadata)
    {
        private SortedDictionary<HostId, Node>? _nodes;

        public Metadata Metadata
        {
            get => metadata;
            set
            {
                // What was changed before stays: only an installed snapshot brings nodes of its own.
                _nodes = value.Nodes == metadata.Nodes ? _nodes : null;
                metadata = value;
            }
        }

        public long Index { get; set; } = metadata.AppliedIndex;

        public Node? Find(HostId hostId) => Nodes().GetValueOrDefault(hostId);

        public void Set(Node node) => Nodes()[node.HostId] = node;

        public void Remove(HostId hostId) => Nodes().Remove(hostId);

        public Metadata ToMetadata()
        {
            var next = _nodes is null ? metadata : metadata.WithNodes([.. _nodes.Values]);
            return next.AppliedIndex == Index ? next : next.At(Index);
        }

        private SortedDictionary<HostId, Node> Nodes()
        {
            if (_nodes is null)
            {
                _nodes = [];
                foreach (var node in metadata.Nodes)
                {
                    _nodes.Add(node.HostId, node);
                }
            }

            return _nodes;
        }
    }
}
