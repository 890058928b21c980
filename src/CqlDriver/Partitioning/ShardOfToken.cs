namespace CqlDriver.Partitioning;

/// <summary>
/// Which shard of a ScyllaDB node owns a token (<c>biased-token-round-robin</c>, protocol-extensions of ScyllaDB). Pure.
/// </summary>
internal static class ShardOfToken
{
    /// <summary>The shard, 0 to <paramref name="shardCount"/> − 1.</summary>
    /// <param name="token">The partition's token.</param>
    /// <param name="shardCount">The node's shards, at least 1.</param>
    /// <param name="ignoreMsb">How many of the token's high bits the node ignores, 0 to 63.</param>
    public static int Of(Token token, int shardCount, int ignoreMsb)
    {
        var biased = ((ulong)token.Value + 0x8000_0000_0000_0000) << ignoreMsb;
        return (int)Math.BigMul(biased, (ulong)(uint)shardCount, out _);
    }
}
