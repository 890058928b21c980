using System.Diagnostics;

namespace CqlDriver.LoadBench;

/// <summary>
/// What this process spent between two moments: the same yardstick for the floor and for the driver. The processor's time
/// is that of getrusage, which steps by a microsecond.
/// </summary>
internal sealed class ProcessMeter
{
    private readonly long _allocated = GC.GetTotalAllocatedBytes(precise: true);
    private readonly int _gen0 = GC.CollectionCount(0);
    private readonly int _gen2 = GC.CollectionCount(2);
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly TimeSpan _cpu = Environment.CpuUsage.TotalTime;

    public Spent Stop()
    {
        var cpu = Environment.CpuUsage.TotalTime - _cpu;
        var elapsed = Stopwatch.GetElapsedTime(_start);
        return new Spent(elapsed, cpu, GC.GetTotalAllocatedBytes(precise: true) - _allocated, GC.CollectionCount(0) - _gen0, GC.CollectionCount(2) - _gen2);
    }
}

/// <summary>The figures of one phase.</summary>
internal sealed record Spent(TimeSpan Elapsed, TimeSpan Cpu, long AllocatedBytes, int Gen0, int Gen2)
{
    public double CpuMicrosecondsPer(long operations) => Cpu.TotalMicroseconds / operations;
}
