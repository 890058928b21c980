using BenchmarkDotNet.Attributes;
using CqlDriver.Protocol;

namespace CqlDriver.Benchmarks.Protocol;

/// <summary>The payload's checksum of a v5 segment: paid for every byte both ways.</summary>
public class ChecksumBenchmarks
{
    private byte[] _payload = [];

    [Params(64, 1_024, 65_536)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _payload = new byte[Bytes];
        new Random(1).NextBytes(_payload);
    }

    [Benchmark]
    public long Payload() => Crc32.OfPayload(_payload);
}
