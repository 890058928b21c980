using System.Diagnostics;
using System.Globalization;

namespace CqlDriver.LoadBench;

/// <summary>Runs this program once more with another collector or on fewer cores: both are settled when a process starts.</summary>
internal static class ChildRun
{
    /// <summary>How many times longer the runtime waits on one core before it compiles well what is called often: ten, a second each time.</summary>
    private const string OneCoreDelayVariable = "DOTNET_TC_DelaySingleProcMultiplier";

    public static int Run(string[] arguments, LoadOptions options)
    {
        using var child = Process.Start(Command(arguments, options)) ?? throw new LoadFailure("The child did not start.");
        child.WaitForExit();
        return child.ExitCode;
    }

    /// <summary>What to start: the client on the first cores, its answerer on the others, or on all when none is left.</summary>
    public static ProcessStartInfo Command(IEnumerable<string> arguments, LoadOptions options)
    {
        List<string> told = [.. arguments, "--ends-with-input"];
        var all = Environment.ProcessorCount;
        if (options.Cores > 0)
        {
            told.AddRange(["--answerer-cores", options.Cores < all ? Range(options.Cores, all - 1) : Range(0, all - 1)]);
        }

        var start = OwnProgram.Start(told, options.Cores > 0 ? Range(0, options.Cores - 1) : null);
        if (options.Cores == 1)
        {
            start.Environment[OneCoreDelayVariable] = "1";
        }

        if (options.ServerGc is { } isServer)
        {
            start.Environment[OwnProgram.ServerGcVariable] = isServer ? "1" : "0";
        }

        return start;
    }

    private static string Range(int first, int last) => string.Create(CultureInfo.InvariantCulture, $"{first}-{last}");
}
