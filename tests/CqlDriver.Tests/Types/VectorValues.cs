using System.Collections;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace CqlDriver.Tests.Types;

/// <summary>Compares a decoded value with what the golden vectors say it is.</summary>
internal static class VectorValues
{
    /// <summary>Null when they are the same, else where they differ.</summary>
    public static string? Difference(JsonElement expected, object? actual, CqlType type, string path = "value")
    {
        if (expected.ValueKind == JsonValueKind.Null || actual is null)
        {
            return expected.ValueKind == JsonValueKind.Null && actual is null ? null : $"{path}: {expected} but {actual ?? "null"}";
        }

        return type switch
        {
            CqlListType list => Elements(expected, ((IEnumerable)actual).Cast<object?>(), _ => list.Element, path),
            CqlSetType set => Elements(expected, ((IEnumerable)actual).Cast<object?>(), _ => set.Element, path),
            CqlVectorType vector => Elements(expected, ((IEnumerable)actual).Cast<object?>(), _ => vector.Element, path),
            CqlTupleType tuple => Elements(expected, Fields(actual), index => tuple.Elements[index], path),
            CqlMapType map => Entries(expected, ((IEnumerable)actual).Cast<object>(), map, path),
            CqlUserType udt => UserType(expected, (UdtValue)actual, udt, path),
            _ => IsSame(expected, actual, type.Kind) ? null : $"{path}: {expected} but {actual}",
        };
    }

    private static IEnumerable<object?> Fields(object tuple) =>
        tuple is ITuple fields ? Enumerable.Range(0, fields.Length).Select(index => fields[index]) : (object?[])tuple;

    private static string? Elements(JsonElement expected, IEnumerable<object?> actual, Func<int, CqlType> type, string path)
    {
        var values = actual.ToArray();
        return values.Length != expected.GetArrayLength()
            ? $"{path}: {expected.GetArrayLength()} elements but {values.Length}"
            : expected.EnumerateArray().Select((element, index) => Difference(element, values[index], type(index), $"{path}[{index}]"))
                .FirstOrDefault(difference => difference is not null);
    }

    private static string? Entries(JsonElement expected, IEnumerable<object> actual, CqlMapType type, string path)
    {
        var entries = actual.Select(entry => (Key: Property(entry, "Key"), Value: Property(entry, "Value"))).ToArray();
        return entries.Length != expected.GetArrayLength()
            ? $"{path}: {expected.GetArrayLength()} entries but {entries.Length}"
            : expected.EnumerateArray().Select((pair, index) => Difference(pair[0], entries[index].Key, type.Key, $"{path}[{index}].key")
                ?? Difference(pair[1], entries[index].Value, type.Value, $"{path}[{index}].value")).FirstOrDefault(difference => difference is not null);
    }

    private static object? Property(object entry, string name) => entry.GetType().GetProperty(name)!.GetValue(entry);

    private static string? UserType(JsonElement expected, UdtValue actual, CqlUserType type, string path) => type.Fields
        .Select(field => Difference(expected.GetProperty(field.Name), actual[field.Name], field.Type, $"{path}.{field.Name}"))
        .FirstOrDefault(difference => difference is not null);

    private static bool IsSame(JsonElement expected, object actual, CqlTypeKind kind) => kind switch
    {
        CqlTypeKind.Ascii or CqlTypeKind.Text => expected.GetString() == (string)actual,
        CqlTypeKind.Blob => expected.GetString() == Convert.ToHexStringLower((byte[])actual),
        CqlTypeKind.Boolean => expected.GetBoolean() == (bool)actual,
        CqlTypeKind.Date => DaysOf(actual) is { } date && expected.GetProperty("days").GetInt32() == date.DaysSinceEpoch
            && expected.GetProperty("iso").GetString() == date.ToString(),
        CqlTypeKind.Decimal => IsSame(expected, (CqlDecimal)actual),
        CqlTypeKind.Double => Double(expected).Equals((double)actual) && double.IsNegative(Double(expected)) == double.IsNegative((double)actual) | double.IsNaN((double)actual),
        CqlTypeKind.Float => Double(expected).Equals((double)(float)actual),
        CqlTypeKind.Duration => actual.Equals(new CqlDuration(expected[0].GetInt32(), expected[1].GetInt32(), (long)Integer(expected[2]))),
        CqlTypeKind.Inet => IPAddress.Parse(expected.GetString()!).Equals(actual),
        CqlTypeKind.Time => Integer(expected) == (actual is TimeOnly time ? CqlTime.FromTimeOnly(time) : (CqlTime)actual).Nanoseconds,
        CqlTypeKind.Timestamp => Integer(expected) == (actual is DateTimeOffset instant ? instant.ToUnixTimeMilliseconds() : (long)actual),
        CqlTypeKind.Timeuuid or CqlTypeKind.Uuid => expected.GetString() == actual.ToString(),
        _ => Integer(expected) == BigInteger.Parse(((IFormattable)actual).ToString(null, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
    };

    private static CqlDate? DaysOf(object actual) => actual is DateOnly day ? day : (CqlDate)actual;

    private static bool IsSame(JsonElement expected, CqlDecimal actual) =>
        BigInteger.Parse(expected.GetProperty("unscaled").GetString()!, CultureInfo.InvariantCulture) == actual.Unscaled
        && expected.GetProperty("scale").GetInt32() == actual.Scale
        && CqlDecimal.Parse(expected.GetProperty("text").GetString()!) == actual
        && CqlDecimal.Parse(actual.ToString()) is var again && again == actual && again.Scale == actual.Scale;

    private static double Double(JsonElement expected) => expected.GetString() switch
    {
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        var text => double.Parse(text!, CultureInfo.InvariantCulture),
    };

    private static BigInteger Integer(JsonElement expected) =>
        BigInteger.Parse(expected.ValueKind == JsonValueKind.String ? expected.GetString()! : expected.GetRawText(), CultureInfo.InvariantCulture);
}
