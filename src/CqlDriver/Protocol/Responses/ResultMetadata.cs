using System.Collections.Immutable;
using CqlDriver.Types;

namespace CqlDriver.Protocol;

/// <summary>Bits of the flags in the metadata of ROWS and PREPARED (v5, section 4.2.5.2).</summary>
[Flags]
internal enum MetadataFlags
{
    None = 0,
    GlobalTableSpec = 0x01,
    HasMorePages = 0x02,
    NoMetadata = 0x04,
    MetadataChanged = 0x08,
}

/// <summary>The columns of a result. Immutable; kept with a prepared statement and shared by all its results.</summary>
internal sealed class ResultMetadata
{
    public ResultMetadata(ImmutableArray<ColumnSpec> columns) => Columns = columns;

    public static ResultMetadata Empty { get; } = new([]);

    public ImmutableArray<ColumnSpec> Columns { get; }
}

/// <summary>Reads and writes column specifications: one table for all of them, or one for each.</summary>
internal static class ColumnSpecs
{
    public static ImmutableArray<ColumnSpec> Read(ref CqlReader reader, int count, MetadataFlags flags)
    {
        var isGlobal = (flags & MetadataFlags.GlobalTableSpec) != 0;
        var keyspace = isGlobal ? reader.ReadString() : "";
        var table = isGlobal ? reader.ReadString() : "";
        reader.EnsureFits(count, isGlobal ? 4 : 8, "the metadata");
        var columns = ImmutableArray.CreateBuilder<ColumnSpec>(count);
        for (var i = 0; i < count; i++)
        {
            if (!isGlobal)
            {
                keyspace = reader.ReadString();
                table = reader.ReadString();
            }

            var name = reader.ReadString();
            columns.Add(new ColumnSpec(keyspace, table, name, reader.ReadType()));
        }

        return columns.MoveToImmutable();
    }

    /// <summary>Whether one table specification serves for all columns.</summary>
    public static bool AreOfOneTable(ImmutableArray<ColumnSpec> columns)
    {
        foreach (var column in columns)
        {
            if (column.Keyspace != columns[0].Keyspace || column.Table != columns[0].Table)
            {
                return false;
            }
        }

        return columns.Length > 0;
    }

    public static void Write(GrowableBuffer buffer, ImmutableArray<ColumnSpec> columns, bool isGlobal, int version)
    {
        if (isGlobal)
        {
            buffer.WriteString(columns[0].Keyspace);
            buffer.WriteString(columns[0].Table);
        }

        foreach (var column in columns)
        {
            if (!isGlobal)
            {
                buffer.WriteString(column.Keyspace);
                buffer.WriteString(column.Table);
            }

            buffer.WriteString(column.Name);
            buffer.WriteType(column.Type, version);
        }
    }
}
