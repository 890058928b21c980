namespace CqlDriver;

/// <summary>
/// Something that can be executed. The <c>With…</c> methods of <see cref="StatementExtensions"/> give changed copies; a
/// statement itself can be executed many times and from many threads at once.
/// </summary>
public abstract class Statement
{
    private protected Statement()
    {
    }

    /// <summary>The consistency level; null means the session's.</summary>
    public ConsistencyLevel? Consistency => Options.Consistency;

    /// <summary>The consistency level of the conditional part; null means the session's.</summary>
    public ConsistencyLevel? SerialConsistency => Options.SerialConsistency;

    /// <summary>How many rows a page holds at most; null means the session's.</summary>
    public int? PageSize => Options.PageSize;

    /// <summary>Where to go on reading; null means from the start.</summary>
    public PagingState? PagingState => Options.PagingState;

    /// <summary>The write timestamp in microseconds since 1970-01-01; null means that of the session's generator.</summary>
    public long? Timestamp => Options.Timestamp;

    /// <summary>The limit over the whole request, retries included; null means the session's.</summary>
    public TimeSpan? Timeout => Options.Timeout;

    /// <summary>Whether executing it twice does no harm, so that it may be retried when the outcome is unknown; null means the session's default.</summary>
    public bool? IsIdempotent => Options.IsIdempotent;

    /// <summary>Whether the server is asked to trace the request.</summary>
    public bool IsTraced => Options.IsTraced;

    /// <summary>The keyspace of this request alone (protocol v5); null means the session's.</summary>
    public string? Keyspace => Options.Keyspace;

    /// <summary>What the server takes for the current time, in seconds since 1970-01-01 (protocol v5); null means its own clock.</summary>
    public int? NowInSeconds => Options.NowInSeconds;

    /// <summary>Bytes for the server's query handler, by key; null when there are none.</summary>
    public IReadOnlyDictionary<string, byte[]?>? CustomPayload => Options.CustomPayload;

    internal StatementOptions Options { get; private set; } = StatementOptions.Default;

    internal virtual Statement CopyWith(StatementOptions options)
    {
        var copy = (Statement)MemberwiseClone();
        copy.Options = options;
        return copy;
    }

    private protected void SetOptions(StatementOptions options) => Options = options;
}
