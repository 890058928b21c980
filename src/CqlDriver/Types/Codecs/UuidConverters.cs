namespace CqlDriver.Types;

internal sealed class GuidConverter : ValueConverter<Guid>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, Guid value)
    {
        if (type.Kind is not (CqlTypeKind.Uuid or CqlTypeKind.Timeuuid))
        {
            throw CannotWrite(type);
        }

        var bytes = buffer.Append(TimeUuid.Size);
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        if (type.Kind == CqlTypeKind.Timeuuid && !TimeUuid.TryRead(bytes, out _))
        {
            throw CannotWrite(type, "the UUID is not of version 1");
        }
    }

    public override Guid Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) =>
        type.Kind is CqlTypeKind.Uuid or CqlTypeKind.Timeuuid
            ? new Guid(Exactly(TimeUuid.Size, content, type), bigEndian: true)
            : throw CannotRead(type);
}

internal sealed class TimeUuidConverter : ValueConverter<TimeUuid>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, TimeUuid value)
    {
        if (type.Kind is not (CqlTypeKind.Uuid or CqlTypeKind.Timeuuid))
        {
            throw CannotWrite(type);
        }

        var bytes = buffer.Append(TimeUuid.Size);
        value.Write(bytes);
        if (!TimeUuid.TryRead(bytes, out _))
        {
            throw CannotWrite(type, "default(TimeUuid) is no timeuuid");
        }
    }

    public override TimeUuid Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type)
    {
        if (type.Kind is not (CqlTypeKind.Uuid or CqlTypeKind.Timeuuid))
        {
            throw CannotRead(type);
        }

        return TimeUuid.TryRead(Exactly(TimeUuid.Size, content, type), out var value)
            ? value
            : throw CannotRead(type, "the UUID is not of version 1; ask for Guid");
    }
}
