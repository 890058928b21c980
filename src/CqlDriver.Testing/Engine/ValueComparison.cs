using CqlDriver.Testing.Cql;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Engine;

/// <summary>Comparisons of values outside the key: filters and conditions of IF.</summary>
internal static class ValueComparison
{
    public static bool Holds(RelationOperator comparison, CqlType type, byte[]? left, byte[]? right)
    {
        if (left is null || right is null)
        {
            return comparison switch
            {
                RelationOperator.Equal => left is null && right is null,
                RelationOperator.NotEqual => left is null != right is null,
                _ => false,
            };
        }

        var order = new ValueOrder(type).Compare(left, right);
        return comparison switch
        {
            RelationOperator.Equal => order == 0,
            RelationOperator.NotEqual => order != 0,
            RelationOperator.Less => order < 0,
            RelationOperator.LessOrEqual => order <= 0,
            RelationOperator.Greater => order > 0,
            RelationOperator.GreaterOrEqual => order >= 0,
            _ => throw new ArgumentOutOfRangeException(nameof(comparison), comparison, "IN and CONTAINS are no comparisons of two values."),
        };
    }

    /// <summary>CONTAINS and CONTAINS KEY.</summary>
    public static bool Contains(CqlType collection, byte[]? bytes, byte[] wanted, bool isKey)
    {
        var perEntry = collection is CqlMapType ? 2 : 1;
        if (bytes is null || CqlBytes.TrySplitCollection(bytes, perEntry) is not { } elements)
        {
            return false;
        }

        for (var i = isKey || perEntry == 1 ? 0 : 1; i < elements.Count; i += perEntry)
        {
            if (elements[i] is { } element && element.AsSpan().SequenceEqual(wanted))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The value under a key of a map, or at an index of a list; null when there is none.</summary>
    public static byte[]? Element(CqlType collection, byte[]? bytes, byte[] key)
    {
        if (bytes is null)
        {
            return null;
        }

        if (collection is CqlListType)
        {
            var elements = CqlBytes.TrySplitCollection(bytes, 1);
            var index = key.Length == 4 ? System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(key) : -1;
            return elements is not null && index >= 0 && index < elements.Count ? elements[index] : null;
        }

        var entries = CqlBytes.TrySplitCollection(bytes, collection is CqlMapType ? 2 : 1);
        for (var i = 0; entries is not null && i < entries.Count; i += collection is CqlMapType ? 2 : 1)
        {
            if (entries[i] is { } entry && entry.AsSpan().SequenceEqual(key))
            {
                return collection is CqlMapType ? entries[i + 1] : entry;
            }
        }

        return null;
    }

    /// <summary>A field of a user type's value.</summary>
    public static byte[]? Field(CqlUserType user, byte[]? bytes, string field)
    {
        for (var i = 0; i < user.Fields.Length; i++)
        {
            if (user.Fields[i].Name == field)
            {
                return bytes is null ? null : CqlBytes.TrySplitTuple(bytes, user.Fields.Length)?[i];
            }
        }

        throw CqlServerException.Invalid($"{user} has no field {field}");
    }

    public static (CqlType Key, CqlType Value) ElementTypes(CqlType collection, string column) => collection switch
    {
        CqlMapType map => (map.Key, map.Value),
        CqlListType list => (CqlType.Int, list.Element),
        CqlSetType set => (set.Element, set.Element),
        _ => throw CqlServerException.Invalid($"Invalid element access on column {column} of type {collection}: it is no collection"),
    };
}
