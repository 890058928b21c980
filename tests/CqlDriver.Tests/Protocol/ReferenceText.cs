using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CqlDriver.Tests.Vectors;

namespace CqlDriver.Tests.Protocol;

/// <summary>How the vectors' reference spells what we decode.</summary>
internal static class ReferenceText
{
    public static string Of(CqlType type) => type switch
    {
        CqlListType list => $"list<{Of(list.Element)}>",
        CqlSetType set => $"set<{Of(set.Element)}>",
        CqlMapType map => $"map<{Of(map.Key)}, {Of(map.Value)}>",
        CqlTupleType tuple => $"tuple<{string.Join(", ", tuple.Elements.Select(Of))}>",
        CqlVectorType vector => $"vector<{Of(vector.Element)}, {vector.Dimension}>",
        CqlUserType user => $"udt {user.Keyspace}.{user.Name}({string.Join(", ", user.Fields.Select(field => $"{field.Name} {Of(field.Type)}"))})",
        _ => type.ToString(),
    };

    /// <summary>The reference says varchar and text for the same type.</summary>
    public static string Normalize(string types) => Regex.Replace(types, @"\bvarchar\b", "text");

    public static ConsistencyLevel Consistency(string text) => Enum.Parse<ConsistencyLevel>(text.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);

    public static byte[]? HexOrNull(this JsonElement element, string property) =>
        element.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.Hex() : null;

    public static int? Int(this JsonElement element, string property) =>
        element.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : null;

    public static uint Crc(this JsonElement summary) => uint.Parse(summary.Text("crc32")!, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public static string[] Strings(this JsonElement element) => [.. element.EnumerateArray().Select(item => item.GetString()!)];

    public static string Columns(IEnumerable<ColumnSpec> columns) =>
        string.Join("\n", columns.Select(column => $"{column.Keyspace}.{column.Table}.{column.Name} {Of(column.Type)}"));

    public static string Columns(JsonElement columns) => string.Join(
        "\n", columns.EnumerateArray().Select(column => $"{column.Text("keyspace")}.{column.Text("table")}.{column.Text("name")} {Normalize(column.Text("type")!)}"));

    public static string Hex(byte[]? bytes) => bytes is null ? "null" : Convert.ToHexStringLower(bytes);

    public static string Payload(IReadOnlyDictionary<string, byte[]?>? payload) =>
        payload is null ? "none" : string.Join(",", payload.Select(entry => $"{entry.Key}={Hex(entry.Value)}"));

    public static string Payload(JsonElement message) => message.TryGetProperty("custom_payload", out var payload)
        ? string.Join(",", payload.EnumerateObject().Select(entry => $"{entry.Name}={entry.Value.GetString()}"))
        : "none";
}
