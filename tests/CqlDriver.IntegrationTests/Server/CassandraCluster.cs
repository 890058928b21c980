using System.Globalization;
using CqlDriver.IntegrationTests.Support;

namespace CqlDriver.IntegrationTests.Server;

/// <summary>
/// A cluster of real nodes that lives as long as its collection of tests. Where no script is named, nothing is started and
/// every test of the collection is skipped. It knows where each node is now; tests that change that leave the cluster whole.
/// </summary>
public abstract class CassandraCluster(int nodes, IReadOnlyDictionary<string, string> settings) : IAsyncLifetime
{
    public const string Datacenter = "datacenter1";

    protected static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan CommandLimit = TimeSpan.FromMinutes(2);
    private const int MaxBootstraps = 3;
    private const int MaxRemovals = 60;

    private readonly Dictionary<int, string> _addresses = [];

    /// <summary>The address of the first node, a contact point. No test takes that node away.</summary>
    public string ContactPoint { get; } = CassandraScript.Address(1);

    /// <summary>The node's own certificate, which is its authority too. There when the cluster was started with TLS.</summary>
    public string CertificatePath => Path.Combine(Script.Folder, "tls", "certificate.pem");

    /// <summary>How many nodes it has when it is whole.</summary>
    public int NodeCount => nodes;

    /// <summary>The keyspace for traffic where tables cannot be created any more; null: each test creates its own.</summary>
    public virtual string? TrafficKeyspace => null;

    private protected CassandraScript Script { get; } = new(CassandraScript.NewFolder(), settings);

    /// <summary>Where the node is now.</summary>
    public string Address(int node) => _addresses.GetValueOrDefault(node, CassandraScript.Address(node));

    public async Task InitializeAsync()
    {
        if (CassandraScript.Path is null || !IsWanted)
        {
            return;
        }

        AppDomain.CurrentDomain.ProcessExit += Wipe;
        await StartAsync();
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
    public Task KillAsync(int node) => Script.RunAsync(CommandLimit, "kill", Text(node));

    /// <summary>Starts a killed node again on its data; returns when it answers CQL.</summary>
    public Task StartAgainAsync(int node) => Script.RunAsync(StartLimit, "up", Text(node));

    /// <summary>Starts a killed node again on its data at another address, with its host id; returns when it answers CQL.</summary>
    public async Task StartElsewhereAsync(int node, string address)
    {
        await Script.RunAsync(StartLimit, "up", Text(node), address);
        _addresses[node] = address;
    }

    /// <summary>An address where no node is and the node was not before.</summary>
    public string OtherAddress(int node) =>
        Address(node) == CassandraScript.Address(node) ? CassandraScript.Address(node + 4) : CassandraScript.Address(node);

    /// <summary>A new node takes over the tokens of a killed one, with a new host id; returns when it answers CQL.</summary>
    public async Task ReplaceAsync(int node, string address)
    {
        var dead = Address(node);
        await BootstrapAsync(node, async () =>
        {
            // The script takes the address of the dead node from there, and puts the new one there before it starts anything.
            await File.WriteAllTextAsync(Path.Combine(Folder(node), "address"), dead);
            await Script.RunAsync(StartLimit, "replace", Text(node), address);
        });
        _addresses[node] = address;
    }

    /// <summary>The others forget a killed node; its host id is gone for good. They refuse as long as they believe it alive.</summary>
    public Task RemoveAsync(HostId node) =>
        RepeatAsync(MaxRemovals, "is alive", () => Script.RunAsync(StartLimit, "nodetool", "1", "removenode", node.ToString()));

    /// <summary>Starts a killed node at its address without its data: a new node, which joins. Returns when it answers CQL.</summary>
    public Task StartEmptyAsync(int node) => BootstrapAsync(node, () => StartAgainAsync(node));

    /// <summary>A further node joins; returns when it answers CQL.</summary>
    public Task JoinAsync(int node) => BootstrapAsync(node, () => Script.RunAsync(StartLimit, "join", Text(node)));

    /// <summary>The node hands its data over and leaves. Its process goes on, and serves no clients.</summary>
    public Task DecommissionAsync(int node) => Script.RunAsync(StartLimit, "nodetool", Text(node), "decommission", "--force");

    /// <summary>The node closes its connections to clients and takes no others; to the other nodes it is there.</summary>
    public Task StopServingClientsAsync(int node) => Script.RunAsync(CommandLimit, "nodetool", Text(node), "disablebinary");

    public Task ServeClientsAgainAsync(int node) => Script.RunAsync(CommandLimit, "nodetool", Text(node), "enablebinary");

    /// <summary>The node takes its leave of clients and other nodes in good order, as before a restart. Its process goes on.</summary>
    public Task DrainAsync(int node) => Script.RunAsync(CommandLimit, "nodetool", Text(node), "drain");

    /// <summary>Stops the process of a node where it is; its connections stay open and nothing is answered.</summary>
    public Task FreezeAsync(int node) => Script.SignalAsync(node, "STOP");

    /// <summary>Lets a frozen node go on.</summary>
    public Task ReleaseAsync(int node) => Script.SignalAsync(node, "CONT");

    /// <summary>Wipes everything and starts the nodes anew, at their first addresses.</summary>
    public async Task StartAnewAsync()
    {
        Script.Wipe();
        _addresses.Clear();
        await StartAsync();
    }

    /// <summary>Whether the tests of this cluster are to run at all, given that there is a server.</summary>
    protected virtual bool IsWanted => true;

    protected virtual Task StartAsync() => Script.RunAsync(StartLimit, "start", Text(nodes));

    private protected static string Text(int node) => node.ToString(CultureInfo.InvariantCulture);

    private string Folder(int node) => Path.Combine(Script.Folder, $"node{Text(node)}");

    /// <summary>
    /// Starts a node without data. It gives up when it has not heard of the others within its ring delay, which happens on a
    /// busy machine; then it is started again.
    /// </summary>
    private Task BootstrapAsync(int node, Func<Task> start) => RepeatAsync(MaxBootstraps, "Unable to contact any seeds", () =>
    {
        var data = Path.Combine(Folder(node), "data");
        if (Directory.Exists(data))
        {
            Directory.Delete(data, recursive: true);
        }

        return start();
    });

    /// <summary>Runs a command, again and again as long as it says this.</summary>
    private static async Task RepeatAsync(int times, string refusal, Func<Task> command)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await command();
                return;
            }
            catch (InvalidOperationException error) when (attempt < times && error.Message.Contains(refusal, StringComparison.Ordinal))
            {
            }
        }
    }

    private void Wipe(object? sender, EventArgs e)
    {
        if (CassandraScript.Path is not null && IsWanted)
        {
            Script.Wipe();
        }
    }
}

/// <summary>One node, no password, no TLS.</summary>
public sealed class PlainNode() : CassandraCluster(1, new Dictionary<string, string>());

/// <summary>One node that asks for a password and speaks TLS only.</summary>
public sealed class SecureNode() : CassandraCluster(1, new Dictionary<string, string> { ["CLUSTER_AUTH"] = "1", ["CLUSTER_TLS"] = "1" });

/// <summary>Three nodes, for tests that lose, move or replace one.</summary>
public sealed class ThreeNodes() : CassandraCluster(3, new Dictionary<string, string>());

/// <summary>Two nodes of 6.0, which keep the cluster's metadata themselves from the start.</summary>
public sealed class SixNodes() : CassandraCluster(2, new Dictionary<string, string> { ["CLUSTER_VERSION"] = CassandraVersion.Six.Name })
{
    protected override bool IsWanted => SlowTests.AreWanted;
}

/// <summary>
/// Two nodes that were started with 5.0 and upgraded to 6.0, whose metadata service is not initialised yet. Initialising it
/// gives every node another host id.
/// </summary>
public sealed class UpgradedNodes() : CassandraCluster(2, new Dictionary<string, string>())
{
    /// <summary>Until the service is initialised no schema can be changed: the tables are made before the upgrade.</summary>
    public override string TrafficKeyspace => "upgraded";

    protected override bool IsWanted => SlowTests.AreWanted;

    /// <summary>Starts a killed node again with the new version; returns when it answers CQL.</summary>
    public Task StartUpgradedAsync(int node) => Script.RunAsync(StartLimit, CassandraVersion.Six, "up", Text(node));

    /// <summary>Once in the life of a cluster. The nodes go on; nothing is restarted.</summary>
    public Task InitializeMetadataServiceAsync() => Script.RunAsync(StartLimit, CassandraVersion.Six, "nodetool", "1", "cms", "initialize");

    protected override async Task StartAsync()
    {
        await base.StartAsync();
        await using (var session = await this.ConnectAsync())
        {
            await Traffic.CreateTableAsync(session, TrafficKeyspace, NodeCount);
            await Wholeness.CreateTableAsync(session, NodeCount);
        }

        await Script.RunAsync(StartLimit, "stop");
        for (var node = 1; node <= NodeCount; node++)
        {
            await StartUpgradedAsync(node);
        }
    }
}
