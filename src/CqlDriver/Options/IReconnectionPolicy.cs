namespace CqlDriver;

/// <summary>
/// How long to wait before the next attempt to reach a node again. Implementations are pure: they are called on the thread
/// that keeps the topology, must not block, and give the same answer for the same arguments.
/// </summary>
public interface IReconnectionPolicy
{
    /// <summary>The delay before an attempt.</summary>
    /// <param name="attempt">1 for the first attempt after a failure, then 2, 3, …</param>
    /// <param name="random">A random number, at least 0 and less than 1, so that many clients do not come back at once.</param>
    /// <returns>More than zero; what is not is taken as 100 ms.</returns>
    TimeSpan DelayBefore(int attempt, double random);
}

/// <summary>Doubles the delay with each failed attempt up to a limit, and varies it by ±15 %. Immutable.</summary>
public sealed class ExponentialReconnectionPolicy : IReconnectionPolicy
{
    private const double Jitter = 0.15;
    private readonly TimeSpan _first;
    private readonly TimeSpan _longest;

    /// <summary>Creates the policy.</summary>
    /// <param name="first">The first delay, more than zero.</param>
    /// <param name="longest">The longest delay, not less than the first.</param>
    public ExponentialReconnectionPolicy(TimeSpan first, TimeSpan longest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(first, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, first);
        _first = first;
        _longest = longest;
    }

    /// <summary>From 1 s to 60 s.</summary>
    public static ExponentialReconnectionPolicy Default { get; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));

    /// <inheritdoc/>
    public TimeSpan DelayBefore(int attempt, double random)
    {
        var doubled = _first * Math.Pow(2, Math.Clamp(attempt - 1, 0, 30));
        return (doubled < _longest ? doubled : _longest) * (1 - Jitter + (2 * Jitter * random));
    }
}
