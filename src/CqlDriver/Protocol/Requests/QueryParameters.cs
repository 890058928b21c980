namespace CqlDriver.Protocol;

/// <summary>
/// The parameters of a QUERY or EXECUTE (v5, section 4.1.4). Values come encoded, as [value]s one after the other, each
/// preceded by its [string] name when <see cref="ValuesAreNamed"/>. Nothing here is copied or kept.
/// </summary>
internal readonly ref struct QueryParameters
{
    public QueryParameters(ConsistencyLevel consistency) => Consistency = consistency;

    public ConsistencyLevel Consistency { get; init; }

    public ReadOnlySpan<byte> Values { get; init; }

    public int ValueCount { get; init; }

    public bool ValuesAreNamed { get; init; }

    public bool SkipMetadata { get; init; }

    /// <summary>Rows per page; 0 or less: the server does not page.</summary>
    public int PageSize { get; init; }

    /// <summary>Where to go on; empty: from the start.</summary>
    public ReadOnlySpan<byte> PagingState { get; init; }

    public ConsistencyLevel? SerialConsistency { get; init; }

    /// <summary>Microseconds since 1970.</summary>
    public long? Timestamp { get; init; }

    /// <summary>v5 only.</summary>
    public string? Keyspace { get; init; }

    /// <summary>v5 only. Seconds since 1970.</summary>
    public int? NowInSeconds { get; init; }

    /// <summary>The last byte of an EXECUTE where tablet versions were negotiated; see <see cref="ProtocolExtensions.HasTabletVersionBlock"/>.</summary>
    public byte TabletVersionBlock { get; init; }
}

/// <summary>Bits of the flags in QUERY, EXECUTE and BATCH: a [byte] up to v4, an [int] from v5 on.</summary>
[Flags]
internal enum QueryFlags
{
    None = 0,
    Values = 0x01,
    SkipMetadata = 0x02,
    PageSize = 0x04,
    PagingState = 0x08,
    SerialConsistency = 0x10,
    Timestamp = 0x20,
    NamedValues = 0x40,
    Keyspace = 0x80,
    NowInSeconds = 0x100,
}
