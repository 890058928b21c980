namespace CqlDriver;

/// <summary>A column of a result, or a parameter of a prepared statement.</summary>
/// <param name="Keyspace">The keyspace of the table it comes from.</param>
/// <param name="Table">The table it comes from.</param>
/// <param name="Name">The name, unquoted.</param>
/// <param name="Type">The CQL type.</param>
public sealed record ColumnSpec(string Keyspace, string Table, string Name, CqlType Type);
