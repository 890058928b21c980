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
            draft.Source = change.Source ?? draft.Source;
        }

        return draft.ToMetadata();
    }

    private static void Apply(Draft draft, TopologyChange change)
    {
        draft.Metadata = RoutingEvolver.Follow(draft.Metadata, change);
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
                var ordinal = draft.Find(reidentified.Former)?.Ordinal ?? -1;
                draft.Remove(reidentified.Former);
                draft.Set(reidentified.Node with { Ordinal = ordinal });
                break;
            case NodeLeft left:
                draft.Remove(left.HostId);
                break;
            case EmptyEntry or OpaqueEntry or UndecodableEntry:
                break;
            case ClusterVersionChanged version:
                draft.Metadata = draft.Metadata with { ClusterVersion = version.To };
                break;
            case HandoverCheckpoint { Phase: HandoverPhase.Completed } completed:
                draft.Forget(completed.HostId);
                break;
            case HandoverCheckpoint checkpoint:
                draft.Remember(checkpoint);
                break;
            case HandoverAborted aborted:
                Undo(draft, aborted);
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
            case RoutesChanged routes:
                draft.Metadata = draft.Metadata with { ClientRoutes = draft.Metadata.ClientRoutes.Apply(routes) };
                break;
            case SchemaReplaced replaced:
                draft.Metadata = draft.Metadata with { Schema = replaced.Schema };
                break;
            case RoutingChange or RingsReplaced:
                break;
            case NodeChange ofNode:
                ApplyToNode(draft, ofNode);
                break;
            default:
                throw new UnreachableException($"{change.GetType().Name} is no kind of change that is known.");
        }
    }

    /// <summary>What took over already is not undone; what was undone is not undone again.</summary>
    private static void Undo(Draft draft, HandoverAborted aborted)
    {
        if (draft.HandoverOf(aborted.HostId) is not { Phase: HandoverPhase.Open or HandoverPhase.CatchUp } checkpoint || checkpoint.Handover != aborted.Handover)
        {
            return;
        }

        foreach (var compensation in aborted.Compensations)
        {
            if (draft.Find(aborted.HostId) is { } node)
            {
                draft.Set(compensation.Undo(node));
            }
        }

        draft.Forget(aborted.HostId);
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
        private List<Node>? _nodes;

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

        public LogPosition Source { get; set; } = metadata.Source;

        public Node? Find(HostId hostId) => IndexOf(hostId) is >= 0 and var at ? _nodes?[at] ?? metadata.Nodes[at] : null;

        /// <summary>One that is there already, as it is, costs nothing.</summary>
        public void Set(Node node)
        {
            var at = IndexOf(node.HostId);
            if (at < 0)
            {
                Nodes().Insert(~at, node);
            }
            else if (!ReferenceEquals(Find(node.HostId), node))
            {
                Nodes()[at] = node;
            }
        }

        /// <summary>A node that is gone has no handover either.</summary>
        public void Remove(HostId hostId)
        {
            if (IndexOf(hostId) is >= 0 and var at)
            {
                Nodes().RemoveAt(at);
            }

            Forget(hostId);
        }

        public HandoverCheckpoint? HandoverOf(HostId hostId)
        {
            foreach (var handover in metadata.Handovers)
            {
                if (handover.HostId == hostId)
                {
                    return handover;
                }
            }

            return null;
        }

        /// <summary>The same checkpoint again changes nothing.</summary>
        public void Remember(HandoverCheckpoint checkpoint)
        {
            if (HandoverOf(checkpoint.HostId) is { } known && (known.Handover, known.Phase, known.Attempt) == (checkpoint.Handover, checkpoint.Phase, checkpoint.Attempt))
            {
                return;
            }

            Forget(checkpoint.HostId);
            metadata = metadata with { Handovers = metadata.Handovers.Add(checkpoint) };
        }

        public void Forget(HostId hostId)
        {
            if (HandoverOf(hostId) is not null)
            {
                metadata = metadata with { Handovers = metadata.Handovers.RemoveAll(handover => handover.HostId == hostId) };
            }
        }

        public Metadata ToMetadata()
        {
            var next = _nodes is null ? metadata : metadata.WithNodes([.. _nodes]);
            return next.AppliedIndex == Index && next.Source == Source ? next : next with { AppliedIndex = Index, Source = Source };
        }

        private List<Node> Nodes() => _nodes ??= [.. metadata.Nodes];

        /// <summary>The complement of where it belongs when it is not there.</summary>
        private int IndexOf(HostId hostId)
        {
            if (_nodes is null)
            {
                return metadata.IndexOf(hostId);
            }

            var (low, high) = (0, _nodes.Count - 1);
            while (low <= high)
            {
                var middle = (low + high) >>> 1;
                var order = _nodes[middle].HostId.CompareTo(hostId);
                if (order == 0)
                {
                    return middle;
                }

                (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
            }

            return ~low;
        }
    }
}
