using CqlDriver.Testing;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Sessions;

/// <summary>
/// A ScyllaDB cluster whose nodes are reached through balancers only, and a session that is told of no other address than a
/// discovery port.
/// </summary>
internal sealed class RoutedCluster : IAsyncDisposable
{
    private readonly List<EmbeddedBalancer> _balancers = [];

    private RoutedCluster(EmbeddedCluster server) => Server = server;

    public EmbeddedCluster Server { get; }

    public CqlCluster Cluster { get; private set; } = null!;

    public CqlSession Session { get; private set; } = null!;

    public EmbeddedBalancer Balancer => _balancers[0];

    public IReadOnlyList<EmbeddedBalancer> Balancers => _balancers;

    public Metadata Metadata => Cluster.Metadata;

    /// <summary>Connections that were tried past the balancers.</summary>
    public long Direct => Server.Nodes.Sum(node => node.Statistics.DirectConnections);

    /// <summary>Starts all with a balancer for each id, whose routes are posted before the session begins.</summary>
    public static async Task<RoutedCluster> StartAsync(
        EmbeddedClusterOptions? server = null, string[]? connectionIds = null, Action<CqlClusterOptions>? configure = null, Action<RoutedCluster>? before = null,
        Action<RoutedCluster, CqlClusterOptions>? finish = null)
    {
        var routed = await PrepareAsync(server, connectionIds);
        try
        {
            before?.Invoke(routed);
            if (before is null)
            {
                routed.PostAll();
            }

            await routed.ConnectAsync(options =>
            {
                configure?.Invoke(options);
                finish?.Invoke(routed, options);
            });
            return routed;
        }
        catch
        {
            await routed.DisposeAsync();
            throw;
        }
    }

    public static async Task<RoutedCluster> PrepareAsync(EmbeddedClusterOptions? server = null, string[]? connectionIds = null)
    {
        server ??= new EmbeddedClusterOptions { Nodes = 3 };
        server.Scylla ??= new EmbeddedScyllaOptions { ShardsPerNode = 2 };
        server.OnlyThroughBalancers = true;
        var routed = new RoutedCluster(await EmbeddedCluster.StartAsync(server));
        routed.Server.Execute("CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
        routed.Server.Execute("CREATE TABLE ks.t (id int, n int, v text, PRIMARY KEY (id, n))");
        foreach (var id in connectionIds ?? ["vpce-a"])
        {
            routed._balancers.Add(new EmbeddedBalancer(routed.Server, id));
        }

        return routed;
    }

    public CqlClusterOptions Options(Action<CqlClusterOptions>? configure = null)
    {
        var options = new CqlClusterOptions
        {
            Keyspace = "ks",
            Reconnection = WatchedCluster.Fast,
            Port = Server.Nodes[0].Endpoint.Port,
            ClientRoutes = new ClientRouteOptions { RenewalInterval = TimeSpan.FromMilliseconds(20) },
        };
        options.ContactPoints.Add(Balancer.Discovery.ToString());
        foreach (var balancer in _balancers)
        {
            options.ClientRoutes.Proxies.Add(new ClientRouteProxy(balancer.ConnectionId));
        }

        configure?.Invoke(options);
        return options;
    }

    public async Task ConnectAsync(Action<CqlClusterOptions>? configure = null)
    {
        Cluster = CqlCluster.Create(Options(configure));
        Session = await Cluster.ConnectAsync();
    }

    public void PostAll() => Server.ClientRoutes.Post([.. _balancers.SelectMany(balancer => balancer.Routes)]);

    /// <summary>Waits until the session has a connection to every shard of every node of its datacenter, and knows no other node.</summary>
    public Task AllPoolsFullAsync() => Eventually.BecomesTrueAsync(
        () => Metadata.Nodes.Length == Server.Nodes.Count && Server.Nodes.Where(IsLocal).All(IsFull),
        () => $"the session has a connection to every shard of every node; there are {string.Join(", ", Metadata.Nodes.Select(node => $"{node} {node.Status} {Describe(node)}"))}");

    private string Describe(Node node) => string.Join("+", Session.Executor.View.PoolOf(node.Ordinal)?.Slots.All.Select(open => open.Facts.Sharding?.Shard) ?? []);

    /// <summary>Whether every connection of a session to a node was opened at the node's present port at a balancer.</summary>
    public bool IsAtPresentPort(CqlSession session, EmbeddedNode node)
    {
        var view = session.Executor.View;
        return view.Metadata.TryGetNode(node.HostId, out var known) && view.PoolOf(known.Ordinal) is { } pool && pool.Slots.Count == node.ShardCount
            && pool.Slots.All.All(open => _balancers.Any(balancer => balancer.EndpointOf(node).Equals(open.Endpoint)));
    }

    public bool IsLocal(EmbeddedNode node) => node.Datacenter == (Cluster.Settings.Options.LocalDatacenter ?? node.Datacenter);

    public bool IsFull(EmbeddedNode node)
    {
        var view = Session.Executor.View;
        return view.Metadata.TryGetNode(node.HostId, out var known) && view.PoolOf(known.Ordinal) is { } pool && pool.Slots.Count == node.ShardCount && pool.Slots.All.All(open => open.IsOpen);
    }

    public NodeStatus? StatusOf(EmbeddedNode node) => Metadata.TryGetNode(node.HostId, out var known) ? known.Status : null;

    /// <summary>Asks every node once, by asking often enough that each plan begins with each node.</summary>
    /// <param name="isIdempotent">Whether a connection that was cut under it may cost another attempt.</param>
    public async Task AskAllAsync(bool isIdempotent = false)
    {
        for (var i = 0; i < 4 * Server.Nodes.Count; i++)
        {
            await Session.ExecuteAsync(new SimpleStatement($"SELECT v FROM t WHERE id = {i}").WithIdempotence(isIdempotent));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Cluster is not null)
        {
            await Cluster.DisposeAsync();
        }

        foreach (var balancer in _balancers)
        {
            await balancer.DisposeAsync();
        }

        await Server.DisposeAsync();
    }
}
