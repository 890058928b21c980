using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace CqlDriver.LoadBench.Answerer;

/// <summary>A column of a system table: its type as an [option] and its value in the only row.</summary>
internal sealed record SystemColumn(string Name, byte[] Option, byte[]? Value);

/// <summary>
/// The system tables a driver reads while it connects: one node without peers, one keyspace without tables. Knows as much
/// CQL as that takes: the table after FROM, and the names between SELECT and FROM.
/// </summary>
internal static class SystemTables
{
    private static readonly byte[] TextOption = [0x00, 0x0D];
    private static readonly byte[] InetOption = [0x00, 0x10];
    private static readonly byte[] UuidOption = [0x00, 0x0C];
    private static readonly byte[] IntOption = [0x00, 0x09];
    private static readonly byte[] BooleanOption = [0x00, 0x04];
    private static readonly byte[] TextSetOption = [0x00, 0x22, 0x00, 0x0D];
    private static readonly byte[] TextMapOption = [0x00, 0x21, 0x00, 0x0D, 0x00, 0x0D];

    /// <summary>The answer to a QUERY, or null when it is not about a system table.</summary>
    public static byte[]? Answer(string query, int port)
    {
        var words = query.Split([' ', '\t', '\r', '\n', ';'], StringSplitOptions.RemoveEmptyEntries);
        var from = Array.FindIndex(words, word => word.Equals("FROM", StringComparison.OrdinalIgnoreCase));
        if (from < 0 || from + 1 >= words.Length || !words[0].Equals("SELECT", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var name = words[from + 1].ToLowerInvariant().Split('.');
        if (name.Length != 2 || !name[0].StartsWith("system", StringComparison.Ordinal))
        {
            return null;
        }

        var columns = Columns(name[0], name[1], port);
        if (columns is null)
        {
            return CannedBodies.Invalid($"unconfigured table {name[1]}");
        }

        var wanted = string.Join(' ', words[1..from]).Split(',', StringSplitOptions.TrimEntries);
        var selected = wanted is ["*"] ? columns : Select(columns, wanted, out var unknown) ?? throw new InvalidOperationException(unknown);
        return CannedBodies.Rows(name[0], name[1], selected, name[1] is "local" or "keyspaces");
    }

    private static SystemColumn[]? Select(SystemColumn[] columns, string[] wanted, out string? unknown)
    {
        unknown = wanted.FirstOrDefault(name => Array.TrueForAll(columns, column => column.Name != name));
        return unknown is null ? Array.ConvertAll(wanted, name => Array.Find(columns, column => column.Name == name)!) : null;
    }

    private static SystemColumn[]? Columns(string keyspace, string table, int port) => (keyspace, table) switch
    {
        ("system", "local") => Local(port),
        ("system", "peers_v2" or "peers") => Peers(),
        ("system_schema", "keyspaces") => Keyspaces(),
        ("system_schema", _) => [Text("keyspace_name", null), Text("table_name", null)],
        _ => null,
    };

    private static SystemColumn[] Local(int port) =>
    [
        Text("key", "local"),
        Text("bootstrapped", "COMPLETED"),
        Text("cluster_name", "canned"),
        Text("cql_version", "3.4.7"),
        Text("data_center", "dc1"),
        Text("native_protocol_version", "5"),
        Text("partitioner", "org.apache.cassandra.dht.Murmur3Partitioner"),
        Text("rack", "rack1"),
        Text("release_version", "5.0.6"),
        Uuid("host_id", "7d3c5c3e-6f4a-4e6c-9a70-3d2bb8a0c001"),
        Uuid("schema_version", "7d3c5c3e-6f4a-4e6c-9a70-3d2bb8a0c002"),
        Inet("rpc_address"),
        Inet("broadcast_address"),
        Inet("listen_address"),
        Int("rpc_port", port),
        Int("broadcast_port", 7000),
        Int("listen_port", 7000),
        new("tokens", TextSetOption, TextCollection("0")),
    ];

    private static SystemColumn[] Peers() =>
    [
        new("peer", InetOption, null), new("peer_port", IntOption, null), new("native_address", InetOption, null),
        new("native_port", IntOption, null), new("rpc_address", InetOption, null), new("preferred_ip", InetOption, null),
        new("preferred_port", IntOption, null), Text("data_center", null), Text("rack", null), Text("release_version", null),
        new("host_id", UuidOption, null), new("schema_version", UuidOption, null), new("tokens", TextSetOption, null),
    ];

    private static SystemColumn[] Keyspaces() =>
    [
        Text("keyspace_name", CannedBodies.Keyspace),
        new("durable_writes", BooleanOption, [1]),
        new("replication", TextMapOption, TextMap("class", "org.apache.cassandra.locator.SimpleStrategy", "replication_factor", "1")),
    ];

    private static SystemColumn Text(string name, string? value) => new(name, TextOption, value is null ? null : Encoding.UTF8.GetBytes(value));

    private static SystemColumn Uuid(string name, string value) => new(name, UuidOption, Guid.Parse(value).ToByteArray(bigEndian: true));

    private static SystemColumn Inet(string name) => new(name, InetOption, IPAddress.Loopback.GetAddressBytes());

    private static SystemColumn Int(string name, int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return new SystemColumn(name, IntOption, bytes);
    }

    private static byte[] TextCollection(params string[] values) => Collection(values.Length, values);

    private static byte[] TextMap(params string[] pairs) => Collection(pairs.Length / 2, pairs);

    private static byte[] Collection(int count, string[] values)
    {
        using var bytes = new MemoryStream();
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, count);
        bytes.Write(length);
        foreach (var value in values)
        {
            var text = Encoding.UTF8.GetBytes(value);
            BinaryPrimitives.WriteInt32BigEndian(length, text.Length);
            bytes.Write(length);
            bytes.Write(text);
        }

        return bytes.ToArray();
    }
}
