using System.Buffers.Binary;

namespace CqlDriver.Partitioning;

/// <summary>
/// The routing key of a partition key with several columns: for each column its length in two bytes, its bytes, and a zero.
/// A partition key of one column is its own routing key, without this frame. Pure; writes into the caller's memory.
/// </summary>
internal static class CompositeRoutingKey
{
    /// <summary>The longest column that the two-byte length can tell; nodes refuse longer ones.</summary>
    public const int MaxComponentBytes = ushort.MaxValue;

    private const int FrameBytes = 3;

    /// <summary>The bytes that a component of this length takes.</summary>
    public static int SizeOf(int componentBytes) => componentBytes + FrameBytes;

    /// <summary>Writes one component.</summary>
    /// <returns>What is left of <paramref name="destination"/>.</returns>
    /// <exception cref="ArgumentException">The component is longer than 65,535 bytes, or the destination too short.</exception>
    public static Span<byte> WriteComponent(Span<byte> destination, ReadOnlySpan<byte> component)
    {
        if (component.Length > MaxComponentBytes)
        {
            throw new ArgumentException(
                $"A column of a partition key has {component.Length} bytes; {MaxComponentBytes} is the limit of every server.", nameof(component));
        }

        if (destination.Length < SizeOf(component.Length))
        {
            throw new ArgumentException($"{SizeOf(component.Length)} bytes are needed, {destination.Length} are there.", nameof(destination));
        }

        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)component.Length);
        component.CopyTo(destination[2..]);
        destination[2 + component.Length] = 0;
        return destination[SizeOf(component.Length)..];
    }

    /// <summary>The whole key in an array of its own: for tests and cold paths.</summary>
    public static byte[] Encode(params ReadOnlySpan<byte[]> components)
    {
        var size = 0;
        foreach (var component in components)
        {
            size += SizeOf(component.Length);
        }

        var key = new byte[size];
        var rest = key.AsSpan();
        foreach (var component in components)
        {
            rest = WriteComponent(rest, component);
        }

        return key;
    }
}
