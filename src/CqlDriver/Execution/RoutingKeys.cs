using System.Buffers;
using System.Buffers.Binary;
using CqlDriver.Partitioning;

namespace CqlDriver.Execution;

/// <summary>
/// The token of a request, by the values that are about to be sent: a prepared statement knows which of them make the partition
/// key. Reads the values where they are; allocates nothing but for partition keys beyond some hundred bytes.
/// </summary>
internal static class RoutingKeys
{
    private const int OnStack = 512;

    /// <summary>The token. False: the statement names no whole partition key, or a part of it is null or left out.</summary>
    /// <param name="prepared">The statement.</param>
    /// <param name="values">Its values, each as the protocol's [value], one after another.</param>
    /// <param name="token">The token.</param>
    public static bool TryHash(PreparedCore prepared, ReadOnlySpan<byte> values, out Token token)
    {
        var indexes = prepared.PartitionKeyIndexes;
        token = default;
        switch (indexes.Length)
        {
            case 0:
                return false;
            case 1:
                if (!TryValue(values, indexes[0], out var key))
                {
                    return false;
                }

                token = Murmur3Partitioner.Hash(key);
                return true;
            default:
                return TryHashComposite(prepared, values, out token);
        }
    }

    private static bool TryHashComposite(PreparedCore prepared, ReadOnlySpan<byte> values, out Token token)
    {
        var size = 0;
        token = default;
        foreach (var index in prepared.PartitionKeyIndexes)
        {
            if (!TryValue(values, index, out var component) || component.Length > CompositeRoutingKey.MaxComponentBytes)
            {
                // The server refuses such a key, and says so better.
                return false;
            }

            size += CompositeRoutingKey.SizeOf(component.Length);
        }

        var rented = size <= OnStack ? null : ArrayPool<byte>.Shared.Rent(size);
        var key = rented is null ? stackalloc byte[OnStack] : rented;
        key = key[..size];
        var rest = key;
        foreach (var index in prepared.PartitionKeyIndexes)
        {
            TryValue(values, index, out var component);
            rest = CompositeRoutingKey.WriteComponent(rest, component);
        }

        token = Murmur3Partitioner.Hash(key);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return true;
    }

    private static bool TryValue(ReadOnlySpan<byte> values, int index, out ReadOnlySpan<byte> value)
    {
        var rest = values;
        for (var i = 0; rest.Length >= sizeof(int); i++)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(rest);
            rest = rest[sizeof(int)..];
            if (i == index)
            {
                value = length < 0 ? default : rest[..length];
                return length >= 0;
            }

            rest = length > 0 ? rest[length..] : rest;
        }

        value = default;
        return false;
    }
}
