namespace CqlDriver.Testing.Values;

/// <summary>Vectors: elements of fixed size follow one another, others have an unsigned vint length before them.</summary>
internal static class VectorBytes
{
    public static byte[] Join(CqlVectorType type, IReadOnlyList<byte[]> elements)
    {
        var isFixed = FixedSize(type.Element) is not null;
        var bytes = new List<byte>();
        foreach (var element in elements)
        {
            if (!isFixed)
            {
                VariableInteger.WriteUnsigned(bytes, (ulong)element.Length);
            }

            bytes.AddRange(element);
        }

        return [.. bytes];
    }

    public static string? Complaint(CqlVectorType type, ReadOnlySpan<byte> bytes)
    {
        var fixedSize = FixedSize(type.Element);
        for (var i = 0; i < type.Dimension; i++)
        {
            var length = (ulong)(fixedSize ?? 0);
            if ((fixedSize is null && !VariableInteger.TryReadUnsigned(ref bytes, out length)) || length > (ulong)bytes.Length)
            {
                return $"Not enough bytes to read a {type}";
            }

            if (ValueCheck.Complaint(type.Element, bytes[..(int)length]) is { } complaint)
            {
                return complaint;
            }

            bytes = bytes[(int)length..];
        }

        return bytes.IsEmpty ? null : $"Unexpected {bytes.Length} extraneous bytes after {type} value";
    }

    private static int? FixedSize(CqlType type) => type is CqlVectorType vector ? FixedSize(vector.Element) * vector.Dimension : type.Kind switch
    {
        CqlTypeKind.Boolean => 1,
        CqlTypeKind.Int or CqlTypeKind.Float => 4,
        CqlTypeKind.Bigint or CqlTypeKind.Double or CqlTypeKind.Timestamp => 8,
        CqlTypeKind.Uuid or CqlTypeKind.Timeuuid => 16,
        _ => null,
    };
}
