using System.Diagnostics;
using System.Globalization;
using CqlDriver.LoadBench.Answerer;

namespace CqlDriver.LoadBench;

/// <summary>The answerer as a child process: the same executable, started with <c>--answerer</c>.</summary>
internal sealed class AnswererProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Process _process;

    private AnswererProcess(Process process)
    {
        _process = process;
        var line = ReadLine();
        Port = line.StartsWith(CannedServer.Greeting, StringComparison.Ordinal)
            ? int.Parse(line.AsSpan(CannedServer.Greeting.Length), CultureInfo.InvariantCulture)
            : throw new LoadFailure($"The answerer said '{line}' where its port was expected.");
    }

    public int Port { get; }

    public static AnswererProcess Start(LoadOptions options)
    {
        List<string> arguments = ["--answerer", "--answer-batch", options.AnswerBatch.ToString(CultureInfo.InvariantCulture)];
        if (options.AnswerDelay > TimeSpan.Zero)
        {
            arguments.AddRange(["--slow-answerer", options.AnswerDelay.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)]);
        }

        var start = OwnProgram.Start(arguments, options.AnswererCores);
        start.RedirectStandardOutput = true;
        start.Environment.Remove(OwnProgram.ServerGcVariable);
        var process = Process.Start(start) ?? throw new LoadFailure("The answerer did not start.");
        return new AnswererProcess(process);
    }

    /// <summary>What it has spent and counted since it started.</summary>
    public AnswererCounts Ask()
    {
        _process.StandardInput.WriteLine();
        return AnswererCounts.Parse(ReadLine());
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(Patience))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private string ReadLine()
    {
        var line = _process.StandardOutput.ReadLineAsync();
        if (!line.Wait(Patience))
        {
            throw new LoadFailure($"The answerer is silent for {Patience.TotalSeconds} s.");
        }

        return line.Result ?? throw new LoadFailure("The answerer has ended.");
    }
}
