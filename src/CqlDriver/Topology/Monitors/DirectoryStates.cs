namespace CqlDriver.Topology;

/// <summary>The words in which Cassandra's directory tells where nodes stand, and what they mean to a client.</summary>
internal static class DirectoryStates
{
    /// <summary>What a word means; null: one that is not known, and the tokens decide.</summary>
    public static TopologyState? Of(string? word) => word switch
    {
        "REGISTERED" or "BOOTSTRAPPING" or "BOOT_REPLACING" => TopologyState.Joining,
        "JOINED" or "MOVING" => TopologyState.Normal,
        "LEAVING" => TopologyState.Draining,
        "LEFT" => TopologyState.Decommissioned,
        _ => null,
    };

    /// <summary>
    /// The row of a node that left stays in the directory. It is believed once, for a node that was a member until then: that one
    /// is shown as decommissioned. After that, and for everybody else, it counts for nothing, and the node is gone.
    /// </summary>
    public static bool IsOver(Metadata metadata, NodeRow row) =>
        row is { IsOfNodeThatLeft: true, HostId: { } id } && metadata.NodeOf(new HostId(id)) is not { State: not TopologyState.Decommissioned };
}
