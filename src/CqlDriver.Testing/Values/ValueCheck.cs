using System.Text;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Values;

/// <summary>Whether bytes that a client bound are a value of the type; says what is wrong otherwise.</summary>
internal static class ValueCheck
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Null when the bytes are fine.</summary>
    public static string? Complaint(CqlType type, ReadOnlySpan<byte> bytes) => type switch
    {
        CqlListType list => Elements("list", bytes, 1, list.Element, list.Element),
        CqlSetType set => Elements("set", bytes, 1, set.Element, set.Element),
        CqlMapType map => Elements("map", bytes, 2, map.Key, map.Value),
        CqlTupleType tuple => Parts("tuple", bytes, [.. tuple.Elements]),
        CqlUserType user => Parts($"user type {user.Name}", bytes, [.. user.Fields.Select(field => field.Type)]),
        CqlVectorType vector => VectorBytes.Complaint(vector, bytes),
        _ => Primitive(type.Kind, bytes),
    };

    private static string? Primitive(CqlTypeKind kind, ReadOnlySpan<byte> bytes)
    {
        var length = bytes.Length;
        return kind switch
        {
            CqlTypeKind.Int => length is 0 or 4 ? null : $"Expected 4 or 0 byte int ({length})",
            CqlTypeKind.Bigint or CqlTypeKind.Counter => length is 0 or 8 ? null : $"Expected 8 or 0 byte long ({length})",
            CqlTypeKind.Timestamp => length is 0 or 8 ? null : $"Expected 8 or 0 byte long for date ({length})",
            CqlTypeKind.Smallint => length is 0 or 2 ? null : $"Expected 2 bytes for a smallint ({length})",
            CqlTypeKind.Tinyint => length is 0 or 1 ? null : $"Expected 1 byte for a tinyint ({length})",
            CqlTypeKind.Boolean => length is 0 or 1 ? null : $"Expected 1 or 0 byte value ({length})",
            CqlTypeKind.Float => length is 0 or 4 ? null : $"Expected 4 or 0 byte value for a float ({length})",
            CqlTypeKind.Double => length is 0 or 8 ? null : $"Expected 8 or 0 byte value for a double ({length})",
            CqlTypeKind.Date => length is 0 or 4 ? null : $"Expected 4 byte long for date ({length})",
            CqlTypeKind.Time => length is 0 or 8 ? null : $"Expected 8 byte long for time ({length})",
            CqlTypeKind.Inet => length is 0 or 4 or 16 ? null : $"Expected 4 or 16 byte inetaddress; got {length}",
            CqlTypeKind.Uuid => length is 0 or 16 ? null : $"UUID should be 16 or 0 bytes ({length})",
            CqlTypeKind.Timeuuid => length is not (0 or 16) ? $"TimeUUID should be 16 or 0 bytes ({length})"
                : length == 16 && bytes[6] >> 4 != 1 ? "Invalid version for TimeUUID type." : null,
            CqlTypeKind.Decimal => length is 0 or > 4 ? null : $"Expected 0 or at least 4 bytes ({length})",
            CqlTypeKind.Ascii => Ascii.IsValid(bytes) ? null : "Invalid byte for ascii",
            CqlTypeKind.Text => IsUtf8(bytes) ? null : "String didn't validate.",
            CqlTypeKind.Duration => Duration(bytes),
            _ => null,
        };
    }

    private static bool IsUtf8(ReadOnlySpan<byte> bytes)
    {
        if (Ascii.IsValid(bytes))
        {
            return true;
        }

        try
        {
            StrictUtf8.GetCharCount(bytes);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    private static string? Duration(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 3)
        {
            return $"Expected at least 3 bytes for a duration ({bytes.Length})";
        }

        var rest = bytes;
        if (!VariableInteger.TryReadSigned(ref rest, out var months) || !VariableInteger.TryReadSigned(ref rest, out var days)
            || !VariableInteger.TryReadSigned(ref rest, out var nanoseconds) || !rest.IsEmpty)
        {
            return "The duration is malformed";
        }

        if (months is < int.MinValue or > int.MaxValue || days is < int.MinValue or > int.MaxValue)
        {
            return "The duration months and days must be 32 bits integers";
        }

        var isMixed = (months < 0 || days < 0 || nanoseconds < 0) && (months > 0 || days > 0 || nanoseconds > 0);
        return isMixed ? "The duration months, days and nanoseconds must be all of the same sign" : null;
    }

    private static string? Elements(string what, ReadOnlySpan<byte> bytes, int perEntry, CqlType even, CqlType odd)
    {
        if (CqlBytes.TrySplitCollection(bytes, perEntry) is not { } elements)
        {
            return $"Not enough bytes to read a {what}";
        }

        for (var i = 0; i < elements.Count; i++)
        {
            if (elements[i] is not { } element)
            {
                return $"null is not supported inside collections";
            }

            if (Complaint(i % perEntry == 0 ? even : odd, element) is { } complaint)
            {
                return complaint;
            }
        }

        return null;
    }

    private static string? Parts(string what, ReadOnlySpan<byte> bytes, CqlType[] types)
    {
        if (CqlBytes.TrySplitTuple(bytes, types.Length) is not { } parts)
        {
            return $"Invalid remaining data after end of {what} value, or not enough bytes to read it";
        }

        for (var i = 0; i < parts.Length; i++)
        {
            if (parts[i] is { } part && Complaint(types[i], part) is { } complaint)
            {
                return complaint;
            }
        }

        return null;
    }
}
