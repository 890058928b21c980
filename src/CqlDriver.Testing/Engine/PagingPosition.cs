using System.Buffers.Binary;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Engine;

/// <summary>
/// Where a page ended: the partition and row last given, and what the limits leave. As bytes it carries the table and a
/// checksum, so that a state that was cut, changed or made for another table is refused and never misread.
/// </summary>
internal sealed record PagingPosition(PartitionKey Partition, byte[][]? Clustering, int Remaining, int RemainingInPartition)
{
    private const byte Version = 1;

    public byte[] Encode(Guid table)
    {
        var bytes = new List<byte> { Version };
        bytes.AddRange(CqlBytes.Uuid(table));
        bytes.AddRange(CqlBytes.Tuple(Partition.Components));
        bytes.InsertRange(17, CqlBytes.Int32(bytes.Count - 17));
        bytes.AddRange(CqlBytes.Int32(Remaining));
        bytes.AddRange(CqlBytes.Int32(RemainingInPartition));
        bytes.Add(Clustering is null ? (byte)0 : (byte)1);
        bytes.AddRange(CqlBytes.Tuple(Clustering ?? []));
        bytes.AddRange(CqlBytes.Int64(Checksum(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes))));
        return [.. bytes];
    }

    public static PagingPosition Decode(ReadOnlySpan<byte> bytes, Guid table, int partitionColumns, int clusteringColumns)
    {
        if (bytes.Length < 38 || bytes[0] != Version || BinaryPrimitives.ReadInt64BigEndian(bytes[^8..]) != Checksum(bytes[..^8])
            || CqlBytes.ToGuid(bytes.Slice(1, 16)) != table)
        {
            throw Invalid();
        }

        var keyLength = BinaryPrimitives.ReadInt32BigEndian(bytes[17..]);
        var rest = bytes[21..^8];
        if (keyLength < 0 || keyLength > rest.Length - 9 || CqlBytes.TrySplitTuple(rest[..keyLength], partitionColumns) is not { } key || Array.Exists(key, part => part is null))
        {
            throw Invalid();
        }

        rest = rest[keyLength..];
        var hasRow = rest[8] == 1;
        var clustering = hasRow ? CqlBytes.TrySplitTuple(rest[9..], clusteringColumns) : null;
        return hasRow && (clustering is null || Array.Exists(clustering, part => part is null))
            ? throw Invalid()
            : new PagingPosition(PartitionKey.Of(key!), clustering!, BinaryPrimitives.ReadInt32BigEndian(rest), BinaryPrimitives.ReadInt32BigEndian(rest[4..]));
    }

    private static CqlServerException Invalid() => new(ServerError.Protocol("Invalid value for the paging state"));

    /// <summary>FNV-1a: against accidents, not against malice.</summary>
    private static long Checksum(ReadOnlySpan<byte> bytes)
    {
        var hash = 0xCBF2_9CE4_8422_2325UL;
        foreach (var one in bytes)
        {
            hash = unchecked((hash ^ one) * 0x0000_0100_0000_01B3UL);
        }

        return unchecked((long)hash);
    }
}
