using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace CqlDriver.IntegrationTests.Server;

/// <summary>
/// The script that starts and kills nodes of a real Cassandra, named by CQLDRIVER_CASSANDRA: <c>start N</c>, <c>stop</c>, <c>kill I</c>,
/// <c>up I [ADDRESS]</c>, <c>replace I ADDRESS</c>, <c>join I</c>, <c>nodetool I …</c>, <c>wipe</c>, with its settings in CLUSTER_*
/// variables. Clusters of these tests have addresses of their own, 127.0.94.1 to .9, so that a developer's cluster on 127.0.0.1
/// is left alone.
/// </summary>
internal sealed class CassandraScript(string folder, IReadOnlyDictionary<string, string> settings)
{
    public const string Variable = "CQLDRIVER_CASSANDRA";

    public const string HowToGetOne =
        Variable + " is not set. It names a script that starts Apache Cassandra on loopback (commands: start N, stop, kill I, up I, replace I, join I, nodetool I, wipe); " +
        "README.md, 'Tests against a real server', says more.";

    private const string FolderVariable = "CQLDRIVER_CASSANDRA_DIR";
    private const string Network = "127.0.94";
    private const int JmxPort = 7394;

    public static string? Path { get; } = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? path : null;

    public string Folder => folder;

    /// <summary>A folder of its own for the data of one cluster.</summary>
    public static string NewFolder()
    {
        var parent = Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } chosen ? chosen : System.IO.Path.GetTempPath();
        return System.IO.Path.Combine(parent, FormattableString.Invariant($"cqldriver-integration-{Environment.ProcessId}-{Guid.NewGuid():N}"));
    }

    public static string Address(int node) => Network + "." + node.ToString(CultureInfo.InvariantCulture);

    /// <summary>Runs one command to its end and returns what it printed; fails with all of that when it goes wrong.</summary>
    public Task<string> RunAsync(TimeSpan limit, params string[] arguments) => RunAsync(Start(arguments), limit);

    /// <summary>The same with nodes, and nodetool, of another version than usual.</summary>
    public Task<string> RunAsync(TimeSpan limit, CassandraVersion version, params string[] arguments)
    {
        var command = Start(arguments);
        command.Environment["CLUSTER_VERSION"] = version.Name;
        return RunAsync(command, limit);
    }

    /// <summary>Sends a signal to the process of a node: STOP freezes it with its connections open, CONT lets it go on.</summary>
    public async Task SignalAsync(int node, string signal)
    {
        var process = (await File.ReadAllTextAsync(System.IO.Path.Combine(folder, FormattableString.Invariant($"node{node}"), "pid"))).Trim();
        await RunAsync(new ProcessStartInfo("kill", ["-" + signal, process]) { RedirectStandardOutput = true, RedirectStandardError = true }, TimeSpan.FromSeconds(10));
    }

    private static async Task<string> RunAsync(ProcessStartInfo command, TimeSpan limit)
    {
        var words = $"'{System.IO.Path.GetFileName(command.FileName)} {string.Join(' ', command.ArgumentList)}'";
        using var process = Process.Start(command) ?? throw new InvalidOperationException($"'{command.FileName}' did not start.");
        var said = new StringBuilder();
        process.OutputDataReceived += (_, line) => Append(said, line.Data);
        process.ErrorDataReceived += (_, line) => Append(said, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var timeout = new CancellationTokenSource(limit);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{words} did not end within {limit}. It said:\n{Said(said)}");
        }

        return process.ExitCode == 0
            ? Said(said)
            : throw new InvalidOperationException($"{words} ended with {process.ExitCode}:\n{Said(said)}");
    }

    /// <summary>Stops every node and deletes the data; waits for it, since the next cluster needs the addresses.</summary>
    public void Wipe()
    {
        using var process = Process.Start(Start("wipe"));
        process?.StandardOutput.ReadToEnd();
        process?.WaitForExit(TimeSpan.FromMinutes(1));
    }

    /// <summary>
    /// Nodes inherit no pipe of ours: the script gives them files. Standard input is ours and stays empty.
    /// </summary>
    private ProcessStartInfo Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["CLUSTER_DIR"] = folder;
        start.Environment["CLUSTER_NET"] = Network;
        start.Environment["CLUSTER_JMX"] = JmxPort.ToString(CultureInfo.InvariantCulture);
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static void Append(StringBuilder said, string? line)
    {
        lock (said)
        {
            said.AppendLine(line);
        }
    }

    private static string Said(StringBuilder said)
    {
        lock (said)
        {
            return said.ToString();
        }
    }
}

/// <summary>A version of the server that the script knows.</summary>
internal sealed record CassandraVersion(string Name)
{
    /// <summary>Keeps the cluster's metadata in a committed log, once that was initialised.</summary>
    public static CassandraVersion Six { get; } = new("6.0");
}
