using CqlDriver.Testing;
using CqlDriver.Tests.Sessions;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Topology.Monitors;

/// <summary>
/// An embedded cluster and a session whose nodes are told by a monitor; no contact point is given where none is needed. The
/// table is <c>ks.t (id int, n int, PRIMARY KEY (id, n))</c>.
/// </summary>
internal sealed class DrivenCluster : IAsyncDisposable
{
    private DrivenCluster(EmbeddedCluster server, CqlCluster cluster, ScriptedMonitor monitor, CqlSession session) =>
        (Server, Cluster, Monitor, Session) = (server, cluster, monitor, session);

    public EmbeddedCluster Server { get; }

    public CqlCluster Cluster { get; }

    public ScriptedMonitor Monitor { get; }

    public CqlSession Session { get; }

    public Metadata Metadata => Cluster.Metadata;

    /// <summary>How many connections asked for events.</summary>
    public long Registrations => Server.Nodes.Sum(node => node.Statistics.Count(RequestKind.Register));

    public static async Task<DrivenCluster> StartAsync(
        int nodes = 3,
        Action<CqlClusterOptions>? configure = null,
        Action<ScriptedMonitor>? monitor = null,
        Func<TopologyMonitorContext, ITopologyMonitor>? decorate = null)
    {
        var server = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = nodes });
        server.Execute("CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
        server.Execute("CREATE TABLE ks.t (id int, n int, PRIMARY KEY (id, n))");
        var scripted = ScriptedMonitor.Of(server);
        monitor?.Invoke(scripted);
        var options = new CqlClusterOptions { Reconnection = WatchedCluster.Fast, TopologyMonitor = decorate ?? (_ => scripted) };
        if (decorate is not null)
        {
            options.ContactPoints.Add(server.Nodes[0].Endpoint.ToString());
        }

        configure?.Invoke(options);
        var cluster = CqlCluster.Create(options);
        try
        {
            return new DrivenCluster(server, cluster, scripted, await cluster.ConnectAsync());
        }
        catch
        {
            await cluster.DisposeAsync();
            await server.DisposeAsync();
            throw;
        }
    }

    public bool IsUsed(EmbeddedNode node) => WatchedCluster.IsUsed(Session, node);

    public NodeStatus StatusOf(EmbeddedNode node) => Metadata.NodeOf(node.HostId)!.Status;

    /// <summary>Waits until the session uses every node where it is now, and no other.</summary>
    public Task AllPoolsOpenAsync() => Eventually.BecomesTrueAsync(
        () => Metadata.Nodes.Length == Server.Nodes.Count && Server.Nodes.All(IsUsed), "the session has a connection to every node where it is");

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        await Server.DisposeAsync();
    }
}
