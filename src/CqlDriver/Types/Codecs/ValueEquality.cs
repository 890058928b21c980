namespace CqlDriver.Types;

/// <summary>
/// When elements of a set or keys of a map are the same, where .NET and the server differ: zero and minus zero are two
/// values to the server, and blobs are equal by their bytes. Null where the rules of .NET will do.
/// </summary>
internal static class ValueEquality
{
    public static IEqualityComparer<T>? Of<T>()
    {
        object? comparer = typeof(T) == typeof(double) ? Doubles.Instance
            : typeof(T) == typeof(float) ? Singles.Instance
            : typeof(T) == typeof(byte[]) ? Blobs.Instance
            : typeof(T) == typeof(object) ? Objects.Instance
            : null;
        return (IEqualityComparer<T>?)comparer;
    }

    private sealed class Doubles : IEqualityComparer<double>
    {
        public static Doubles Instance { get; } = new();

        public bool Equals(double x, double y) => BitConverter.DoubleToInt64Bits(x) == BitConverter.DoubleToInt64Bits(y);

        public int GetHashCode(double value) => BitConverter.DoubleToInt64Bits(value).GetHashCode();
    }

    private sealed class Singles : IEqualityComparer<float>
    {
        public static Singles Instance { get; } = new();

        public bool Equals(float x, float y) => BitConverter.SingleToInt32Bits(x) == BitConverter.SingleToInt32Bits(y);

        public int GetHashCode(float value) => BitConverter.SingleToInt32Bits(value);
    }

    private sealed class Blobs : IEqualityComparer<byte[]>
    {
        public static Blobs Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x is null || y is null ? ReferenceEquals(x, y) : x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] value)
        {
            var hash = default(HashCode);
            hash.AddBytes(value);
            return hash.ToHashCode();
        }
    }

    private sealed class Objects : IEqualityComparer<object>
    {
        public static Objects Instance { get; } = new();

        public new bool Equals(object? x, object? y) => (x, y) switch
        {
            (double a, double b) => Doubles.Instance.Equals(a, b),
            (float a, float b) => Singles.Instance.Equals(a, b),
            (byte[] a, byte[] b) => Blobs.Instance.Equals(a, b),
            _ => object.Equals(x, y),
        };

        public int GetHashCode(object value) => value switch
        {
            double number => Doubles.Instance.GetHashCode(number),
            float number => Singles.Instance.GetHashCode(number),
            byte[] blob => Blobs.Instance.GetHashCode(blob),
            _ => value.GetHashCode(),
        };
    }
}
