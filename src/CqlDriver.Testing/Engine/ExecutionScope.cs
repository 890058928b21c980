using System.Buffers.Binary;
using System.Collections.Immutable;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Engine;

/// <summary>What one execution brings with it: bound values, paging, clocks, and the node that was asked.</summary>
internal sealed class ExecutionScope
{
    private long _lastUuidTicks;

    /// <summary>One for each bind marker: bytes, null, or <see cref="CqlBytes.Unset"/>.</summary>
    public byte[]?[] Values { get; set; } = [];

    /// <summary>Null: everything at once.</summary>
    public int? PageSize { get; init; }

    public byte[]? PagingState { get; init; }

    public ConsistencyLevel Consistency { get; init; } = ConsistencyLevel.One;

    /// <summary>Microseconds for writes that say none themselves.</summary>
    public required long Timestamp { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>The second by which values expire: the clock's, or what the request says.</summary>
    public required long NowSeconds { get; init; }

    /// <summary>Whoever system tables are seen from.</summary>
    public object? Viewer { get; init; }

    public List<string> Warnings { get; } = [];

    public byte[] NextTimeUuid()
    {
        // Two calls within one request differ, as on a server.
        var ticks = Math.Max((Now - UuidEpoch).Ticks, _lastUuidTicks + 1);
        _lastUuidTicks = ticks;
        var random = CqlBytes.Uuid(Guid.NewGuid());
        return TimeUuid(ticks, random.AsSpan(8));
    }

    /// <summary>The start of the clock of version 1 UUIDs.</summary>
    internal static DateTimeOffset UuidEpoch { get; } = new(1582, 10, 15, 0, 0, 0, TimeSpan.Zero);

    internal static byte[] TimeUuid(long ticks, ReadOnlySpan<byte> clockAndNode)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)ticks);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), (ushort)(ticks >> 32));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(6), (ushort)(((ticks >> 48) & 0x0FFF) | 0x1000));
        clockAndNode[..8].CopyTo(bytes.AsSpan(8));
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return bytes;
    }

    /// <summary>Milliseconds since 1970 of a version 1 UUID.</summary>
    internal static long MillisecondsOf(byte[] timeUuid)
    {
        long ticks = ((BinaryPrimitives.ReadUInt16BigEndian(timeUuid.AsSpan(6)) & 0x0FFFL) << 48)
            | ((long)BinaryPrimitives.ReadUInt16BigEndian(timeUuid.AsSpan(4)) << 32)
            | BinaryPrimitives.ReadUInt32BigEndian(timeUuid);
        return (ticks - (DateTimeOffset.UnixEpoch - UuidEpoch).Ticks) / TimeSpan.TicksPerMillisecond;
    }
}

/// <summary>What an execution brings back.</summary>
internal abstract record EngineResult
{
    public static EngineResult Void { get; } = new VoidResult();
}

internal sealed record VoidResult : EngineResult;

internal sealed record SetKeyspaceResult(string Keyspace) : EngineResult;

internal sealed record RowsResult(ImmutableArray<ColumnSpec> Columns, List<byte[]?[]> Rows, byte[]? PagingState = null) : EngineResult;

/// <summary>The words of the protocol: CREATED, UPDATED or DROPPED; KEYSPACE, TABLE or TYPE; names.</summary>
internal sealed record SchemaChangeResult(string Change, string Target, string Keyspace, string? Name) : EngineResult;
