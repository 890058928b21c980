namespace CqlDriver.Topology;

/// <summary>Whether the driver takes a node for reachable.</summary>
public enum NodeStatus
{
    /// <summary>A connection to it is open, or nothing speaks against it.</summary>
    Up,

    /// <summary>The last connection to it was lost, or none could be opened.</summary>
    Down,

    /// <summary>Declared up by the application or a custom source, until that is withdrawn.</summary>
    ForcedUp,

    /// <summary>Declared down by the application or a custom source: nothing connects to it until that is withdrawn.</summary>
    ForcedDown,

    /// <summary>Behind private connections, and no client route leads to it yet: not dialled until one does.</summary>
    NoRoute,
}

/// <summary>Where a node stands in the cluster, by what the server says.</summary>
public enum TopologyState
{
    /// <summary>On its way in: known, in no query plan.</summary>
    Joining,

    /// <summary>A full member.</summary>
    Normal,

    /// <summary>On its way out: last in query plans.</summary>
    Draining,

    /// <summary>Left, though the server still lists it: in no query plan.</summary>
    Decommissioned,
}
