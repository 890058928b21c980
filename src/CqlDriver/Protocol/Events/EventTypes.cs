namespace CqlDriver.Protocol;

/// <summary>What REGISTER can ask for.</summary>
internal static class EventTypes
{
    public const string TopologyChange = "TOPOLOGY_CHANGE";
    public const string StatusChange = "STATUS_CHANGE";
    public const string SchemaChange = "SCHEMA_CHANGE";

    /// <summary>ScyllaDB: the table of client routes changed.</summary>
    public const string ClientRoutesChange = "CLIENT_ROUTES_CHANGE";
}
