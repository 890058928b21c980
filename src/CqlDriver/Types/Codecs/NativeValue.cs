using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CqlDriver.Types;

/// <summary>
/// The short cut for the commonest pairs: a .NET type and the one CQL type it is the counterpart of, length and content
/// written at once. Each comparison of types is decided when the code is compiled for T, so one branch on the CQL type is
/// what remains; everything else goes to a converter, which also tells what does not fit.
/// </summary>
internal static class NativeValue
{
    public static bool IsNativeType(Type type) =>
        type == typeof(int) || type == typeof(long) || type == typeof(bool) || type == typeof(double)
        || type == typeof(float) || type == typeof(Guid) || type == typeof(string);

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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead<T>(ReadOnlySpan<byte> content, CqlType type, [MaybeNullWhen(false)] out T value)
    {
        Unsafe.SkipInit(out value);
        if (typeof(T) == typeof(int) && type.Kind == CqlTypeKind.Int)
        {
            return BinaryPrimitives.TryReadInt32BigEndian(content, out Unsafe.As<T, int>(ref value!)) && content.Length == 4;
        }

        if (typeof(T) == typeof(long) && type.Kind is CqlTypeKind.Bigint or CqlTypeKind.Counter)
        {
            return BinaryPrimitives.TryReadInt64BigEndian(content, out Unsafe.As<T, long>(ref value!)) && content.Length == 8;
        }

        if (typeof(T) == typeof(float) && type.Kind == CqlTypeKind.Float)
        {
            return BinaryPrimitives.TryReadSingleBigEndian(content, out Unsafe.As<T, float>(ref value!)) && content.Length == 4;
        }

        if (typeof(T) == typeof(double) && type.Kind == CqlTypeKind.Double)
        {
            return BinaryPrimitives.TryReadDoubleBigEndian(content, out Unsafe.As<T, double>(ref value!)) && content.Length == 8;
        }

        if (typeof(T) == typeof(bool) && type.Kind == CqlTypeKind.Boolean && content.Length == 1)
        {
            Unsafe.As<T, bool>(ref value!) = content[0] != 0;
            return true;
        }

        if (typeof(T) == typeof(Guid) && type.Kind is CqlTypeKind.Uuid or CqlTypeKind.Timeuuid && content.Length == TimeUuid.Size)
        {
            Unsafe.As<T, Guid>(ref value!) = ReadGuid(content);
            return true;
        }

        return false;
    }

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
