using System.Numerics;
using CqlDriver.Partitioning;

namespace CqlDriver.Tests.Partitioning;

public sealed class ShardOfTokenTests
{
    [Theory]
    [InlineData(long.MinValue, 8, 0, 0)]
    [InlineData(long.MaxValue, 8, 0, 7)]
    [InlineData(-1, 2, 0, 0)]
    [InlineData(0, 2, 0, 1)]
    [InlineData(0, 4, 12, 0)]
    [InlineData(long.MaxValue, 3, 12, 2)]
    [InlineData(12345, 1, 12, 0)]
    public void Known_tokens_have_known_shards(long token, int shards, int ignoreMsb, int shard) =>
        ShardOfToken.Of(new Token(token), shards, ignoreMsb).Should().Be(shard);

    [Fact]
    public void Random_tokens_agree_with_the_specified_arithmetic()
    {
        var random = new Random(17);
        for (var i = 0; i < 10_000; i++)
        {
            var token = random.NextInt64(long.MinValue, long.MaxValue);
            var shards = random.Next(1, 257);
            var ignoreMsb = random.Next(0, 20);
            var biased = (new BigInteger(token) + BigInteger.Pow(2, 63)) * BigInteger.Pow(2, ignoreMsb) % BigInteger.Pow(2, 64);
            ShardOfToken.Of(new Token(token), shards, ignoreMsb).Should().Be((int)(biased * shards >> 64));
        }
    }
}
