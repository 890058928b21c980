using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using CqlDriver.Types;

namespace CqlDriver;

/// <summary>
/// Knows how .NET values and CQL values become each other. The driver's own conversions are always there; add codecs for
/// types of your own, and, in native builds, the collections and tuples that are not compiled in.
/// Configure it on one thread; a cluster takes a frozen copy, which any number of threads use.
/// </summary>
/// <remarks>
/// <para>
/// Null, unset and empty are three things. Null is <see langword="null"/>; reading it as a value type that cannot be null
/// is an error. Unset is <see cref="Unset.Value"/>: a parameter that is left out. Empty is a value of zero bytes: text and
/// blobs have it as a value; other types have no .NET value for it, so it reads as null where null is possible, and is an
/// error where it is not.
/// </para>
/// <para>
/// Numbers are widened and narrowed where the value stays exactly the same, and refused otherwise: an <c>int</c> column reads as
/// <see cref="long"/> always and a <c>bigint</c> column as <see cref="int"/> when the value fits. Enums are the integers
/// they are made of. Timestamps keep milliseconds; what is finer is cut off towards the past.
/// </para>
/// <para>
/// Whoever asks for <see cref="object"/> gets the natural counterpart: string, long, byte[], bool, <see cref="DateOnly"/>,
/// <see cref="CqlDecimal"/>, double, <see cref="CqlDuration"/>, float, IPAddress, int, short, <see cref="TimeOnly"/>,
/// <see cref="DateTimeOffset"/>, <see cref="TimeUuid"/>, sbyte, Guid, BigInteger; <c>List&lt;T&gt;</c> for lists,
/// <c>HashSet&lt;T&gt;</c> for sets and <c>T[]</c> for vectors, with T the counterpart of a simple element and object for a
/// nested one; <c>Dictionary&lt;object, object?&gt;</c> for maps, <c>object?[]</c> for tuples and <see cref="UdtValue"/>. Dates,
/// times and timestamps beyond the range of their counterparts come as <see cref="CqlDate"/>, <see cref="CqlTime"/> and milliseconds.
/// </para>
/// </remarks>
public sealed class CodecRegistry
{
    private readonly bool _mayMakeCode;
    private readonly Lock _growing = new();                                     // two threads meet a new type at once; readers take no lock
    private readonly Dictionary<Type, UserCodecs> _userCodecs;
    private readonly Dictionary<Type, ValueConverter> _registered;
    private readonly ConcurrentDictionary<Type, ValueConverter?> _byRuntimeType = new();
    private ValueConverter?[] _bySlot = [];                                     // replaced as a whole under the lock
    private uint _shortCuts;                                                    // a bit for each kind
    private bool _isFrozen;

    /// <summary>Creates a registry with the driver's own conversions.</summary>
    public CodecRegistry()
        : this(mayMakeCode: true)
    {
    }

    /// <summary>Creates a registry that may be told to do as in a native build, where no code can be made.</summary>
    internal CodecRegistry(bool mayMakeCode)
        : this(mayMakeCode, [], [])
    {
    }

    private CodecRegistry(bool mayMakeCode, Dictionary<Type, UserCodecs> userCodecs, Dictionary<Type, ValueConverter> registered)
    {
        _mayMakeCode = mayMakeCode;
        _userCodecs = userCodecs;
        _registered = registered;
        _shortCuts = NativeValue.KindsWithout(userCodecs.Keys);
    }

    /// <summary>The driver's own conversions, frozen.</summary>
    internal static CodecRegistry Default { get; } = new CodecRegistry().Freeze();

    /// <summary>
    /// Adds a codec. It comes before the driver's own conversion for the CQL types it handles, within collections, tuples and
    /// user types too; of several for one .NET type the first that handles the CQL type is used.
    /// </summary>
    /// <typeparam name="T">The .NET type.</typeparam>
    /// <param name="codec">The codec.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">The registry is frozen.</exception>
    public CodecRegistry Add<T>(ICqlCodec<T> codec)
    {
        ArgumentNullException.ThrowIfNull(codec);
        Change();
        var codecs = _userCodecs.TryGetValue(typeof(T), out var known) ? ((UserCodecs<T>)known).Codecs : [];
        _userCodecs[typeof(T)] = new UserCodecs<T>([.. codecs, codec]);
        _shortCuts = NativeValue.KindsWithout(_userCodecs.Keys);
        return this;
    }

    /// <summary>
    /// Makes collections of an element type known: arrays, lists, sets, sorted sets and their interfaces. Needed in
    /// native builds, for elements other than the common ones.
    /// </summary>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">The registry is frozen.</exception>
    public CodecRegistry AddCollectionsOf<T>()
    {
        Change();
        CollectionShapes.AddSequences<T>(_registered);
        return this;
    }

    /// <summary>
    /// Makes dictionaries of a key and value type known: plain, sorted, and their interfaces. Needed in native builds, for
    /// keys and values other than the common ones.
    /// </summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">The registry is frozen.</exception>
    public CodecRegistry AddMapsOf<TKey, TValue>()
        where TKey : notnull
    {
        Change();
        CollectionShapes.AddMaps<TKey, TValue>(_registered);
        return this;
    }

    /// <summary>Makes the nullable form of a value type known. Needed in native builds, for types of your own, to spare a box.</summary>
    /// <typeparam name="T">The value type.</typeparam>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">The registry is frozen.</exception>
    public CodecRegistry AddNullable<T>()
        where T : struct => Register(new NullableConverter<T>());

    /// <summary>Makes tuples of one field known. Needed in native builds.</summary>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">The registry is frozen.</exception>
    public CodecRegistry AddTuple<T1>() => Register(new TupleConverter1<T1>());

    /// <summary>Makes tuples of two fields known. Needed in native builds.</summary>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">The registry is frozen.</exception>
    public CodecRegistry AddTuple<T1, T2>() => Register(new TupleConverter2<T1, T2>());

    /// <summary>Makes tuples of three fields known. Needed in native builds.</summary>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">The registry is frozen.</exception>
    public CodecRegistry AddTuple<T1, T2, T3>() => Register(new TupleConverter3<T1, T2, T3>());

    /// <summary>Makes tuples of four fields known. Needed in native builds.</summary>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">The registry is frozen.</exception>
    public CodecRegistry AddTuple<T1, T2, T3, T4>() => Register(new TupleConverter4<T1, T2, T3, T4>());

    /// <summary>Makes tuples of five fields known. Needed in native builds.</summary>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">The registry is frozen.</exception>
    public CodecRegistry AddTuple<T1, T2, T3, T4, T5>() => Register(new TupleConverter5<T1, T2, T3, T4, T5>());

    /// <summary>Makes tuples of six fields known. Needed in native builds.</summary>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">The registry is frozen.</exception>
    public CodecRegistry AddTuple<T1, T2, T3, T4, T5, T6>() => Register(new TupleConverter6<T1, T2, T3, T4, T5, T6>());

    /// <summary>Makes tuples of seven fields known. Needed in native builds.</summary>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">The registry is frozen.</exception>
    public CodecRegistry AddTuple<T1, T2, T3, T4, T5, T6, T7>() => Register(new TupleConverter7<T1, T2, T3, T4, T5, T6, T7>());

    /// <summary>Whether no user codec stands in the way of the short cuts for a kind: asked before <see cref="NativeValue"/>, which knows which have one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool MayShortCut(CqlTypeKind kind) => ((_shortCuts >> (int)kind) & 1) != 0;

    /// <summary>A copy that does not change any more; itself, if it is frozen already.</summary>
    internal CodecRegistry Freeze() =>
        _isFrozen ? this : new CodecRegistry(_mayMakeCode, new(_userCodecs), new(_registered)) { _isFrozen = true };

    /// <summary>
    /// Appends a value with its length: -1 for null, -2 for <see cref="Unset"/>. On failure nothing is appended.
    /// </summary>
    /// <exception cref="CqlValueException">The value does not fit the type. The column is for the caller to add.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void WriteValue<T>(GrowableBuffer buffer, CqlType type, T value)
    {
        if (!(MayShortCut(type.Kind) && NativeValue.TryWrite(buffer, type, value)))
        {
            WriteGuarded(buffer, type, value);
        }
    }

    /// <summary>Appends a value whose .NET type is known at run time only; else as <see cref="WriteValue{T}"/>.</summary>
    internal void WriteObject(GrowableBuffer buffer, CqlType type, object? value) => WriteGuarded(buffer, type, value);

    /// <summary>Reads a value from its content.</summary>
    /// <param name="content">The bytes, without their length.</param>
    /// <param name="isNull">Whether there are none since the value is null.</param>
    /// <param name="type">The CQL type.</param>
    /// <exception cref="CqlValueException">The bytes cannot be read as <typeparamref name="T"/>. The column is for the caller to add.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal T ReadValue<T>(ReadOnlySpan<byte> content, bool isNull, CqlType type)
    {
        if (!isNull && MayShortCut(type.Kind) && NativeValue.TryRead<T>(content, type.Kind, out var value))
        {
            return value;
        }

        return ReadByConverter<T>(content, isNull, type);
    }

    /// <summary>Reads a value that is not null as the natural counterpart of its type; null, if it is empty and the type has no such value.</summary>
    internal object? ReadObject(ReadOnlySpan<byte> content, CqlType type) => ReadByConverter<object?>(content, isNull: false, type);

    /// <summary>Appends an element of a list, set or map with its length. Null and unset are refused.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void WriteElement<T>(GrowableBuffer buffer, CqlType type, T value)
    {
        if (!(MayShortCut(type.Kind) && NativeValue.TryWrite(buffer, type, value)))
        {
            RefuseNothing(type, value);
            WriteCell(buffer, type, value);
        }
    }

    /// <summary>Appends a field of a tuple or user type with its length, -1 for null. Unset is refused.</summary>
    internal void WriteField<T>(GrowableBuffer buffer, CqlType type, T value)
    {
        if (ClrTypeSlot<T>.CanBeNull && value is null)
        {
            buffer.WriteInt32(-1);
        }
        else
        {
            WriteElement(buffer, type, value);
        }
    }

    /// <summary>Appends an element of a vector: bare if its length is fixed, else behind its length as a variable integer.</summary>
    internal void WriteVectorElement<T>(GrowableBuffer buffer, CqlType type, T value)
    {
        RefuseNothing(type, value);
        var start = buffer.Length;
        if (type.FixedLength > 0)
        {
            Converter<T>().Write(this, buffer, type, value);
            ExpectLength<T>(type, buffer.Length - start);
            return;
        }

        // Nearly all lengths take one byte: that much is left free, and the rare longer element moved.
        buffer.Append(1);
        Converter<T>().Write(this, buffer, type, value);
        var length = buffer.Length - start - 1;
        var size = VInt.SizeOf((uint)length);
        if (size > 1)
        {
            buffer.Append(size - 1);
            var cell = buffer.MutableSpan[start..];
            cell.Slice(1, length).CopyTo(cell[size..]);
        }

        VInt.Write(buffer.MutableSpan.Slice(start, size), (uint)length);
    }

    /// <summary>The converter of a .NET type. A type's place in the table is known to the compiled code: no hashing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ValueConverter<T> Converter<T>()
    {
        var slots = Volatile.Read(ref _bySlot);                                 // partner: the write in Resolve
        var index = ClrTypeSlot<T>.Index;
        return index < slots.Length && slots[index] is { } converter ? Unsafe.As<ValueConverter<T>>(converter) : Resolve<T>();
    }

    /// <summary>The converter of a type that is known at run time only, or null when there is none.</summary>
    internal ValueConverter? ConverterFor(Type type) =>
        _byRuntimeType.TryGetValue(type, out var converter) ? converter : _byRuntimeType.GetOrAdd(type, Find(type));

    private static void RefuseNothing<T>(CqlType type, T value)
    {
        if (ClrTypeSlot<T>.CanBeNull && value is null)
        {
            throw ValueError.Write(type, typeof(T), "null cannot be an element of a collection");
        }

        if (ClrTypeSlot<T>.CanBeNull && value is Unset)
        {
            throw ValueError.Write(type, typeof(Unset), "only a whole value can be unset");
        }
    }

    private static void ExpectLength<T>(CqlType type, int length)
    {
        if (length != type.FixedLength)
        {
            throw ValueError.Write(type, typeof(T), $"its codec wrote {length} bytes where {type.FixedLength} are due");
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteGuarded<T>(GrowableBuffer buffer, CqlType type, T value)
    {
        if (ClrTypeSlot<T>.CanBeNull && value is null)
        {
            buffer.WriteInt32(-1);
            return;
        }

        if (ClrTypeSlot<T>.CanBeNull && value is Unset)
        {
            buffer.WriteInt32(-2);
            return;
        }

        var start = buffer.Length;
        try
        {
            WriteCell(buffer, type, value);
        }
        catch
        {
            buffer.Truncate(start);
            throw;
        }
    }

    private void WriteCell<T>(GrowableBuffer buffer, CqlType type, T value)
    {
        var start = buffer.Length;
        buffer.Append(sizeof(int));
        Converter<T>().Write(this, buffer, type, value);
        buffer.PatchInt32(start, buffer.Length - start - sizeof(int));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private T ReadByConverter<T>(ReadOnlySpan<byte> content, bool isNull, CqlType type)
    {
        if (isNull || (content.IsEmpty && !type.HasEmptyValue))
        {
            if (!ClrTypeSlot<T>.CanBeNull)
            {
                ThrowNothing<T>(isNull, type);
            }

            return default!;
        }

        return Converter<T>().Read(this, content, type);
    }

    [DoesNotReturn]
    private static void ThrowNothing<T>(bool isNull, CqlType type)
    {
        if (isNull)
        {
            ValueError.ThrowNull(type, typeof(T));
        }

        ValueError.ThrowEmpty(type, typeof(T));
    }

    private ValueConverter<T> Resolve<T>()
    {
        var converter = (ValueConverter<T>?)FindExactly(typeof(T)) ?? EnumConverters.TryCreate<T>() ?? Unknown<T>();
        lock (_growing)
        {
            var slots = _bySlot;
            var index = ClrTypeSlot<T>.Index;
            var larger = new ValueConverter?[Math.Max(slots.Length, index + 1)];
            slots.CopyTo(larger, 0);
            larger[index] = converter;
            Volatile.Write(ref _bySlot, larger);                                // partner: the read in Converter
        }

        return converter;
    }

    private static ValueConverter<T> Unknown<T>() => Nullable.GetUnderlyingType(typeof(T)) is { } underlying
        ? new BoxedNullableConverter<T>(underlying)
        : new UnregisteredConverter<T>(isLast: false);

    /// <summary>The converter of a type or else of the nearest class it is derived from.</summary>
    private ValueConverter? Find(Type type)
    {
        ValueConverter? converter = null;
        for (var candidate = type; converter is null && candidate is not null && candidate != typeof(object); candidate = candidate.BaseType)
        {
            converter = FindExactly(candidate);
        }

        return converter;
    }

    private ValueConverter? FindExactly(Type type)
    {
        var builtIn = FindBuiltIn(type);
        return _userCodecs.TryGetValue(type, out var user) ? user.Before(builtIn) : builtIn;
    }

    private ValueConverter? FindBuiltIn(Type type)
    {
        if (BuiltInConverters.Simple.TryGetValue(type, out var converter) || _registered.TryGetValue(type, out converter))
        {
            return converter;
        }

        if (RuntimeFeature.IsDynamicCodeSupported && _mayMakeCode)
        {
            return CollectionShapes.TryCreate(type);
        }

        return CommonCollections.All.GetValueOrDefault(type);
    }

    private CodecRegistry Register<T>(ValueConverter<T> converter)
    {
        Change();
        _registered[typeof(T)] = converter;
        return this;
    }

    private void Change()
    {
        if (_isFrozen)
        {
            throw new InvalidOperationException("The codec registry is frozen. Add codecs before the cluster is built.");
        }

        _bySlot = [];
        _byRuntimeType.Clear();
    }
}
