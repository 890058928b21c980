namespace CqlDriver;

/// <summary>How a node's traffic is handed over to another endpoint of the node. Immutable.</summary>
public sealed record HandoverOptions
{
    private readonly TimeSpan _pauseBudget = TimeSpan.FromMilliseconds(500);
    private readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(100);
    private readonly TimeSpan _limit = TimeSpan.FromSeconds(60);
    private readonly TimeSpan _drainLimit = TimeSpan.FromSeconds(60);
    private readonly int _hotStatements = 100;

    /// <summary>
    /// How long requests may have to wait when the new endpoint takes over, by an estimate made before; while it would be
    /// longer, and the old endpoint still answers, nothing is taken over. More than zero; 500 ms by default.
    /// </summary>
    public TimeSpan PauseBudget
    {
        get => _pauseBudget;
        init => _pauseBudget = Positive(value, nameof(PauseBudget));
    }

    /// <summary>How often readiness is looked at, when nothing happens in between. More than zero; 100 ms by default.</summary>
    public TimeSpan PollInterval
    {
        get => _pollInterval;
        init => _pollInterval = Positive(value, nameof(PollInterval));
    }

    /// <summary>How long the new endpoint may take to get ready before it takes over as it is, or is given up. More than zero; 60 s by default.</summary>
    public TimeSpan Limit
    {
        get => _limit;
        init => _limit = Positive(value, nameof(Limit));
    }

    /// <summary>How long connections to the old endpoint may take to answer what was written on them. More than zero, at most 60 s, which is the default.</summary>
    public TimeSpan DrainLimit
    {
        get => _drainLimit;
        init
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromSeconds(60), nameof(DrainLimit));
            _drainLimit = Positive(value, nameof(DrainLimit));
        }
    }

    /// <summary>How many of a session's most used prepared statements are prepared at the new endpoint before it takes over. 0 to 10,000; 100 by default.</summary>
    public int HotStatements
    {
        get => _hotStatements;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value, nameof(HotStatements));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 10_000, nameof(HotStatements));
            _hotStatements = value;
        }
    }

    private static TimeSpan Positive(TimeSpan value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero, name);
        return value;
    }
}
