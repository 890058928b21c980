using System.Diagnostics;
using System.Globalization;
using CqlDriver.LoadBench.Answerer;

namespace CqlDriver.LoadBench;

/// <summary>The answerer as a child process: the same executable, started with <c>--answerer</c>.</summary>
internal sealed class AnswererProcess : IDisposable
{
    private readonly Process _process;

    private AnswererProcess(Process process, int port)
    {
        _process = process;
        Port = port;
    }

    public int Port { get; }

    public TimeSpan Cpu => ProcessMeter.CpuOf(_process.Id);

    public static AnswererProcess Start()
    {
        var executable = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this process is unknown.");
        var start = new ProcessStartInfo(executable) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(executable) == "dotnet")
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "CqlDriver.LoadBench.dll"));
        }

        start.ArgumentList.Add("--answerer");
        var process = Process.Start(start) ?? throw new InvalidOperationException("The answerer did not start.");
        var line = process.StandardOutput.ReadLine();
        if (line is null || !line.StartsWith(CannedServer.Greeting, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"The answerer said '{line}' where its port was expected.");
        }

        return new AnswererProcess(process, int.Parse(line.AsSpan(CannedServer.Greeting.Length), CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit(TimeSpan.FromSeconds(5));
        _process.Dispose();
    }
}
