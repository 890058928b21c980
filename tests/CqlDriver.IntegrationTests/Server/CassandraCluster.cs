using System.Globalization;

namespace CqlDriver.IntegrationTests.Server;

/// <summary>
/// A cluster of real nodes that lives as long as its collection of tests. Where no script is named, nothing is started and
/// every test of the collection is skipped.
/// </summary>
public abstract class CassandraCluster(int nodes, IReadOnlyDictionary<string, string> settings) : IAsyncLifetime
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan CommandLimit = TimeSpan.FromMinutes(2);

    private readonly CassandraScript _script = new(CassandraScript.NewFolder(), settings);

    public const string Datacenter = "datacenter1";

    /// <summary>The address of the first node, a contact point.</summary>
    public string ContactPoint { get; } = CassandraScript.Address(1);

    /// <summary>The node's own certificate, which is its authority too. There when the cluster was started with TLS.</summary>
    public string CertificatePath => Path.Combine(_script.Folder, "tls", "certificate.pem");

    public static string Address(int node) => CassandraScript.Address(node);

    public async Task InitializeAsync()
    {
        if (CassandraScript.Path is null)
        {
            return;
        }

        AppDomain.CurrentDomain.ProcessExit += Wipe;
        await _script.RunAsync(StartLimit, "start", nodes.ToString(CultureInfo.InvariantCulture));
    }

    public Task DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= Wipe;
        Wipe(null, EventArgs.Empty);
        return Task.CompletedTask;
    }

    /// <summary>First line of every test: skips it where there is no server.</summary>
    public void SkipWithoutServer() => Skip.If(CassandraScript.Path is null, CassandraScript.HowToGetOne);

    /// <summary>Kills the process of a node at once.</summary>
    public Task KillAsync(int node) => _script.RunAsync(CommandLimit, "kill", node.ToString(CultureInfo.InvariantCulture));

    /// <summary>Starts a killed node again on its data; returns when it answers CQL.</summary>
    public Task StartAgainAsync(int node) => _script.RunAsync(StartLimit, "up", node.ToString(CultureInfo.InvariantCulture));

    private void Wipe(object? sender, EventArgs e)
    {
        if (CassandraScript.Path is not null)
        {
            _script.Wipe();
        }
    }
}

/// <summary>One node, no password, no TLS.</summary>
public sealed class PlainNode() : CassandraCluster(1, new Dictionary<string, string>());

/// <summary>One node that asks for a password and speaks TLS only.</summary>
public sealed class SecureNode() : CassandraCluster(1, new Dictionary<string, string> { ["CLUSTER_AUTH"] = "1", ["CLUSTER_TLS"] = "1" });

/// <summary>Three nodes, for tests that lose one.</summary>
public sealed class ThreeNodes() : CassandraCluster(3, new Dictionary<string, string>());
