using System.Diagnostics;
using System.Numerics;

namespace CqlDriver.LoadBench;

/// <summary>
/// Latencies in buckets of about 3 % width: 32 linear steps for each power of two nanoseconds. Shared by all workers.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int StepBits = 5;
    private const int Steps = 1 << StepBits;

    private readonly long[] _buckets = new long[64 * Steps];

    public void Record(long startTimestamp) => Record(Stopwatch.GetElapsedTime(startTimestamp));

    public void Record(TimeSpan latency)
    {
        var nanoseconds = (ulong)Math.Max(latency.Ticks * 100, 1);
        Interlocked.Increment(ref _buckets[Bucket(nanoseconds)]);
    }

    /// <summary>The latency in microseconds that the given part of all stayed under; 0 when none was recorded.</summary>
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

        return 0;
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
