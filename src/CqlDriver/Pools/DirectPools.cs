using CqlDriver.Connections;
using CqlDriver.Routing;
using CqlDriver.Topology;

namespace CqlDriver.Pools;

/// <summary>Connections to the contact points alone, opened once: what sessions run on before the topology loop feeds them.</summary>
internal sealed class DirectPools : IConnectionObserver, IAsyncDisposable
{
    private readonly List<CqlConnection> _connections = [];

    private DirectPools(RoutingView view, string? keyspace) => (View, Keyspace) = (view, keyspace);

    public RoutingView View { get; private set; }

    public string? Keyspace { get; private set; }

    public static async Task<DirectPools> OpenAsync(
        ConnectionSettings settings, IReadOnlyList<NodeEndpoint> contactPoints, int connectionsPerNode, string? keyspace, CancellationToken cancellationToken)
    {
        var turns = new TurnCounter();
        var pools = new DirectPools(new RoutingView(Metadata.Empty, [PlanOrder.Empty], [], turns), keyspace);
        var nodes = new List<Node>();
        var byNode = new SortedDictionary<HostId, NodePool>();
        var number = 0L;
        foreach (var point in contactPoints)
        {
            var opened = new List<IPooledConnection>();
            for (var i = 0; i < connectionsPerNode; i++)
            {
                var connection = await CqlConnection.OpenAsync(
                    settings, point, new ConnectionId(++number), new ConnectionPurpose { Keyspace = keyspace }, pools, cancellationToken).ConfigureAwait(false);
                pools._connections.Add(connection);
                opened.Add(connection);
            }

            var hostId = opened[0].Facts.HostId!.Value;
            var pool = new NodePool(new PoolFence(hostId, 1, new PoolId(++number)), point);
            pool.Publish(ShardSlots.Unsharded([.. opened]));
            if (byNode.TryAdd(hostId, pool))
            {
                nodes.Add(new Node(hostId) { Endpoint = point });
            }
        }

        var metadata = Metadata.Empty.WithNodes([.. nodes.OrderBy(node => node.HostId)]);
        pools.View = new RoutingView(metadata, [PlanOrder.Build(new PlanTable([metadata.Nodes]), metadata)], [.. byNode.Values], turns);
        return pools;
    }

    public void OnClosed(CqlConnection connection, Exception reason)
    {
    }

    public async Task MoveToKeyspaceAsync(string keyspace, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Keyspace = keyspace;
        foreach (var connection in _connections)
        {
            await connection.UseAsync(keyspace, timeout, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }
}
