using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace CqlDriver.Types;

/// <summary>
/// All integers, to and from every integer type of CQL, checked: what does not fit is an error. <see cref="long"/> also holds
/// timestamps (milliseconds since 1970) and times (nanoseconds since midnight).
/// </summary>
internal sealed class IntegerConverter<T> : ValueConverter<T>
    where T : struct, IBinaryInteger<T>
{
    private const string OutOfRange = "the number is out of range";

    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, T value)
    {
        try
        {
            switch (type.Kind)
            {
                case CqlTypeKind.Int:
                    buffer.WriteInt32(int.CreateChecked(value));
                    break;
                case CqlTypeKind.Bigint or CqlTypeKind.Counter:
                    buffer.WriteInt64(long.CreateChecked(value));
                    break;
                case CqlTypeKind.Smallint:
                    buffer.WriteInt16(short.CreateChecked(value));
                    break;
                case CqlTypeKind.Tinyint:
                    buffer.WriteByte((byte)sbyte.CreateChecked(value));
                    break;
                case CqlTypeKind.Varint:
                    WriteVarint(buffer, BigInteger.CreateChecked(value));
                    break;
                case CqlTypeKind.Timestamp when typeof(T) == typeof(long):
                    buffer.WriteInt64(long.CreateTruncating(value));
                    break;
                case CqlTypeKind.Time when typeof(T) == typeof(long):
                    buffer.WriteInt64(WithinDay(long.CreateTruncating(value)) ?? throw CannotWrite(type, "a time is at least 0 ns and less than 24 h"));
                    break;
                default:
                    throw CannotWrite(type);
            }
        }
        catch (OverflowException)
        {
            throw CannotWrite(type, OutOfRange);
        }
    }

    public override T Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        try
        {
            return type.Kind switch
            {
                CqlTypeKind.Int => T.CreateChecked(BinaryPrimitives.ReadInt32BigEndian(Exactly(4, content, type))),
                CqlTypeKind.Bigint or CqlTypeKind.Counter => T.CreateChecked(BinaryPrimitives.ReadInt64BigEndian(Exactly(8, content, type))),
                CqlTypeKind.Smallint => T.CreateChecked(BinaryPrimitives.ReadInt16BigEndian(Exactly(2, content, type))),
                CqlTypeKind.Tinyint => T.CreateChecked((sbyte)Exactly(1, content, type)[0]),
                CqlTypeKind.Varint => T.CreateChecked(new BigInteger(content, isUnsigned: false, isBigEndian: true)),
                CqlTypeKind.Timestamp when typeof(T) == typeof(long) =>
                    T.CreateTruncating(BinaryPrimitives.ReadInt64BigEndian(Exactly(8, content, type))),
                CqlTypeKind.Time when typeof(T) == typeof(long) => T.CreateTruncating(
                    WithinDay(BinaryPrimitives.ReadInt64BigEndian(Exactly(8, content, type))) ?? throw CannotRead(type, "it is not within a day")),
                _ => throw CannotRead(type),
            };
        }
        catch (OverflowException)
        {
            throw CannotRead(type, OutOfRange);
        }
    }

    internal static void WriteVarint(GrowableBuffer buffer, BigInteger value) =>
        value.TryWriteBytes(buffer.Append(value.GetByteCount()), out _, isUnsigned: false, isBigEndian: true);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long? WithinDay(long nanoseconds) => CqlTime.IsWithinDay(nanoseconds) ? nanoseconds : null;
}

internal sealed class SingleConverter : ValueConverter<float>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, float value)
    {
        switch (type.Kind)
        {
            case CqlTypeKind.Float:
                BinaryPrimitives.WriteSingleBigEndian(buffer.Append(4), value);
                break;
            case CqlTypeKind.Double:
                BinaryPrimitives.WriteDoubleBigEndian(buffer.Append(8), value);
                break;
            default:
                throw CannotWrite(type);
        }
    }

    public override float Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) =>
        type.Kind == CqlTypeKind.Float ? BinaryPrimitives.ReadSingleBigEndian(Exactly(4, content, type)) : throw CannotRead(type);
}

internal sealed class DoubleConverter : ValueConverter<double>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, double value)
    {
        if (type.Kind != CqlTypeKind.Double)
        {
            throw CannotWrite(type);
        }

        BinaryPrimitives.WriteDoubleBigEndian(buffer.Append(8), value);
    }

    public override double Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) => type.Kind switch
    {
        CqlTypeKind.Double => BinaryPrimitives.ReadDoubleBigEndian(Exactly(8, content, type)),
        CqlTypeKind.Float => BinaryPrimitives.ReadSingleBigEndian(Exactly(4, content, type)),
        _ => throw CannotRead(type),
    };
}

internal sealed class BooleanConverter : ValueConverter<bool>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, bool value)
    {
        if (type.Kind != CqlTypeKind.Boolean)
        {
            throw CannotWrite(type);
        }

        buffer.WriteByte(value ? (byte)1 : (byte)0);
    }

    public override bool Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) =>
        type.Kind == CqlTypeKind.Boolean ? Exactly(1, content, type)[0] != 0 : throw CannotRead(type);
}

internal sealed class CqlDecimalConverter : ValueConverter<CqlDecimal>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, CqlDecimal value)
    {
        if (type.Kind != CqlTypeKind.Decimal)
        {
            throw CannotWrite(type);
        }

        buffer.WriteInt32(value.Scale);
        IntegerConverter<BigInteger>.WriteVarint(buffer, value.Unscaled);
    }

    public override CqlDecimal Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        if (type.Kind != CqlTypeKind.Decimal)
        {
            throw CannotRead(type);
        }

        // Four bytes of scale and at least one digit; the server refuses less.
        return content.Length > sizeof(int)
            ? new CqlDecimal(new BigInteger(content[sizeof(int)..], isUnsigned: false, isBigEndian: true), BinaryPrimitives.ReadInt32BigEndian(content))
            : throw CannotRead(type, $"the value has {content.Length} bytes where at least 5 are due");
    }
}

internal sealed class DecimalConverter : ValueConverter<decimal>
{
    private static readonly CqlDecimalConverter Exact = new();

    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, decimal value)
    {
        if (type.Kind != CqlTypeKind.Decimal)
        {
            throw CannotWrite(type);
        }

        Exact.Write(registry, buffer, type, value);
    }

    public override decimal Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        if (type.Kind != CqlTypeKind.Decimal)
        {
            throw CannotRead(type);
        }

        return Exact.Read(registry, content, type).TryToDecimal(out var value)
            ? value
            : throw CannotRead(type, "decimal cannot hold the number exactly; ask for CqlDecimal");
    }
}
