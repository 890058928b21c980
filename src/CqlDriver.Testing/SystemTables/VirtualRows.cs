using CqlDriver.Testing.Model;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.SystemTables;

/// <summary>Fills a table that lives for one query.</summary>
internal sealed class VirtualRows(TableDefinition table)
{
    public TableStore Store { get; } = new(table);

    /// <summary>Adds a row; columns that are not named are null.</summary>
    public void Add(params ReadOnlySpan<(string Column, byte[]? Value)> values)
    {
        var partitionKey = new byte[table.PartitionKey.Length][];
        var clustering = new byte[table.Clustering.Length][];
        foreach (var (name, value) in values)
        {
            var column = table.Get(name);
            if (column.Kind == ColumnKind.PartitionKey)
            {
                partitionKey[column.Position] = value!;
            }
            else if (column.Kind == ColumnKind.Clustering)
            {
                clustering[column.Position] = value!;
            }
        }

        var row = Store.GetOrAdd(PartitionKey.Of(partitionKey)).GetOrAdd(clustering);
        row.Mark(new Cell([], 0, 0, 0));
        foreach (var (name, value) in values)
        {
            var column = table.Get(name);
            if (!column.IsPrimaryKey && value is not null)
            {
                row[column.Slot] = new Cell(value, 0, 0, 0);
            }
        }
    }
}
