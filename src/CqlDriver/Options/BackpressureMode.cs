namespace CqlDriver;

/// <summary>What happens to a request when as many are in flight as the connections of its nodes may carry.</summary>
public enum BackpressureMode
{
    /// <summary>It waits for room until its timeout; how many may wait is bounded too.</summary>
    Wait,

    /// <summary>It fails at once with <see cref="TooManyRequestsException"/>.</summary>
    FailFast,
}
