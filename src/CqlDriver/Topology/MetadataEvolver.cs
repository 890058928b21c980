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
        switch (change)
        {
            case ClusterIdentified identified:
                draft.Metadata = draft.Metadata with { ClusterName = identified.ClusterName, Partitioner = identified.Partitioner, InitialDatacenter = identified.InitialDatacenter };
                break;
            case NodeJoined joined:
                draft.Set(joined.Node);
                break;
            case NodeReplaced replaced:
                draft.Remove(replaced.Replaced);
                draft.Set(replaced.Node);
                break;
            case NodeReidentified reidentified:
                draft.Remove(reidentified.Former);
                draft.Set(reidentified.Node);
                break;
            case NodeLeft left:
                draft.Remove(left.HostId);
                break;
            case HandoverCheckpoint { Phase: HandoverPhase.Completed } completed:
                draft.Forget(completed.HostId);
                break;
            case HandoverCheckpoint checkpoint:
                draft.Remember(checkpoint);
                break;
            case HandoverAborted aborted:
                draft.Forget(aborted.HostId);
                break;
            case ChangeBatch batch:
                foreach (var part in batch.Changes)
                {
                    Apply(draft, part);
                }

                break;
            case SnapshotInstalled installed:
                draft.Metadata = installed.Snapshot;
                break;
            case SchemaChanged:
                draft.Metadata = draft.Metadata with { SchemaChanges = draft.Metadata.SchemaChanges + 1 };
                break;
            case SchemaReplaced replaced:
                draft.Metadata = draft.Metadata with { Schema = replaced.Schema };
                break;
            case NodeChange ofNode:
                ApplyToNode(draft, ofNode);
                break;
            default:
                throw new UnreachableException($"{change.GetType().Name} is no kind of change that is known.");
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
        NodePromoted => node.State == TopologyState.Joining ? node with { State = TopologyState.Normal } : node,
        NodeDemoted => node with { State = TopologyState.Joining },
        NodeDraining => node with { State = TopologyState.Draining },
        NodeDecommissioned => node with { State = TopologyState.Decommissioned },
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
        _ => throw new UnreachableException($"{change.GetType().Name} is not a change of one known node."),
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

        /// <summary>A node that is gone has no handover either.</summary>
        public void Remove(HostId hostId)
        {
            Nodes().Remove(hostId);
            Forget(hostId);
        }

        public void Remember(HandoverCheckpoint checkpoint)
        {
            Forget(checkpoint.HostId);
            metadata = metadata with { Handovers = metadata.Handovers.Add(checkpoint) };
        }

        public void Forget(HostId hostId)
        {
            if (metadata.Handovers.Any(handover => handover.HostId == hostId))
            {
                metadata = metadata with { Handovers = metadata.Handovers.RemoveAll(handover => handover.HostId == hostId) };
            }
        }

        public Metadata ToMetadata()
        {
            var next = _nodes is null ? metadata : metadata.WithNodes([.. _nodes.Values]);
            return next.AppliedIndex == Index ? next : next with { AppliedIndex = Index };
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
