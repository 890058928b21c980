namespace CqlDriver.Types;

/// <summary>User types, as the bytes of their fields; these are converted when they are asked for.</summary>
internal sealed class UdtConverter : ValueConverter<UdtValue>
{
    public override void Write(CodecRegistry registry, GrowableBuffer buffer, CqlType type, UdtValue value)
    {
        if (type is not CqlUserType)
        {
            throw CannotWrite(type);
        }

        if (!type.Equals(value.Type))
        {
            throw CannotWrite(type, $"the value is of type {value.Type}, or of another version of the same");
        }

        value.WriteTo(buffer);
    }

    public override UdtValue Read(CodecRegistry registry, ReadOnlySpan<byte> content, CqlType type) =>
        UdtValue.Read(type as CqlUserType ?? throw CannotRead(type), content, registry);
}
