using CqlDriver.Testing.Model;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.SystemTables;

/// <summary>Fills a table that lives for one query.</summary>
internal sealed class VirtualRows(TableDefinition table)
{
    public TableStore Store { get; } = new(table);

    /// <summary>Adds a row; columns that are not named are null, values whose column the server's dialect does not have are left out.</summary>
    public void Add(params ReadOnlySpan<(string Column, byte[]? Value)> values)
    {
        var partitionKey = new byte[table.PartitionKey.Length][];
        var clustering = new byte[table.Clustering.Length][];
        foreach (var (name, value) in values)
        {
            switch (table.Find(name))
            {
                case { Kind: ColumnKind.PartitionKey, Position: var position }:
                    partitionKey[position] = value!;
                    break;
                case { Kind: ColumnKind.Clustering, Position: var position }:
                    clustering[position] = value!;
                    break;
            }
        }

        var row = Store.GetOrAdd(PartitionKey.Of(partitionKey)).GetOrAdd(clustering);
        row.Mark(new Cell([], 0, 0, 0));
        foreach (var (name, value) in values)
        {
            if (value is not null && table.Find(name) is { IsPrimaryKey: false } column)
            {
                row[column.Slot] = new Cell(value, 0, 0, 0);
            }
        }
    }
}
