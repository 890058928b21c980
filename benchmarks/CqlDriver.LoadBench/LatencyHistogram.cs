using System.Diagnostics;
using System.Numerics;

namespace CqlDriver.LoadBench;

/// <summary>
/// Latencies in buckets of 1.6 % width: 64 linear steps for each power of two nanoseconds. Shared by all workers.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int StepBits = 6;
    private const int Steps = 1 << StepBits;

    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    private readonly long[] _buckets = new long[64 * Steps];

    /// <summary>Counts what began at a timestamp and ends now.</summary>
    public void Record(long startTimestamp)
    {
        var ticks = Math.Max(Stopwatch.GetTimestamp() - startTimestamp, 0);
        Interlocked.Increment(ref _buckets[Bucket((ulong)(ticks * NanosecondsPerTick))]);
    }

    /// <summary>The latency in microseconds that the given part of all stayed under; not a number when none was recorded.</summary>
    public double Percentile(double part)
    {
        var wanted = (long)Math.Ceiling(_buckets.Sum() * part);
        for (var bucket = 0; bucket < _buckets.Length; bucket++)
        {
            wanted -= _buckets[bucket];
            if (wanted <= 0 && _buckets[bucket] > 0)
            {
                return UpperBound(bucket) / 1000.0;
            }
        }

        return double.NaN;
    }

    private static int Bucket(ulong nanoseconds)
    {
        if (nanoseconds < Steps)
        {
            return (int)nanoseconds;
        }

        var shift = BitOperations.Log2(nanoseconds) - StepBits;
        return ((shift + 1) << StepBits) + (int)((nanoseconds >> shift) & (Steps - 1));
    }

    private static double UpperBound(int bucket)
    {
        if (bucket < Steps)
        {
            return bucket;
        }

        var shift = (bucket >> StepBits) - 1;
        return (double)(((ulong)(Steps + (bucket & (Steps - 1))) << shift) + (1UL << shift));
    }
}
