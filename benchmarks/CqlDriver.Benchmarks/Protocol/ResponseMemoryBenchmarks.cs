using System.Buffers;
using BenchmarkDotNet.Attributes;
using CqlDriver.Protocol;

namespace CqlDriver.Benchmarks.Protocol;

/// <summary>Arrays of bodies, so many rented before they are returned; time is of one. On one thread: what another core's cache costs comes on top.</summary>
[MemoryDiagnoser]
public class ResponseMemoryBenchmarks
{
    private const int Turns = 1024;

    private byte[][] _held = [];

    [Params(1, 256)]
    public int AtOnce { get; set; }

    [Params(100, 43_000)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Make() => _held = new byte[AtOnce][];

    [Benchmark(OperationsPerInvoke = Turns)]
    public void Own()
    {
        for (var turn = 0; turn < Turns; turn += AtOnce)
        {
            for (var i = 0; i < AtOnce; i++)
            {
                _held[i] = ResponseMemory.Rent(Bytes);
            }

            foreach (var array in _held)
            {
                ResponseMemory.Return(array);
            }
        }
    }

    [Benchmark(OperationsPerInvoke = Turns, Baseline = true)]
    public void Shared()
    {
        for (var turn = 0; turn < Turns; turn += AtOnce)
        {
            for (var i = 0; i < AtOnce; i++)
            {
                _held[i] = ArrayPool<byte>.Shared.Rent(Bytes);
            }

            foreach (var array in _held)
            {
                ArrayPool<byte>.Shared.Return(array);
            }
        }
    }
}
