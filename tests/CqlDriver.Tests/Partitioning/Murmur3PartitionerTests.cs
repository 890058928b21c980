using CqlDriver.Partitioning;
using CqlDriver.Tests.Vectors;

namespace CqlDriver.Tests.Partitioning;

public sealed class Murmur3PartitionerTests
{
    [Fact]
    public void Every_recorded_key_hashes_to_the_token_the_node_named()
    {
        var singles = 0;
        var composites = 0;
        foreach (var line in VectorFile.Read("tokens"))
        {
            byte[] key;
            if (line.TryGetProperty("key_hex", out var single))
            {
                key = Convert.FromHexString(single.GetString()!);
                singles++;
            }
            else
            {
                var components = line.GetProperty("components_hex").EnumerateArray().Select(c => Convert.FromHexString(c.GetString()!)).ToArray();
                key = CompositeRoutingKey.Encode(components);
                if (line.TryGetProperty("routing_key_hex", out var routingKey))
                {
                    Convert.ToHexStringLower(key).Should().Be(routingKey.GetString());
                }

                composites++;
            }

            if (Murmur3Partitioner.Hash(key).ToString() != line.GetProperty("token").GetString())
            {
                Assert.Fail($"Key {Convert.ToHexStringLower(key)}: {Murmur3Partitioner.Hash(key)} instead of {line.GetProperty("token")}.");
            }
        }

        (singles, composites).Should().Be((2623, 895));
    }

    [Fact]
    public void An_empty_key_is_the_start_of_the_ring() => Murmur3Partitioner.Hash([]).Should().Be(Token.Minimum);

    [Fact]
    public void Hashing_allocates_nothing()
    {
        var key = new byte[37];
        _ = Murmur3Partitioner.Hash(key);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            _ = Murmur3Partitioner.Hash(key);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }
}
