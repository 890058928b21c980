using System.Collections.Immutable;
using CqlDriver.Protocol;

namespace CqlDriver.Partitioning;

/// <summary>
/// What a node tells with an answer when a request came to where its tablet is not: a tuple of first and last token and a list
/// of tuples of host id and shard, in V2 with the tablet's version behind. Pure; nothing is allocated on the word of a length.
/// </summary>
internal static class TabletPayload
{
    public const string KeyV1 = "tablets-routing-v1";
    public const string KeyV2 = "tablets-routing-v2";

    // A tuple of a uuid and an int, each with its length, and the tuple's own.
    private const int ReplicaBytes = 4 + 4 + 16 + 4 + 4;

    /// <summary>Reads the payload.</summary>
    /// <exception cref="CqlProtocolException">It is not what it should be; says where.</exception>
    public static (TokenRange Range, ImmutableArray<Replica> Replicas, ulong? Version) Read(ReadOnlySpan<byte> payload, bool hasVersion)
    {
        var reader = new CqlReader(payload, "the tablet of a custom payload");
        var range = new TokenRange(new Token(BigInt(ref reader)), new Token(BigInt(ref reader)));
        Expect(ref reader, reader.TryReadBytes(out var list), "no replicas");
        var replicas = Replicas(list);
        ulong? version = hasVersion ? (ulong)BigInt(ref reader) : null;
        Expect(ref reader, range.First < range.Last, $"the range {range} is empty");
        Expect(ref reader, !replicas.IsEmpty, "no replicas");
        return (range, replicas, version);
    }

    private static ImmutableArray<Replica> Replicas(ReadOnlySpan<byte> list)
    {
        var reader = new CqlReader(list, "the replicas of a tablet");
        var count = reader.ReadInt();
        reader.EnsureFits(count, ReplicaBytes, "the replicas");
        var replicas = ImmutableArray.CreateBuilder<Replica>(count);
        for (var i = 0; i < count; i++)
        {
            Expect(ref reader, reader.TryReadBytes(out var tuple), "a replica is null");
            replicas.Add(ReadReplica(tuple));
        }

        return replicas.MoveToImmutable();
    }

    private static Replica ReadReplica(ReadOnlySpan<byte> tuple)
    {
        var reader = new CqlReader(tuple, "a replica of a tablet");
        Length(ref reader, 16);
        var hostId = reader.ReadUuid();
        Length(ref reader, 4);
        var shard = reader.ReadInt();
        Expect(ref reader, hostId != Guid.Empty, "the host id is nil");
        Expect(ref reader, shard >= 0, $"the shard is {shard}");
        return new Replica(new HostId(hostId), shard);
    }

    private static long BigInt(ref CqlReader reader)
    {
        Length(ref reader, 8);
        return reader.ReadLong();
    }

    private static void Length(ref CqlReader reader, int expected)
    {
        var length = reader.ReadInt();
        Expect(ref reader, length == expected, $"a field has {length} bytes instead of {expected}");
    }

    private static void Expect(ref CqlReader reader, bool isTrue, string problem)
    {
        if (!isTrue)
        {
            reader.ThrowMalformed(problem);
        }
    }
}
