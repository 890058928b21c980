using CqlDriver.Connections;

namespace CqlDriver.Schema;

/// <summary>The rows that describe a schema, table by table. Null: the server has no such table.</summary>
internal sealed record SchemaTables
{
    public required SystemRows Keyspaces { get; init; }

    public required SystemRows Tables { get; init; }

    public required SystemRows Columns { get; init; }

    public SystemRows? Views { get; init; }

    public SystemRows? Indexes { get; init; }

    public SystemRows? Types { get; init; }

    public SystemRows? Functions { get; init; }

    public SystemRows? Aggregates { get; init; }

    /// <summary>ScyllaDB: what it knows of keyspaces beyond the others' columns, tablets for instance.</summary>
    public SystemRows? ScyllaKeyspaces { get; init; }

    /// <summary>ScyllaDB: the same of tables.</summary>
    public SystemRows? ScyllaTables { get; init; }

    /// <summary>Cassandra 4 and later: keyspaces that show a node's state, in tables of their own.</summary>
    public SystemRows? VirtualKeyspaces { get; init; }

    public SystemRows? VirtualTables { get; init; }

    public SystemRows? VirtualColumns { get; init; }
}
