using CqlDriver.Types;

namespace CqlDriver.Protocol;

/// <summary>The kinds of a batch. The numbers are those of the protocol (v5, section 4.1.7).</summary>
internal enum BatchKind : byte
{
    Logged = 0,
    Unlogged = 1,
    Counter = 2,
}

/// <summary>
/// The parameters of a BATCH. Its statements come encoded, one after the other, as <see cref="BatchStatements"/> writes
/// them: their layout is the same in all versions, so they can be encoded before the connection is known.
/// </summary>
internal readonly ref struct BatchParameters
{
    public BatchParameters(BatchKind kind, ConsistencyLevel consistency)
    {
        Kind = kind;
        Consistency = consistency;
    }

    public BatchKind Kind { get; init; }

    public ConsistencyLevel Consistency { get; init; }

    public ReadOnlySpan<byte> Statements { get; init; }

    public int StatementCount { get; init; }

    public ConsistencyLevel? SerialConsistency { get; init; }

    /// <summary>Microseconds since 1970.</summary>
    public long? Timestamp { get; init; }

    /// <summary>v5 only.</summary>
    public string? Keyspace { get; init; }

    /// <summary>v5 only. Seconds since 1970.</summary>
    public int? NowInSeconds { get; init; }
}

/// <summary>Encodes the statements of a batch, independently of the protocol version.</summary>
internal static class BatchStatements
{
    internal const byte KindQuery = 0;
    internal const byte KindPrepared = 1;

    /// <summary>Appends a statement by its text. The values are encoded [value]s.</summary>
    public static void AppendQuery(GrowableBuffer buffer, string cql, int valueCount, ReadOnlySpan<byte> values)
    {
        buffer.WriteByte(KindQuery);
        buffer.WriteLongString(cql);
        buffer.WriteShort(valueCount);
        buffer.Write(values);
    }

    /// <summary>Appends a prepared statement by its id. The values are encoded [value]s.</summary>
    public static void AppendPrepared(GrowableBuffer buffer, ReadOnlySpan<byte> preparedId, int valueCount, ReadOnlySpan<byte> values)
    {
        buffer.WriteByte(KindPrepared);
        buffer.WriteShortBytes(preparedId);
        buffer.WriteShort(valueCount);
        buffer.Write(values);
    }
}
