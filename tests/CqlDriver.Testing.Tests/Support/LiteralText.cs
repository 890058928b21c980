using System.Text.Json;

namespace CqlDriver.Testing.Tests.Support;

/// <summary>The value of a vector as a CQL literal; null when CQL has none for it.</summary>
internal static class LiteralText
{
    public static string? Of(CqlType type, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return "null";
        }

        return type switch
        {
            CqlListType list => Join("[", "]", value.EnumerateArray().Select(item => Of(list.Element, item))),
            CqlVectorType vector => Join("[", "]", value.EnumerateArray().Select(item => Of(vector.Element, item))),
            CqlSetType set => Join("{", "}", value.EnumerateArray().Select(item => Of(set.Element, item))),
            CqlTupleType tuple => Join("(", ")", value.EnumerateArray().Select((item, i) => Of(tuple.Elements[i], item))),
            CqlMapType map => Join("{", "}", value.EnumerateArray().Select(item => Of(map.Key, item[0]) is { } key && Of(map.Value, item[1]) is { } entry ? $"{key}: {entry}" : null)),
            CqlUserType user => Join("{", "}", value.EnumerateObject().Select(field =>
                Of(user.Fields.Single(known => known.Name == field.Name).Type, field.Value) is { } entry ? $"\"{field.Name}\": {entry}" : null)),
            _ => Primitive(type.Kind, value),
        };
    }

    private static string? Primitive(CqlTypeKind kind, JsonElement value) => kind switch
    {
        CqlTypeKind.Text or CqlTypeKind.Ascii => $"'{value.GetString()!.Replace("'", "''", StringComparison.Ordinal)}'",
        CqlTypeKind.Inet => $"'{value.GetString()}'",
        CqlTypeKind.Blob => "0x" + value.GetString(),
        CqlTypeKind.Uuid or CqlTypeKind.Timeuuid or CqlTypeKind.Varint or CqlTypeKind.Float or CqlTypeKind.Double => value.GetString(),
        CqlTypeKind.Date => $"'{value.GetProperty("iso").GetString()}'",
        CqlTypeKind.Decimal => $"{value.GetProperty("unscaled")}E{-value.GetProperty("scale").GetInt64()}",
        CqlTypeKind.Duration => Duration(value[0].GetInt64(), value[1].GetInt64(), long.Parse(value[2].ToString(), System.Globalization.CultureInfo.InvariantCulture)),
        CqlTypeKind.Boolean => value.GetBoolean() ? "true" : "false",
        _ => value.ToString(),
    };

    private static string? Duration(long months, long days, long nanoseconds)
    {
        if (months == int.MinValue || days == int.MinValue || nanoseconds == long.MinValue)
        {
            return null;
        }

        var sign = months < 0 || days < 0 || nanoseconds < 0 ? "-" : "";
        return $"{sign}{Math.Abs(months)}mo{Math.Abs(days)}d{Math.Abs(nanoseconds)}ns";
    }

    private static string? Join(string open, string close, IEnumerable<string?> parts)
    {
        var all = parts.ToList();
        return all.Contains(null) || all.Contains("null") && open == "[" ? null : open + string.Join(", ", all) + close;
    }
}
