using System.Buffers.Binary;

namespace CqlDriver.Types;

/// <summary>date: days with 1970-01-01 at 2^31, unsigned.</summary>
internal sealed class CqlDateConverter : ValueConverter<CqlDate>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, CqlDate value)
    {
        if (type.Kind != CqlTypeKind.Date)
        {
            throw CannotWrite(type);
        }

        buffer.WriteInt32(value.DaysSinceEpoch ^ int.MinValue);
    }

    public override CqlDate Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) => type.Kind == CqlTypeKind.Date
        ? new CqlDate(BinaryPrimitives.ReadInt32BigEndian(Exactly(4, content, type)) ^ int.MinValue)
        : throw CannotRead(type);
}

internal sealed class DateOnlyConverter : ValueConverter<DateOnly>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, DateOnly value)
    {
        if (type.Kind != CqlTypeKind.Date)
        {
            throw CannotWrite(type);
        }

        buffer.WriteInt32(CqlDate.FromDateOnly(value).DaysSinceEpoch ^ int.MinValue);
    }

    public override DateOnly Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        if (type.Kind != CqlTypeKind.Date)
        {
            throw CannotRead(type);
        }

        var date = new CqlDate(BinaryPrimitives.ReadInt32BigEndian(Exactly(4, content, type)) ^ int.MinValue);
        return date.FitsDateOnly ? date.ToDateOnly() : throw CannotRead(type, "the year is not within 1 to 9999; ask for CqlDate");
    }
}

/// <summary>time: nanoseconds since midnight.</summary>
internal sealed class CqlTimeConverter : ValueConverter<CqlTime>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, CqlTime value) =>
        buffer.WriteInt64(type.Kind == CqlTypeKind.Time ? value.Nanoseconds : throw CannotWrite(type));

    public override CqlTime Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        if (type.Kind != CqlTypeKind.Time)
        {
            throw CannotRead(type);
        }

        var nanoseconds = BinaryPrimitives.ReadInt64BigEndian(Exactly(8, content, type));
        return CqlTime.IsWithinDay(nanoseconds) ? new CqlTime(nanoseconds) : throw CannotRead(type, "it is not within a day");
    }
}

internal sealed class TimeOnlyConverter : ValueConverter<TimeOnly>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, TimeOnly value) =>
        buffer.WriteInt64(type.Kind == CqlTypeKind.Time ? value.Ticks * TimeSpan.NanosecondsPerTick : throw CannotWrite(type));

    public override TimeOnly Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        if (type.Kind != CqlTypeKind.Time)
        {
            throw CannotRead(type);
        }

        var nanoseconds = BinaryPrimitives.ReadInt64BigEndian(Exactly(8, content, type));
        if (!CqlTime.IsWithinDay(nanoseconds))
        {
            throw CannotRead(type, "it is not within a day");
        }

        var time = new CqlTime(nanoseconds);
        return time.FitsTimeOnly ? time.ToTimeOnly() : throw CannotRead(type, "TimeOnly holds multiples of 100 ns only; ask for CqlTime");
    }
}

/// <summary>
/// timestamp: milliseconds since 1970, UTC. What a <see cref="DateTimeOffset"/> has beyond milliseconds is cut off towards
/// the past, since the type has no place for it; the offset goes too, the instant stays.
/// </summary>
internal sealed class DateTimeOffsetConverter : ValueConverter<DateTimeOffset>
{
    internal const string BeyondRange = "the year is not within 1 to 9999; ask for long to get milliseconds since 1970";

    private static readonly long MinMilliseconds = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long MaxMilliseconds = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, DateTimeOffset value) =>
        buffer.WriteInt64(type.Kind == CqlTypeKind.Timestamp ? value.ToUnixTimeMilliseconds() : throw CannotWrite(type));

    public override DateTimeOffset Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        if (type.Kind != CqlTypeKind.Timestamp)
        {
            throw CannotRead(type);
        }

        var milliseconds = BinaryPrimitives.ReadInt64BigEndian(Exactly(8, content, type));
        return IsInRange(milliseconds) ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : throw CannotRead(type, BeyondRange);
    }

    internal static bool IsInRange(long milliseconds) => milliseconds >= MinMilliseconds && milliseconds <= MaxMilliseconds;
}

internal sealed class DateTimeConverter : ValueConverter<DateTime>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, DateTime value)
    {
        if (type.Kind != CqlTypeKind.Timestamp)
        {
            throw CannotWrite(type);
        }

        if (value.Kind == DateTimeKind.Unspecified)
        {
            throw CannotWrite(type, "its Kind is Unspecified, so its instant is unknown; use DateTimeOffset, or DateTime.SpecifyKind with Utc or Local");
        }

        buffer.WriteInt64(new DateTimeOffset(value.ToUniversalTime()).ToUnixTimeMilliseconds());
    }

    public override DateTime Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        if (type.Kind != CqlTypeKind.Timestamp)
        {
            throw CannotRead(type);
        }

        var milliseconds = BinaryPrimitives.ReadInt64BigEndian(Exactly(8, content, type));
        return DateTimeOffsetConverter.IsInRange(milliseconds)
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime
            : throw CannotRead(type, DateTimeOffsetConverter.BeyondRange);
    }
}

/// <summary>duration: months, days and nanoseconds as signed integers of variable length.</summary>
internal sealed class CqlDurationConverter : ValueConverter<CqlDuration>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, CqlDuration value)
    {
        if (type.Kind != CqlTypeKind.Duration)
        {
            throw CannotWrite(type);
        }

        VInt.WriteSigned(buffer, value.Months);
        VInt.WriteSigned(buffer, value.Days);
        VInt.WriteSigned(buffer, value.Nanoseconds);
    }

    public override CqlDuration Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        if (type.Kind != CqlTypeKind.Duration)
        {
            throw CannotRead(type);
        }

        var isWhole = VInt.TryReadSigned(ref content, out var months)
            & VInt.TryReadSigned(ref content, out var days)
            & VInt.TryReadSigned(ref content, out var nanoseconds);
        return isWhole && content.IsEmpty && months == (int)months && days == (int)days
            && CqlDuration.HaveOneSign((int)months, (int)days, nanoseconds)
            ? new CqlDuration((int)months, (int)days, nanoseconds)
            : throw CannotRead(type, "the bytes are malformed");
    }
}
