using System.Diagnostics;

namespace CqlDriver.LoadBench;

/// <summary>The most memory this process had resident.</summary>
internal static class PeakMemory
{
    private const string ResetFile = "/proc/self/clear_refs";
    private const string ResetPeak = "5";

    public static long Bytes
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64;
        }
    }

    /// <summary>Forgets the peak where the system can, and returns what is resident now.</summary>
    public static long Restart()
    {
        try
        {
            File.WriteAllText(ResetFile, ResetPeak);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // Another system, or a container that forbids it: then the peak is that since the process started.
        }

        return Environment.WorkingSet;
    }
}
