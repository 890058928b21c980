using System.Diagnostics.CodeAnalysis;
using CqlDriver.Types;

namespace CqlDriver.Protocol;

/// <summary>
/// The client's half of the protocol, outgoing: each method appends one whole, uncompressed frame, header included, and
/// returns where it starts. On v4 with compression <see cref="BodyCompression.CompressLastFrame"/> follows; on v5 the frames
/// lie between <see cref="SegmentWriter.Open"/> and <see cref="SegmentWriter.Close"/>, but for OPTIONS and STARTUP, which are
/// always plain frames. Nothing is allocated. The other half is <see cref="RequestDecoder"/>.
/// </summary>
/// <remarks>
/// What only v5 can say (a keyspace per request, now-in-seconds) is an <see cref="ArgumentException"/> on v4: dropping it
/// silently would run another statement than the one that was asked for. Whoever picks the connection checks before.
/// </remarks>
internal static class RequestEncoder
{
    private const int PrepareWithKeyspace = 0x01;

    public static int Options(GrowableBuffer buffer, in RequestHead head)
    {
        var start = Begin(buffer, head, Opcode.Options);
        return End(buffer, start);
    }

    public static int Startup(GrowableBuffer buffer, in RequestHead head, IReadOnlyDictionary<string, string> options)
    {
        var start = Begin(buffer, head, Opcode.Startup);
        buffer.WriteStringMap(options);
        return End(buffer, start);
    }

    public static int AuthResponse(GrowableBuffer buffer, in RequestHead head, ReadOnlySpan<byte> token)
    {
        var start = Begin(buffer, head, Opcode.AuthResponse);
        buffer.WriteBytes(token);
        return End(buffer, start);
    }

    public static int Register(GrowableBuffer buffer, in RequestHead head, IReadOnlyCollection<string> eventTypes)
    {
        var start = Begin(buffer, head, Opcode.Register);
        buffer.WriteStringList(eventTypes);
        return End(buffer, start);
    }

    /// <summary>Prepares a statement.</summary>
    /// <param name="buffer">Receives the frame.</param>
    /// <param name="head">Version, stream, tracing, payload.</param>
    /// <param name="cql">The statement.</param>
    /// <param name="keyspace">v5 only: what unqualified names are looked up in.</param>
    public static int Prepare(GrowableBuffer buffer, in RequestHead head, string cql, string? keyspace = null)
    {
        var start = Begin(buffer, head, Opcode.Prepare);
        buffer.WriteLongString(cql);
        if (head.Version >= ProtocolVersion.V5)
        {
            buffer.WriteInt32(keyspace is null ? 0 : PrepareWithKeyspace);
            if (keyspace is not null)
            {
                buffer.WriteString(keyspace);
            }
        }
        else if (keyspace is not null)
        {
            ThrowNeedsV5("A keyspace for one request");
        }

        return End(buffer, start);
    }

    public static int Query(GrowableBuffer buffer, in RequestHead head, string cql, in QueryParameters parameters)
    {
        var start = Begin(buffer, head, Opcode.Query);
        buffer.WriteLongString(cql);
        WriteParameters(buffer, head.Version, parameters);
        return End(buffer, start);
    }

    /// <summary>Executes a prepared statement.</summary>
    /// <param name="buffer">Receives the frame.</param>
    /// <param name="head">Version, stream, extensions, tracing, payload.</param>
    /// <param name="preparedId">The id from PREPARED.</param>
    /// <param name="resultMetadataId">The id of the result metadata the client holds; empty when it holds none. Written where it was negotiated only.</param>
    /// <param name="parameters">Values and the rest.</param>
    public static int Execute(
        GrowableBuffer buffer, in RequestHead head, ReadOnlySpan<byte> preparedId, ReadOnlySpan<byte> resultMetadataId, in QueryParameters parameters)
    {
        var start = Begin(buffer, head, Opcode.Execute);
        buffer.WriteShortBytes(preparedId);
        if (head.Extensions.UsesResultMetadataIds((int)head.Version))
        {
            buffer.WriteShortBytes(resultMetadataId);
        }

        WriteParameters(buffer, head.Version, parameters);
        if (head.Extensions.HasTabletVersionBlock)
        {
            buffer.WriteByte(parameters.TabletVersionBlock);
        }

        return End(buffer, start);
    }

    public static int Batch(GrowableBuffer buffer, in RequestHead head, in BatchParameters parameters)
    {
        var start = Begin(buffer, head, Opcode.Batch);
        buffer.WriteByte((byte)parameters.Kind);
        buffer.WriteShort(parameters.StatementCount);
        buffer.Write(parameters.Statements);
        buffer.WriteConsistency(parameters.Consistency);
        var flags = (parameters.SerialConsistency is null ? 0 : QueryFlags.SerialConsistency)
            | (parameters.Timestamp is null ? 0 : QueryFlags.Timestamp)
            | (parameters.Keyspace is null ? 0 : QueryFlags.Keyspace)
            | (parameters.NowInSeconds is null ? 0 : QueryFlags.NowInSeconds);
        WriteFlags(buffer, head.Version, flags);
        WriteTail(buffer, flags, parameters.SerialConsistency, parameters.Timestamp, parameters.Keyspace, parameters.NowInSeconds);
        return End(buffer, start);
    }

    private static void WriteParameters(GrowableBuffer buffer, ProtocolVersion version, in QueryParameters parameters)
    {
        var flags = (parameters.ValueCount == 0 ? 0 : QueryFlags.Values)
            | (parameters.ValueCount != 0 && parameters.ValuesAreNamed ? QueryFlags.NamedValues : 0)
            | (parameters.SkipMetadata ? QueryFlags.SkipMetadata : 0)
            | (parameters.PageSize > 0 ? QueryFlags.PageSize : 0)
            | (parameters.PagingState.IsEmpty ? 0 : QueryFlags.PagingState)
            | (parameters.SerialConsistency is null ? 0 : QueryFlags.SerialConsistency)
            | (parameters.Timestamp is null ? 0 : QueryFlags.Timestamp)
            | (parameters.Keyspace is null ? 0 : QueryFlags.Keyspace)
            | (parameters.NowInSeconds is null ? 0 : QueryFlags.NowInSeconds);
        buffer.WriteConsistency(parameters.Consistency);
        WriteFlags(buffer, version, flags);
        if ((flags & QueryFlags.Values) != 0)
        {
            buffer.WriteShort(parameters.ValueCount);
            buffer.Write(parameters.Values);
        }

        if ((flags & QueryFlags.PageSize) != 0)
        {
            buffer.WriteInt32(parameters.PageSize);
        }

        if ((flags & QueryFlags.PagingState) != 0)
        {
            buffer.WriteBytes(parameters.PagingState);
        }

        WriteTail(buffer, flags, parameters.SerialConsistency, parameters.Timestamp, parameters.Keyspace, parameters.NowInSeconds);
    }

    private static void WriteFlags(GrowableBuffer buffer, ProtocolVersion version, QueryFlags flags)
    {
        if (version >= ProtocolVersion.V5)
        {
            buffer.WriteInt32((int)flags);
            return;
        }

        if ((flags & (QueryFlags.Keyspace | QueryFlags.NowInSeconds)) != 0)
        {
            ThrowNeedsV5((flags & QueryFlags.Keyspace) != 0 ? "A keyspace for one request" : "Now-in-seconds");
        }

        buffer.WriteByte((byte)flags);
    }

    private static void WriteTail(
        GrowableBuffer buffer, QueryFlags flags, ConsistencyLevel? serialConsistency, long? timestamp, string? keyspace, int? nowInSeconds)
    {
        if ((flags & QueryFlags.SerialConsistency) != 0)
        {
            buffer.WriteConsistency(serialConsistency.GetValueOrDefault());
        }

        if ((flags & QueryFlags.Timestamp) != 0)
        {
            buffer.WriteInt64(timestamp.GetValueOrDefault());
        }

        if (keyspace is not null)
        {
            buffer.WriteString(keyspace);
        }

        if ((flags & QueryFlags.NowInSeconds) != 0)
        {
            buffer.WriteInt32(nowInSeconds.GetValueOrDefault());
        }
    }

    private static int Begin(GrowableBuffer buffer, in RequestHead head, Opcode opcode)
    {
        var start = buffer.Length;
        var flags = (head.IsTraced ? FrameFlags.Tracing : FrameFlags.None) | (head.CustomPayload is null ? FrameFlags.None : FrameFlags.CustomPayload);
        new FrameHeader((byte)head.Version, IsResponse: false, flags, head.Stream, opcode, 0).Write(buffer.Append(FrameHeader.Size));
        if (head.CustomPayload is not null)
        {
            buffer.WriteBytesMap(head.CustomPayload);
        }

        return start;
    }

    private static int End(GrowableBuffer buffer, int start)
    {
        buffer.PatchInt32(start + FrameHeader.Size - sizeof(int), buffer.Length - start - FrameHeader.Size);
        return start;
    }

    [DoesNotReturn]
    private static void ThrowNeedsV5(string what) => throw new ArgumentException($"{what} needs native protocol v5; this connection speaks v4.");
}
