using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CqlDriver.Types;

/// <summary>
/// The short cut for the commonest pairs: a .NET type and a CQL type it is the counterpart of. Each comparison of .NET types is
/// decided when the code is compiled for T, so one comparison of the CQL type and one of the length are what remain; everything
/// else, and all that does not fit, goes to a converter, which tells what is wrong.
/// </summary>
internal static class NativeValue
{
    /// <summary>One bit for each kind that has a short cut, but for those of .NET types that a user has codecs for.</summary>
    public static uint KindsWithout(IEnumerable<Type> userTypes) =>
        userTypes.Aggregate(KindsOfAll, static (kinds, type) => kinds & ~KindsOf(Nullable.GetUnderlyingType(type) ?? type));

    /// <summary>The bytes of each value that <see cref="TryRead{T}"/> reads as T, or as the nullable form of it; 0: it reads none. Known to the compiled code.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SizeOf<T>() =>
        Is<T, int>() || Is<T, float>() ? 4
        : Is<T, long>() || Is<T, double>() || Is<T, DateTimeOffset>() || Is<T, DateTime>() ? 8
        : Is<T, Guid>() || Is<T, TimeUuid>() ? 16
        : Is<T, short>() ? 2
        : Is<T, bool>() || Is<T, sbyte>() ? 1
        : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryWrite<T>(GrowableBuffer buffer, CqlType type, T value)
    {
        if (typeof(T) == typeof(int))
        {
            return type.Kind == CqlTypeKind.Int && Write32(buffer, Unsafe.As<T, int>(ref value));
        }

        if (typeof(T) == typeof(long))
        {
            return type.Kind is CqlTypeKind.Bigint or CqlTypeKind.Counter && Write64(buffer, Unsafe.As<T, long>(ref value));
        }

        if (typeof(T) == typeof(float))
        {
            return type.Kind == CqlTypeKind.Float && Write32(buffer, Unsafe.As<T, int>(ref value));
        }

        if (typeof(T) == typeof(double))
        {
            return type.Kind == CqlTypeKind.Double && Write64(buffer, Unsafe.As<T, long>(ref value));
        }

        if (typeof(T) == typeof(bool))
        {
            return type.Kind == CqlTypeKind.Boolean && WriteBoolean(buffer, Unsafe.As<T, bool>(ref value));
        }

        if (typeof(T) == typeof(Guid))
        {
            return type.Kind == CqlTypeKind.Uuid && WriteGuid(buffer, Unsafe.As<T, Guid>(ref value));
        }

        return false;
    }

    /// <summary>Reads content that is not null. False: it is no such pair, or the bytes are not as they should be.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead<T>(ReadOnlySpan<byte> content, CqlTypeKind kind, [MaybeNullWhen(false)] out T value)
    {
        Unsafe.SkipInit(out value);
        if (Is<T, int>())
        {
            return kind == CqlTypeKind.Int && content.Length == 4 && Set(BinaryPrimitives.ReadInt32BigEndian(content), out value);
        }

        if (Is<T, long>())
        {
            return kind is CqlTypeKind.Bigint or CqlTypeKind.Counter or CqlTypeKind.Timestamp && content.Length == 8
                && Set(BinaryPrimitives.ReadInt64BigEndian(content), out value);
        }

        if (Is<T, Guid>())
        {
            return kind is CqlTypeKind.Uuid or CqlTypeKind.Timeuuid && content.Length == TimeUuid.Size && Set(ReadGuid(content), out value);
        }

        if (Is<T, bool>())
        {
            return kind == CqlTypeKind.Boolean && content.Length == 1 && Set(content[0] != 0, out value);
        }

        if (Is<T, double>())
        {
            return kind == CqlTypeKind.Double && content.Length == 8 && Set(BinaryPrimitives.ReadDoubleBigEndian(content), out value);
        }

        if (Is<T, float>())
        {
            return kind == CqlTypeKind.Float && content.Length == 4 && Set(BinaryPrimitives.ReadSingleBigEndian(content), out value);
        }

        if (Is<T, short>())
        {
            return kind == CqlTypeKind.Smallint && content.Length == 2 && Set(BinaryPrimitives.ReadInt16BigEndian(content), out value);
        }

        if (Is<T, sbyte>())
        {
            return kind == CqlTypeKind.Tinyint && content.Length == 1 && Set((sbyte)content[0], out value);
        }

        return TryReadTime(content, kind, out value);
    }

    /// <summary>Reads text that is US-ASCII and not null. False: it is other text, or no text.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryReadText(ReadOnlySpan<byte> content, CqlTypeKind kind, [NotNullWhen(true)] out string? text)
    {
        if (kind is CqlTypeKind.Text or CqlTypeKind.Ascii)
        {
            return AsciiText.TryRead(content, out text);
        }

        text = null;
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryReadTime<T>(ReadOnlySpan<byte> content, CqlTypeKind kind, [MaybeNullWhen(false)] out T value)
    {
        Unsafe.SkipInit(out value);
        if (Is<T, TimeUuid>())
        {
            return kind == CqlTypeKind.Timeuuid && content.Length == TimeUuid.Size && TimeUuid.TryRead(content, out var id) && Set(id, out value);
        }

        if (Is<T, DateTimeOffset>() || Is<T, DateTime>())
        {
            if (kind != CqlTypeKind.Timestamp || !BinaryPrimitives.TryReadInt64BigEndian(content, out var milliseconds) || content.Length != 8
                || !DateTimeOffsetConverter.IsInRange(milliseconds))
            {
                return false;
            }

            var ticks = DateTime.UnixEpoch.Ticks + (milliseconds * TimeSpan.TicksPerMillisecond);
            return Is<T, DateTime>() ? Set(new DateTime(ticks, DateTimeKind.Utc), out value) : Set(new DateTimeOffset(ticks, TimeSpan.Zero), out value);
        }

        return false;
    }

    /// <summary>Whether T is a type or its nullable form.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Is<T, TValue>()
        where TValue : struct => typeof(T) == typeof(TValue) || typeof(T) == typeof(TValue?);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Set<T, TValue>(TValue read, out T value)
        where TValue : struct
    {
        Unsafe.SkipInit(out value);
        if (typeof(T) == typeof(TValue))
        {
            Unsafe.As<T, TValue>(ref value) = read;
        }
        else
        {
            Unsafe.As<T, TValue?>(ref value) = read;
        }

        return true;
    }

    private static uint KindsOfAll =>
        KindsOf(typeof(int)) | KindsOf(typeof(long)) | KindsOf(typeof(Guid)) | KindsOf(typeof(bool)) | KindsOf(typeof(double)) | KindsOf(typeof(float))
        | KindsOf(typeof(short)) | KindsOf(typeof(sbyte)) | KindsOf(typeof(string)) | KindsOf(typeof(TimeUuid)) | KindsOf(typeof(DateTime));

    /// <summary>The kinds that are a pair with a .NET type here, reading or writing.</summary>
    private static uint KindsOf(Type type) =>
        type == typeof(int) ? Bit(CqlTypeKind.Int)
        : type == typeof(long) ? Bit(CqlTypeKind.Bigint) | Bit(CqlTypeKind.Counter) | Bit(CqlTypeKind.Timestamp)
        : type == typeof(Guid) ? Bit(CqlTypeKind.Uuid) | Bit(CqlTypeKind.Timeuuid)
        : type == typeof(bool) ? Bit(CqlTypeKind.Boolean)
        : type == typeof(double) ? Bit(CqlTypeKind.Double)
        : type == typeof(float) ? Bit(CqlTypeKind.Float)
        : type == typeof(short) ? Bit(CqlTypeKind.Smallint)
        : type == typeof(sbyte) ? Bit(CqlTypeKind.Tinyint)
        : type == typeof(string) ? Bit(CqlTypeKind.Text) | Bit(CqlTypeKind.Ascii)
        : type == typeof(TimeUuid) ? Bit(CqlTypeKind.Timeuuid)
        : type == typeof(DateTimeOffset) || type == typeof(DateTime) ? Bit(CqlTypeKind.Timestamp)
        : 0;

    private static uint Bit(CqlTypeKind kind) => 1u << (int)kind;

    /// <summary>The first three fields of a Guid are numbers in the machine's order: one shuffle turns them, in place of four loads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Guid ReadGuid(ReadOnlySpan<byte> content)
    {
        if (!BitConverter.IsLittleEndian || !Vector128.IsHardwareAccelerated)
        {
            return new Guid(content, bigEndian: true);
        }

        var turned = Vector128.Shuffle(Vector128.Create(content), Vector128.Create((byte)3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15));
        return Unsafe.BitCast<Vector128<byte>, Guid>(turned);
    }

    private static bool Write32(GrowableBuffer buffer, int bits)
    {
        BinaryPrimitives.WriteInt64BigEndian(buffer.Append(8), (4L << 32) | (uint)bits);
        return true;
    }

    private static bool Write64(GrowableBuffer buffer, long bits)
    {
        var span = buffer.Append(12);
        BinaryPrimitives.WriteInt32BigEndian(span, 8);
        BinaryPrimitives.WriteInt64BigEndian(span[4..], bits);
        return true;
    }

    private static bool WriteBoolean(GrowableBuffer buffer, bool value)
    {
        var span = buffer.Append(5);
        BinaryPrimitives.WriteInt32BigEndian(span, 1);
        span[4] = value ? (byte)1 : (byte)0;
        return true;
    }

    private static bool WriteGuid(GrowableBuffer buffer, Guid value)
    {
        var span = buffer.Append(20);
        BinaryPrimitives.WriteInt32BigEndian(span, 16);
        value.TryWriteBytes(span[4..], bigEndian: true, out _);
        return true;
    }
}
