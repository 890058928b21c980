namespace CqlDriver.Topology;

/// <summary>The number of a pool: given out once per cluster object, never reused, so that a pool renewed at the same generation is another one.</summary>
internal readonly record struct PoolId(long Value) : IComparable<PoolId>
{
    public int CompareTo(PoolId other) => Value.CompareTo(other.Value);

    public override string ToString() => $"p{Value}";
}

/// <summary>
/// For which life of which node, and for which pool, a piece of work was started. What comes home with another fence than the
/// one that stands is closed and counted, be it a success or a failure.
/// </summary>
internal readonly record struct PoolFence(HostId HostId, long Generation, PoolId PoolId)
{
    public override string ToString() => $"{HostId} g{Generation} {PoolId}";
}
