using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using CqlDriver.Testing.Model;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.SystemTables;

/// <summary>The rows of <c>system_schema</c>: the schema as the server itself describes it.</summary>
internal static class SchemaRows
{
    private static readonly string[] Integers =
        ["default_time_to_live", "gc_grace_seconds", "max_index_interval", "memtable_flush_period_in_ms", "min_index_interval"];

    private static readonly string[] Doubles = ["bloom_filter_fp_chance", "crc_check_chance", "dclocal_read_repair_chance", "read_repair_chance"];

    private static readonly string[] Booleans = ["allow_auto_snapshot", "cdc", "incremental_backups"];

    public static void Add(string table, VirtualRows rows, SchemaSnapshot schema, int tabletsPerTable)
    {
        foreach (var keyspace in schema.Keyspaces.Values)
        {
            switch (table)
            {
                case "keyspaces":
                    rows.Add(
                        ("keyspace_name", CqlBytes.Text(keyspace.Name)),
                        ("durable_writes", CqlBytes.Boolean(keyspace.DurableWrites)),
                        ("replication", Map(keyspace.Replication)));
                    break;
                case "scylla_keyspaces" when !keyspace.IsSystem:
                    rows.Add(
                        ("keyspace_name", CqlBytes.Text(keyspace.Name)),
                        ("consistency", CqlBytes.Text(keyspace.Consistency)),
                        ("initial_tablets", tabletsPerTable > 0 ? CqlBytes.Int32(tabletsPerTable) : null));
                    break;
                case "types":
                    AddTypes(rows, keyspace);
                    break;
                default:
                    AddTables(table, rows, keyspace);
                    break;
            }
        }
    }

    private static void AddTypes(VirtualRows rows, KeyspaceDefinition keyspace)
    {
        foreach (var type in keyspace.Types.Values)
        {
            rows.Add(
                ("keyspace_name", CqlBytes.Text(keyspace.Name)),
                ("type_name", CqlBytes.Text(type.Name)),
                ("field_names", CqlBytes.Collection([.. type.Fields.Select(field => CqlBytes.Text(field.Name))])),
                ("field_types", CqlBytes.Collection([.. type.Fields.Select(field => CqlBytes.Text(field.Type.Text))])));
        }
    }

    private static void AddTables(string name, VirtualRows rows, KeyspaceDefinition keyspace)
    {
        foreach (var table in keyspace.Tables.Values)
        {
            switch (name)
            {
                case "tables":
                    AddTable(rows, table);
                    break;
                case "columns":
                    AddColumns(rows, table);
                    break;
                case "indexes":
                    AddIndexes(rows, table);
                    break;
                case "dropped_columns":
                    AddDroppedColumns(rows, table);
                    break;
            }
        }
    }

    private static void AddTable(VirtualRows rows, TableDefinition table)
    {
        var cells = new List<(string, byte[]?)>
        {
            ("keyspace_name", CqlBytes.Text(table.Keyspace)),
            ("table_name", CqlBytes.Text(table.Name)),
            ("id", CqlBytes.Uuid(table.Id)),
            ("flags", CqlBytes.Collection(table.IsCounter ? [CqlBytes.Text("compound"), CqlBytes.Text("counter")] : [CqlBytes.Text("compound")])),
            ("dclocal_read_repair_chance", Double("0.0")),
            ("read_repair_chance", Double("0.0")),
        };
        // A change log that is off is not mentioned.
        foreach (var (option, text) in table.Options.Texts.Where(option => option.Key is not ("id" or "tablets") && option is not { Key: "cdc", Value: "false" }))
        {
            cells.RemoveAll(cell => cell.Item1 == option);
            cells.Add((option, Value(option, text)));
        }

        foreach (var (option, map) in table.Options.Maps)
        {
            cells.Add((option, Map(map)));
        }

        rows.Add([.. cells]);
    }

    private static byte[] Value(string option, string text) =>
        Array.IndexOf(Integers, option) >= 0 ? CqlBytes.Int32(int.Parse(text, CultureInfo.InvariantCulture))
        : Array.IndexOf(Doubles, option) >= 0 ? Double(text)
        : Array.IndexOf(Booleans, option) >= 0 ? CqlBytes.Boolean(text == "true")
        : CqlBytes.Text(text);

    private static byte[] Double(string text)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, double.Parse(text, CultureInfo.InvariantCulture));
        return bytes;
    }

    private static void AddColumns(VirtualRows rows, TableDefinition table)
    {
        foreach (var column in table.Columns)
        {
            rows.Add(
                ("keyspace_name", CqlBytes.Text(table.Keyspace)),
                ("table_name", CqlBytes.Text(table.Name)),
                ("column_name", CqlBytes.Text(column.Name)),
                ("clustering_order", CqlBytes.Text(column.Kind != ColumnKind.Clustering ? "none" : column.IsDescending ? "desc" : "asc")),
                ("column_name_bytes", CqlBytes.Text(column.Name)),
                ("kind", CqlBytes.Text(KindText(column.Kind))),
                ("position", CqlBytes.Int32(column.Position)),
                ("type", CqlBytes.Text(column.Resolved.Text)));
        }
    }

    private static void AddIndexes(VirtualRows rows, TableDefinition table)
    {
        foreach (var index in table.Indexes)
        {
            rows.Add(
                ("keyspace_name", CqlBytes.Text(table.Keyspace)),
                ("table_name", CqlBytes.Text(table.Name)),
                ("index_name", CqlBytes.Text(index.Name)),
                ("kind", CqlBytes.Text(index.ClassName is null ? "COMPOSITES" : "CUSTOM")),
                ("options", Map(index.Options)));
        }
    }

    private static void AddDroppedColumns(VirtualRows rows, TableDefinition table)
    {
        foreach (var dropped in table.DroppedColumns)
        {
            rows.Add(
                ("keyspace_name", CqlBytes.Text(table.Keyspace)),
                ("table_name", CqlBytes.Text(table.Name)),
                ("column_name", CqlBytes.Text(dropped.Name)),
                ("dropped_time", CqlBytes.Int64(dropped.At.ToUnixTimeMilliseconds())),
                ("kind", CqlBytes.Text(KindText(dropped.Kind))),
                ("type", CqlBytes.Text(dropped.TypeText)));
        }
    }

    private static string KindText(ColumnKind kind) => kind switch
    {
        ColumnKind.PartitionKey => "partition_key",
        ColumnKind.Clustering => "clustering",
        ColumnKind.Static => "static",
        ColumnKind.Regular => "regular",
    };

    private static byte[] Map(ImmutableSortedDictionary<string, string> map) =>
        CqlBytes.Map([.. map.SelectMany(entry => new byte[]?[] { CqlBytes.Text(entry.Key), CqlBytes.Text(entry.Value) })]);
}
