using System.Diagnostics;

namespace CqlDriver.LoadBench;

/// <summary>Starts this very program as a child whose standard input ends with this process.</summary>
internal static class OwnProgram
{
    public const string ServerGcVariable = "DOTNET_gcServer";

    /// <param name="arguments">What it is told.</param>
    /// <param name="cores">Its cores, as taskset takes them; null: those of this process.</param>
    public static ProcessStartInfo Start(IEnumerable<string> arguments, string? cores)
    {
        var executable = Environment.ProcessPath ?? throw new LoadFailure("The path of this process is unknown.");
        List<string> command = [executable];
        if (Path.GetFileNameWithoutExtension(executable) == "dotnet")
        {
            command.Add(Path.Combine(AppContext.BaseDirectory, "CqlDriver.LoadBench.dll"));
        }

        command.AddRange(arguments);
        if (cores is not null)
        {
            command.InsertRange(0, ["taskset", "--cpu-list", cores]);
        }

        return new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardInput = true };
    }
}
