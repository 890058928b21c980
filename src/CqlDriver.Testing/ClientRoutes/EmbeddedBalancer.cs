using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace CqlDriver.Testing;

/// <summary>
/// The network load balancer at one end of a private connection: a port for each node, and a discovery port that leads to any
/// of them. It passes bytes on; TLS goes through. Thread-safe. Dispose it before the cluster.
/// </summary>
/// <example>
/// <code>
/// await using var balancer = new EmbeddedBalancer(cluster, "vpce-1");
/// cluster.ClientRoutes.Post([.. balancer.Routes]);
/// </code>
/// </example>
public sealed class EmbeddedBalancer : IAsyncDisposable
{
    private readonly EmbeddedCluster _cluster;
    private readonly ConcurrentDictionary<EmbeddedNode, BalancedPort> _ports = new();
    private readonly BalancedPort _discovery;
    private int _turn;

    /// <summary>Opens the discovery port; those of nodes are opened when they are asked for.</summary>
    /// <param name="cluster">The cluster behind it.</param>
    /// <param name="connectionId">The name of the private connection.</param>
    public EmbeddedBalancer(EmbeddedCluster cluster, string connectionId)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionId);
        (_cluster, ConnectionId) = (cluster, connectionId);
        _discovery = new BalancedPort(cluster.Balanced, AnyNode);
    }

    /// <summary>The name of the private connection.</summary>
    public string ConnectionId { get; }

    /// <summary>Leads to any node that runs, in turn.</summary>
    public NodeEndpoint Discovery => _discovery.Endpoint;

    /// <summary>The rows that lead to every node of the cluster through here.</summary>
    public IReadOnlyList<EmbeddedClientRoute> Routes => [.. _cluster.Nodes.Select(RouteTo)];

    /// <summary>Connections that came in, at all ports.</summary>
    public long ConnectionsAccepted => _discovery.Accepted + _ports.Values.Sum(static port => port.AllAccepted);

    /// <summary>Connections that are open, at all ports, former ones too.</summary>
    public int ConnectionsOpen => _discovery.Open + _ports.Values.Sum(static port => port.AllOpen);

    /// <summary>Where a node is reached now.</summary>
    /// <param name="node">The node.</param>
    public NodeEndpoint EndpointOf(EmbeddedNode node) => PortOf(node).Endpoint;

    /// <summary>The row that leads to a node through here.</summary>
    /// <param name="node">The node.</param>
    public EmbeddedClientRoute RouteTo(EmbeddedNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        var endpoint = EndpointOf(node);
        return new EmbeddedClientRoute(ConnectionId, node.HostId, endpoint.Host, endpoint.Port, endpoint.Port);
    }

    /// <summary>Connections to a node that are open, at its former ports too.</summary>
    /// <param name="node">The node.</param>
    public int OpenTo(EmbeddedNode node) => PortOf(node).AllOpen;

    /// <summary>Connections to a node that are open and came in at its present port.</summary>
    /// <param name="node">The node.</param>
    public int OpenAtPresentPort(EmbeddedNode node) => PortOf(node).Open;

    /// <summary>
    /// Gives a node another port. Nobody new gets in at the old one; what is open there goes on. The table is not told: post
    /// <see cref="RouteTo"/>.
    /// </summary>
    /// <param name="node">The node.</param>
    /// <returns>Where it is reached now.</returns>
    public async Task<NodeEndpoint> RemapAsync(EmbeddedNode node)
    {
        var former = PortOf(node);
        var next = new BalancedPort(_cluster.Balanced, () => node) { Former = former };
        _ports[node] = next;
        await former.StopListeningAsync().ConfigureAwait(false);
        return next.Endpoint;
    }

    /// <summary>Ends what is open at the former ports of a node.</summary>
    /// <param name="node">The node.</param>
    public Task CutFormerAsync(EmbeddedNode node) => PortOf(node).Former?.CutAsync() ?? Task.CompletedTask;

    /// <summary>Ends all connections through here, and goes on accepting.</summary>
    public Task CutAsync() => Task.WhenAll([_discovery.CutAsync(), .. _ports.Values.Select(static port => port.CutAsync())]);

    /// <summary>Refuses new connections at every node's port, or accepts them again at the same ones.</summary>
    /// <param name="refuses">Whether to refuse.</param>
    public void Refuse(bool refuses)
    {
        foreach (var port in _ports.Values)
        {
            port.Refuses = refuses;
        }
    }

    /// <summary>Ends everything and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _discovery.DisposeAsync().ConfigureAwait(false);
        foreach (var port in _ports.Values)
        {
            await port.DisposeAsync().ConfigureAwait(false);
        }
    }

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "Owned by the table of ports.")]
    private BalancedPort PortOf(EmbeddedNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        lock (_ports)
        {
            return _ports.GetOrAdd(node, static (node, balanced) => new BalancedPort(balanced, () => node), _cluster.Balanced);
        }
    }

    private EmbeddedNode? AnyNode()
    {
        var running = _cluster.Nodes.Where(static node => node.IsRunning).ToArray();
        return running.Length == 0 ? null : running[(uint)Interlocked.Increment(ref _turn) % (uint)running.Length];
    }
}

/// <summary>One port of a balancer.</summary>
internal sealed class BalancedPort : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<Forwarding, Task> _open = new();
    private readonly BalancedSockets _balanced;
    private readonly Func<EmbeddedNode?> _target;
    private readonly Task _accepting;
    private long _accepted;

    public BalancedPort(BalancedSockets balanced, Func<EmbeddedNode?> target)
    {
        (_balanced, _target) = (balanced, target);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        Endpoint = new NodeEndpoint(IPAddress.Loopback, ((IPEndPoint)_listener.LocalEndPoint!).Port);
        _accepting = AcceptAsync();
    }

    public NodeEndpoint Endpoint { get; }

    /// <summary>The port that the node had before; what is open there lives on.</summary>
    public BalancedPort? Former { get; init; }

    public bool Refuses { get; set; }

    public long Accepted => Interlocked.Read(ref _accepted);

    public int Open => _open.Count;

    public long AllAccepted => Accepted + (Former?.AllAccepted ?? 0);

    public int AllOpen => Open + (Former?.AllOpen ?? 0);

    public Task StopListeningAsync()
    {
        _listener.Dispose();
        return _accepting;
    }

    public async Task CutAsync()
    {
        foreach (var (forwarding, running) in _open.ToArray())
        {
            forwarding.Dispose();
            await running.ConfigureAwait(false);
        }

        await (Former?.CutAsync() ?? Task.CompletedTask).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopListeningAsync().ConfigureAwait(false);
        await CutAsync().ConfigureAwait(false);
        if (Former is not null)
        {
            await Former.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync().ConfigureAwait(false);
                if (Refuses || _target() is not { } node)
                {
                    client.Close(0);
                    continue;
                }

                Interlocked.Increment(ref _accepted);
                var forwarding = new Forwarding(client, _balanced);
                var running = forwarding.RunAsync(node.Endpoint);
                _open[forwarding] = RemoveAfterAsync(forwarding, running);
                if (running.IsCompleted)
                {
                    _open.TryRemove(forwarding, out _);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The port is closed.
        }
    }

    private async Task RemoveAfterAsync(Forwarding forwarding, Task running)
    {
        await running.ConfigureAwait(false);
        _open.TryRemove(forwarding, out _);
    }

    /// <summary>One connection, passed on.</summary>
    private sealed class Forwarding(Socket client, BalancedSockets balanced) : IDisposable
    {
        private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        public void Dispose()
        {
            client.Dispose();
            _server.Dispose();
        }

        public async Task RunAsync(NodeEndpoint target)
        {
            IPEndPoint? local = null;
            try
            {
                (client.NoDelay, _server.NoDelay) = (true, true);
                _server.Bind(new IPEndPoint(IPAddress.Loopback, 0));

                // Known before the node sees it.
                local = (IPEndPoint)_server.LocalEndPoint!;
                balanced.Add(local, this);
                await _server.ConnectAsync(target.Address!, target.Port).ConfigureAwait(false);
                await Task.WhenAny(CopyAsync(client, _server), CopyAsync(_server, client)).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The node refuses, or it is cut: the client learns it by its connection's end.
            }

            Dispose();
            if (local is not null)
            {
                balanced.Remove(local, this);
            }
        }

        private static async Task CopyAsync(Socket from, Socket to)
        {
            var buffer = new byte[16 * 1024];
            try
            {
                for (int read; (read = await from.ReceiveAsync(buffer).ConfigureAwait(false)) > 0;)
                {
                    await to.SendAsync(buffer.AsMemory(0, read)).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // One side has gone: so does the other.
            }
        }
    }
}
