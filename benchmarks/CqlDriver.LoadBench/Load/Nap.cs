using System.Runtime.InteropServices;

namespace CqlDriver.LoadBench.Load;

/// <summary>Sleeps of some tens of microseconds, which the runtime does not offer.</summary>
internal static partial class Nap
{
    private const int SetTimerSlack = 29;
    private const int NanosecondsPerMicrosecond = 1000;
    private const int MicrosecondsPerSecond = 1_000_000;

    /// <summary>Linux wakes a thread up to 50 us late, to save power; this one not. Where it cannot be said nothing changes.</summary>
    public static void Sharpen()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = SetProcessOption(SetTimerSlack, 1, 0, 0, 0);
        }
    }

    public static void Sleep(int microseconds)
    {
        if (OperatingSystem.IsWindows())
        {
            Thread.Sleep(Math.Max(microseconds / 1000, 0));
            return;
        }

        var time = new Time(microseconds / MicrosecondsPerSecond, microseconds % MicrosecondsPerSecond * NanosecondsPerMicrosecond);
        _ = NanoSleep(in time, 0);
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int NanoSleep(in Time time, nint left);

    [LibraryImport("libc", EntryPoint = "prctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetProcessOption(int option, nuint value, nuint third, nuint fourth, nuint fifth);

    private readonly record struct Time(nint Seconds, nint Nanoseconds);
}
