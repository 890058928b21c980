using System.Buffers.Binary;
using System.Text;
using CqlDriver.Types;

namespace CqlDriver.LoadBench.Answerer;

/// <summary>What the answerer says, encoded once: bodies of answers, without the frame header.</summary>
internal static class CannedBodies
{
    public const string Keyspace = "loadbench";
    public const string WrittenTable = "written";
    public const string ReadTable = "rows";
    public const int PageRows = 1000;
    public const int KeyBytes = 16;

    /// <summary>Of every text; with it a page is about 42 KB and fits one segment of v5.</summary>
    private const int TextBytes = 11;

    private const int NoMetadata = 0x0004;
    private const int GlobalTable = 0x0001;

    private static readonly (string Name, short Type)[] DataColumns = [("id", TypeCode.Uuid), ("n", TypeCode.Int), ("v", TypeCode.Text)];

    public static byte[] Void { get; } = [0, 0, 0, 1];

    public static byte[] Supported { get; } = Build(body =>
    {
        body.WriteInt16(3);
        Text(body, "CQL_VERSION");
        TextList(body, "3.4.7");
        Text(body, "COMPRESSION");
        TextList(body);
        Text(body, "PROTOCOL_VERSIONS");
        TextList(body, "4/v4", "5/v5");
    });

    /// <summary>The answer to USE.</summary>
    public static byte[] SetKeyspace { get; } = Build(body =>
    {
        body.WriteInt32(3);
        Text(body, Keyspace);
    });

    /// <summary>An ERROR of kind "invalid" (0x2200).</summary>
    public static byte[] Invalid(string message) => Build(body =>
    {
        body.WriteInt32(0x2200);
        Text(body, message);
    });

    /// <summary>Rows of the three data columns.</summary>
    public static byte[] DataRows(int rows, bool withMetadata) => Build(body =>
    {
        body.WriteInt32(2);
        body.WriteInt32(withMetadata ? GlobalTable : NoMetadata);
        body.WriteInt32(DataColumns.Length);
        if (withMetadata)
        {
            Columns(body, Keyspace, ReadTable, DataColumns);
        }

        body.WriteInt32(rows);
        for (var row = 0; row < rows; row++)
        {
            body.WriteInt32(KeyBytes);
            Uuid(body, row);
            body.WriteInt32(4);
            body.WriteInt32(row);
            Value(body, $"value-{row:00000}");
        }
    });

    /// <summary>Makes the last row that of the key, so that an answer shows which request it belongs to; n is the key's last four bytes.</summary>
    public static void SetKeyOfLastRow(Span<byte> rows, ReadOnlySpan<byte> key)
    {
        var n = rows.Length - TextBytes - sizeof(int) - sizeof(int);
        key[^sizeof(int)..].CopyTo(rows[n..]);
        key.CopyTo(rows[(n - sizeof(int) - KeyBytes)..]);
    }

    /// <summary>The answer to PREPARE: id, bound columns, result columns.</summary>
    public static byte[] Prepared(CannedStatement statement, bool isV5) => Build(body =>
    {
        body.WriteInt32(4);
        ShortBytes(body, CannedStatements.Id(statement));
        if (isV5)
        {
            ShortBytes(body, CannedStatements.Id(statement));
        }

        var table = statement == CannedStatement.Insert ? WrittenTable : ReadTable;
        var bound = CannedStatements.BoundColumns(statement);
        body.WriteInt32(bound > 0 ? GlobalTable : 0);
        body.WriteInt32(bound);
        body.WriteInt32(bound > 0 ? 1 : 0);
        if (bound > 0)
        {
            body.WriteInt16(0);
            Columns(body, Keyspace, table, DataColumns.AsSpan(0, bound));
        }

        var hasRows = statement != CannedStatement.Insert;
        body.WriteInt32(hasRows ? GlobalTable : NoMetadata);
        body.WriteInt32(hasRows ? DataColumns.Length : 0);
        if (hasRows)
        {
            Columns(body, Keyspace, table, DataColumns);
        }
    });

    /// <summary>ROWS with full metadata, for what the driver asks of system tables.</summary>
    public static byte[] Rows(string keyspace, string table, IReadOnlyList<SystemColumn> columns, bool hasRow) => Build(body =>
    {
        body.WriteInt32(2);
        body.WriteInt32(GlobalTable);
        body.WriteInt32(columns.Count);
        Text(body, keyspace);
        Text(body, table);
        foreach (var column in columns)
        {
            Text(body, column.Name);
            body.Write(column.Option);
        }

        body.WriteInt32(hasRow ? 1 : 0);
        if (!hasRow)
        {
            return;
        }

        foreach (var column in columns)
        {
            body.WriteInt32(column.Value?.Length ?? -1);
            body.Write(column.Value);
        }
    });

    private static void Columns(GrowableBuffer body, string keyspace, string table, ReadOnlySpan<(string Name, short Type)> columns)
    {
        Text(body, keyspace);
        Text(body, table);
        foreach (var (name, type) in columns)
        {
            Text(body, name);
            body.WriteInt16(type);
        }
    }

    private static void Uuid(GrowableBuffer body, int number)
    {
        var bytes = body.Append(KeyBytes);
        bytes.Clear();
        bytes[6] = 0x40;
        bytes[8] = 0x80;
        BinaryPrimitives.WriteInt32BigEndian(bytes[12..], number);
    }

    private static void TextList(GrowableBuffer body, params ReadOnlySpan<string> values)
    {
        body.WriteInt16((short)values.Length);
        foreach (var value in values)
        {
            Text(body, value);
        }
    }

    private static void Text(GrowableBuffer body, string value)
    {
        body.WriteInt16((short)Encoding.UTF8.GetByteCount(value));
        body.Write(Encoding.UTF8.GetBytes(value));
    }

    private static void Value(GrowableBuffer body, string value)
    {
        body.WriteInt32(Encoding.UTF8.GetByteCount(value));
        body.Write(Encoding.UTF8.GetBytes(value));
    }

    private static void ShortBytes(GrowableBuffer body, ReadOnlySpan<byte> value)
    {
        body.WriteInt16((short)value.Length);
        body.Write(value);
    }

    private static byte[] Build(Action<GrowableBuffer> write)
    {
        using var body = new GrowableBuffer();
        write(body);
        return body.WrittenSpan.ToArray();
    }

    /// <summary>The numbers of the types used here (v5, section 4.2.5.2).</summary>
    private static class TypeCode
    {
        public const short Int = 0x0009;
        public const short Uuid = 0x000C;
        public const short Text = 0x000D;
    }
}
