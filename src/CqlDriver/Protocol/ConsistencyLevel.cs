namespace CqlDriver;

/// <summary>How many replicas must answer. The numbers are those of the native protocol (v5, section 3).</summary>
public enum ConsistencyLevel
{
    /// <summary>Any node, even a hint (writes only).</summary>
    Any = 0x0000,

    /// <summary>One replica.</summary>
    One = 0x0001,

    /// <summary>Two replicas.</summary>
    Two = 0x0002,

    /// <summary>Three replicas.</summary>
    Three = 0x0003,

    /// <summary>A majority of all replicas.</summary>
    Quorum = 0x0004,

    /// <summary>All replicas.</summary>
    All = 0x0005,

    /// <summary>A majority of the replicas in the coordinator's datacenter.</summary>
    LocalQuorum = 0x0006,

    /// <summary>A majority in each datacenter.</summary>
    EachQuorum = 0x0007,

    /// <summary>Linearizable, over all datacenters (conditional statements and reads).</summary>
    Serial = 0x0008,

    /// <summary>Linearizable, within the coordinator's datacenter.</summary>
    LocalSerial = 0x0009,

    /// <summary>One replica in the coordinator's datacenter.</summary>
    LocalOne = 0x000A,
}
