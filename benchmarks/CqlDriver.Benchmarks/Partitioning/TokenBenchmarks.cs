using BenchmarkDotNet.Attributes;
using CqlDriver.Partitioning;

namespace CqlDriver.Benchmarks.Partitioning;

/// <summary>A routing key to its token: paid by every token-aware request.</summary>
[MemoryDiagnoser]
public class TokenBenchmarks
{
    private byte[] _key = [];

    [Params(4, 16, 64, 1024)]
    public int KeyBytes { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _key = new byte[KeyBytes];
        new Random(1).NextBytes(_key);
    }

    [Benchmark]
    public Token Hash() => Murmur3Partitioner.Hash(_key);
}
