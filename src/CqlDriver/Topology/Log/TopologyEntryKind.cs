namespace CqlDriver.Topology;

/// <summary>
/// What an entry of a topology log says. The numbers are those in the bytes of an entry and never change their meaning; a
/// number that is not here is one of a later version.
/// </summary>
public enum TopologyEntryKind : byte
{
    /// <summary>Nothing: only the position counts.</summary>
    Empty = 0,

    /// <summary>Something of the source's own that means nothing to a client: only the position counts.</summary>
    Opaque = 1,

    /// <summary>What could not be understood when it was written down: its bytes are kept.</summary>
    Undecodable = 2,

    /// <summary>Several changes that become true together.</summary>
    Batch = 3,

    /// <summary>Everything before is replaced by this snapshot.</summary>
    SnapshotInstalled = 4,

    /// <summary>The cluster's name and partitioner.</summary>
    ClusterIdentified = 5,

    /// <summary>The release versions in the cluster changed.</summary>
    ClusterVersionChanged = 6,

    /// <summary>A node became known.</summary>
    NodeJoined = 16,

    /// <summary>A joining node became a full member.</summary>
    NodePromoted = 17,

    /// <summary>A full member is shown as joining again.</summary>
    NodeDemoted = 18,

    /// <summary>A node began to leave.</summary>
    NodeDraining = 19,

    /// <summary>A node has left and is still listed.</summary>
    NodeDecommissioned = 20,

    /// <summary>A node is no member any more.</summary>
    NodeLeft = 21,

    /// <summary>A node is reachable.</summary>
    NodeUp = 22,

    /// <summary>A node is not reachable.</summary>
    NodeDown = 23,

    /// <summary>A node is at another endpoint.</summary>
    NodeMoved = 24,

    /// <summary>Another node stands at a node's endpoint.</summary>
    NodeReplaced = 25,

    /// <summary>A node has another host id.</summary>
    NodeReidentified = 26,

    /// <summary>Datacenter, rack or versions of a node changed.</summary>
    NodeAttributesChanged = 27,

    /// <summary>A node owns other tokens.</summary>
    TokensChanged = 28,

    /// <summary>A node divides its work otherwise.</summary>
    ShardingChanged = 29,

    /// <summary>A range of tokens belongs to another group of replicas.</summary>
    RangeReassigned = 32,

    /// <summary>Another replica leads a group.</summary>
    LeaderChanged = 33,

    /// <summary>A group lost a replica.</summary>
    ReplicaRemoved = 34,

    /// <summary>Ranges of a table or keyspace are not known any more.</summary>
    RangesDropped = 35,

    /// <summary>The token rings were worked out anew.</summary>
    RingsReplaced = 36,

    /// <summary>A part of the schema was created, altered or dropped.</summary>
    SchemaChanged = 48,

    /// <summary>The schema was read. The bytes name keyspaces, their replication and tables, with a fingerprint of each keyspace; not columns.</summary>
    SchemaReplaced = 49,

    /// <summary>Routes to nodes changed.</summary>
    RoutesChanged = 56,

    /// <summary>A handover reached a phase.</summary>
    HandoverCheckpoint = 64,

    /// <summary>A handover was given up, and what it did is undone.</summary>
    HandoverAborted = 65,
}
