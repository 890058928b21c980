using System.Diagnostics.CodeAnalysis;

namespace CqlDriver.Types;

/// <summary>
/// Which .NET collections there are for an element, or for a key and a value: once for types that are known when
/// the program is compiled, once for types that are known when it runs.
/// </summary>
internal static class CollectionShapes
{
    public static void AddSequences<T>(Dictionary<Type, ValueConverter> converters)
    {
        converters[typeof(T[])] = new ArrayConverter<T[], T>();
        converters[typeof(IReadOnlyList<T>)] = new ArrayConverter<IReadOnlyList<T>, T>();
        converters[typeof(IReadOnlyCollection<T>)] = new ArrayConverter<IReadOnlyCollection<T>, T>();
        converters[typeof(IEnumerable<T>)] = new ArrayConverter<IEnumerable<T>, T>();
        converters[typeof(List<T>)] = new ListConverter<List<T>, T>();
        converters[typeof(IList<T>)] = new ListConverter<IList<T>, T>();
        converters[typeof(ICollection<T>)] = new ListConverter<ICollection<T>, T>();
        converters[typeof(HashSet<T>)] = new SetConverter<HashSet<T>, T>();
        converters[typeof(ISet<T>)] = new SetConverter<ISet<T>, T>();
        converters[typeof(IReadOnlySet<T>)] = new SetConverter<IReadOnlySet<T>, T>();
        converters[typeof(SortedSet<T>)] = new SortedSetConverter<T>();
    }

    public static void AddMaps<TKey, TValue>(Dictionary<Type, ValueConverter> converters)
        where TKey : notnull
    {
        converters[typeof(Dictionary<TKey, TValue>)] = new MapConverter<Dictionary<TKey, TValue>, TKey, TValue>();
        converters[typeof(IDictionary<TKey, TValue>)] = new MapConverter<IDictionary<TKey, TValue>, TKey, TValue>();
        converters[typeof(IReadOnlyDictionary<TKey, TValue>)] = new MapConverter<IReadOnlyDictionary<TKey, TValue>, TKey, TValue>();
        converters[typeof(SortedDictionary<TKey, TValue>)] = new SortedMapConverter<TKey, TValue>();
    }

    /// <summary>The converter of a collection, tuple or nullable type, or null where the type is none of these.</summary>
    [RequiresDynamicCode("Makes converters for types that are known at run time only.")]
    public static ValueConverter? TryCreate(Type type)
    {
        if (type.IsSZArray)
        {
            return Make(typeof(ArrayConverter<,>), type, type.GetElementType()!);
        }

        if (!type.IsGenericType || type.ContainsGenericParameters)
        {
            return null;
        }

        var definition = type.GetGenericTypeDefinition();
        var arguments = type.GetGenericArguments();
        if (definition == typeof(Nullable<>))
        {
            return arguments[0].IsEnum ? null : Make(typeof(NullableConverter<>), arguments[0]);
        }

        return SequenceOf(definition) is { } sequence ? Make(sequence, type, arguments[0])
            : definition == typeof(SortedSet<>) ? Make(typeof(SortedSetConverter<>), arguments[0])
            : IsMap(definition) ? Make(typeof(MapConverter<,,>), type, arguments[0], arguments[1])
            : definition == typeof(SortedDictionary<,>) ? Make(typeof(SortedMapConverter<,>), arguments)
            : TupleOf(definition) is { } tuple ? Make(tuple, arguments)
            : null;
    }

    [RequiresDynamicCode("Makes generic types.")]
    [UnconditionalSuppressMessage("Trimming", "IL2055", Justification = "The type arguments carry no annotations of their own: the converters reflect on none of their members.")]
    private static ValueConverter Make(
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] Type definition, params Type[] arguments) =>
        (ValueConverter)Activator.CreateInstance(definition.MakeGenericType(arguments))!;

    [return: DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)]
    private static Type? SequenceOf(Type definition)
    {
        if (definition == typeof(List<>) || definition == typeof(IList<>) || definition == typeof(ICollection<>))
        {
            return typeof(ListConverter<,>);
        }

        if (definition == typeof(HashSet<>) || definition == typeof(ISet<>) || definition == typeof(IReadOnlySet<>))
        {
            return typeof(SetConverter<,>);
        }

        return definition == typeof(IEnumerable<>) || definition == typeof(IReadOnlyList<>) || definition == typeof(IReadOnlyCollection<>)
            ? typeof(ArrayConverter<,>)
            : null;
    }

    private static bool IsMap(Type definition) =>
        definition == typeof(Dictionary<,>) || definition == typeof(IDictionary<,>) || definition == typeof(IReadOnlyDictionary<,>);

    [return: DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)]
    private static Type? TupleOf(Type definition) =>
        definition == typeof(ValueTuple<>) ? typeof(TupleConverter1<>)
        : definition == typeof(ValueTuple<,>) ? typeof(TupleConverter2<,>)
        : definition == typeof(ValueTuple<,,>) ? typeof(TupleConverter3<,,>)
        : definition == typeof(ValueTuple<,,,>) ? typeof(TupleConverter4<,,,>)
        : definition == typeof(ValueTuple<,,,,>) ? typeof(TupleConverter5<,,,,>)
        : definition == typeof(ValueTuple<,,,,,>) ? typeof(TupleConverter6<,,,,,>)
        : definition == typeof(ValueTuple<,,,,,,>) ? typeof(TupleConverter7<,,,,,,>)
        : definition == typeof(ValueTuple<,,,,,,,>) ? typeof(TupleConverterRest<,,,,,,,>)
        : null;
}
