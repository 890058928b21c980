namespace CqlDriver.Partitioning;

/// <summary>A node that holds a copy of some rows.</summary>
/// <param name="HostId">The node. It may be one that the driver has not heard of yet.</param>
/// <param name="Shard">The shard of the node that serves them; null where that follows from the token, or the node has none.</param>
public readonly record struct Replica(HostId HostId, int? Shard = null)
{
    /// <inheritdoc/>
    public override string ToString() => Shard is { } shard ? $"{HostId}/{shard}" : HostId.ToString();
}

/// <summary>The tokens after one and up to another: <c>(First, Last]</c>. One that does not end after its start goes round the ring's end.</summary>
/// <param name="First">The token before the first one; <see cref="Token.Minimum"/>: from the ring's start.</param>
/// <param name="Last">The last token.</param>
public readonly record struct TokenRange(Token First, Token Last)
{
    /// <summary>The whole ring.</summary>
    public static TokenRange Whole => new(Token.Minimum, new Token(long.MaxValue));

    /// <summary>Whether it goes round the ring's end.</summary>
    public bool WrapsAround => First >= Last;

    /// <summary>Whether a token lies in it.</summary>
    /// <param name="token">The token.</param>
    public bool Contains(Token token) => WrapsAround ? token > First || token <= Last : token > First && token <= Last;

    /// <inheritdoc/>
    public override string ToString() => $"({First}, {Last}]";
}
