namespace CqlDriver;

/// <summary>A version of the native protocol. The number is the version byte of a request frame.</summary>
public enum ProtocolVersion
{
    /// <summary>Native protocol v4: Apache Cassandra 2.2 to 4.x, ScyllaDB.</summary>
    V4 = 4,

    /// <summary>Native protocol v5: Apache Cassandra 4.0 and later.</summary>
    V5 = 5,
}
