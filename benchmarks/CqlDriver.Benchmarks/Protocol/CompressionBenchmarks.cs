using BenchmarkDotNet.Attributes;
using CqlDriver.Protocol;

namespace CqlDriver.Benchmarks.Protocol;

/// <summary>A body of rows, half of it repetitive, in and out of both formats.</summary>
[MemoryDiagnoser]
public class CompressionBenchmarks
{
    private byte[] _plain = [];
    private byte[] _lz4 = [];
    private byte[] _snappy = [];
    private byte[] _room = [];

    [Params(1_000, 64_000)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(1);
        _plain = new byte[Bytes];
        for (var i = 0; i < Bytes; i++)
        {
            _plain[i] = (byte)(i % 40 < 20 ? i % 20 : random.Next(256));
        }

        _room = new byte[Math.Max(Lz4Block.MaxCompressedLength(Bytes), SnappyBlock.MaxCompressedLength(Bytes))];
        _lz4 = _room[..Lz4Block.Compress(_plain, _room)];
        _snappy = _room[..SnappyBlock.Compress(_plain, _room)];
    }

    [Benchmark]
    public int CompressLz4() => Lz4Block.Compress(_plain, _room);

    [Benchmark]
    public void DecompressLz4() => Lz4Block.Decompress(_lz4, _room.AsSpan(0, Bytes));

    [Benchmark]
    public int CompressSnappy() => SnappyBlock.Compress(_plain, _room);

    [Benchmark]
    public void DecompressSnappy() => SnappyBlock.Decompress(_snappy, _room.AsSpan(0, Bytes));
}
