using System.Collections;
using System.Collections.Immutable;
using System.Net;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace CqlDriver;

/// <summary>
/// The CQL type that a .NET value has by nature, for the values of simple statements, whose types no server has told.
/// Collections take the type of their first element; an empty one has the same bytes whatever its elements would be.
/// </summary>
internal static class NaturalType
{
    // Of a null, of an unset value and of an empty collection's elements: the bytes are the same for every type.
    private static readonly CqlType Any = CqlType.Blob;

    private static readonly ImmutableDictionary<Type, CqlType> Scalars = new Dictionary<Type, CqlType>
    {
        [typeof(bool)] = CqlType.Boolean,
        [typeof(sbyte)] = CqlType.Tinyint,
        [typeof(short)] = CqlType.Smallint,
        [typeof(int)] = CqlType.Int,
        [typeof(long)] = CqlType.Bigint,
        [typeof(float)] = CqlType.Float,
        [typeof(double)] = CqlType.Double,
        [typeof(decimal)] = CqlType.Decimal,
        [typeof(CqlDecimal)] = CqlType.Decimal,
        [typeof(BigInteger)] = CqlType.Varint,
        [typeof(string)] = CqlType.Text,
        [typeof(Guid)] = CqlType.Uuid,
        [typeof(TimeUuid)] = CqlType.Timeuuid,
        [typeof(DateTimeOffset)] = CqlType.Timestamp,
        [typeof(DateTime)] = CqlType.Timestamp,
        [typeof(DateOnly)] = CqlType.Date,
        [typeof(CqlDate)] = CqlType.Date,
        [typeof(TimeOnly)] = CqlType.Time,
        [typeof(CqlTime)] = CqlType.Time,
        [typeof(CqlDuration)] = CqlType.Duration,
        [typeof(byte[])] = CqlType.Blob,
        [typeof(ReadOnlyMemory<byte>)] = CqlType.Blob,
        [typeof(Memory<byte>)] = CqlType.Blob,
    }.ToImmutableDictionary();

    /// <summary>The type of a value.</summary>
    /// <exception cref="ArgumentException">A .NET type without a CQL counterpart: prepare the statement, its server then tells the type.</exception>
    public static CqlType Of(object? value) => value switch
    {
        null or Unset => Any,
        IPAddress => CqlType.Inet,
        UdtValue udt => udt.Type,
        Enum => Of(Convert.ChangeType(value, Enum.GetUnderlyingType(value.GetType()), System.Globalization.CultureInfo.InvariantCulture)),
        _ when Scalars.TryGetValue(value.GetType(), out var type) => type,
        IDictionary map => OfMap(map),
        ITuple tuple => OfTuple(tuple),
        IEnumerable items => OfItems(items),
        _ => throw new ArgumentException(
            $"A value of the .NET type {value.GetType()} has no CQL type by nature. Prepare the statement: the server then tells the types of its parameters."),
    };

    private static CqlMapType OfMap(IDictionary map)
    {
        foreach (DictionaryEntry entry in map)
        {
            return CqlType.Map(Of(entry.Key), Of(entry.Value));
        }

        return CqlType.Map(Any, Any);
    }

    private static CqlTupleType OfTuple(ITuple tuple)
    {
        var elements = ImmutableArray.CreateBuilder<CqlType>(tuple.Length);
        for (var i = 0; i < tuple.Length; i++)
        {
            elements.Add(Of(tuple[i]));
        }

        return CqlType.Tuple(elements.ToImmutable());
    }

    private static CqlType OfItems(IEnumerable items)
    {
        var element = Any;
        foreach (var item in items)
        {
            element = Of(item);
            break;
        }

        return IsSet(items.GetType()) ? CqlType.Set(element) : CqlType.List(element);
    }

    // The known sets: reflection over the interfaces of a value is not safe when trimmed.
    private static bool IsSet(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() is { } definition
        && (definition == typeof(HashSet<>) || definition == typeof(SortedSet<>) || definition == typeof(ImmutableHashSet<>) || definition == typeof(ImmutableSortedSet<>));
}
