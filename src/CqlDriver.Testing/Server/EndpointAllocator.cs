using System.Net;
using System.Net.Sockets;

namespace CqlDriver.Testing.Server;

/// <summary>
/// Gives nodes addresses and ports that are free on this machine. Ports lie below the range from which systems take the ports
/// of outgoing connections, so that a node that is restarted does not find its port taken by a client.
/// </summary>
internal sealed class EndpointAllocator
{
    private const int FirstPort = 20_000;
    private const int Ports = 10_000;
    private const int Tries = 50;

    // Clusters of one process in turn; processes begin at different places.
    private static int _lastPort = Environment.ProcessId * 37;
    private readonly int _fixedPort;
    private readonly bool _hasShardAwarePort;
    private int _port;
    private int _shardAwarePort;
    private int _nextHost = 1;

    public EndpointAllocator(EndpointLayout layout, int fixedPort, bool hasShardAwarePort)
    {
        UsesPorts = layout == EndpointLayout.Ports || (layout == EndpointLayout.Automatic && OperatingSystem.IsMacOS() && !hasShardAwarePort);
        _fixedPort = fixedPort;
        _hasShardAwarePort = hasShardAwarePort;
        (_port, _shardAwarePort) = NextPorts();
    }

    /// <summary>All nodes are on one address.</summary>
    public bool UsesPorts { get; }

    /// <summary>The shard-aware port of all nodes.</summary>
    public int? ShardAwarePort => _hasShardAwarePort ? _shardAwarePort : null;

    /// <summary>Listeners for so many nodes; on loopback addresses all on one port.</summary>
    public List<NodeListeners> ListenAll(int count)
    {
        for (var attempt = 1; ; attempt++)
        {
            var listeners = new List<NodeListeners>(count);
            try
            {
                while (listeners.Count < count)
                {
                    listeners.Add(Listen());
                }

                return listeners;
            }
            catch (SocketException)
            {
                listeners.ForEach(listener => listener.Dispose());
                if (_fixedPort != 0 || attempt == Tries)
                {
                    throw;
                }

                // The port that was free on the first address is taken on another: all begin anew with the next.
                (_port, _shardAwarePort) = NextPorts();
                _nextHost = 1;
            }
        }
    }

    /// <summary>Listeners at an endpoint that no node of the cluster has had.</summary>
    public NodeListeners Listen()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var listeners = ListenAt(UsesPorts ? IPAddress.Loopback : AddressOf(_nextHost), _port);
                _nextHost++;
                if (UsesPorts)
                {
                    _port = _fixedPort != 0 ? _port + 1 : NextPorts().Plain;
                }

                return listeners;
            }
            catch (SocketException) when (UsesPorts && _fixedPort == 0 && attempt < Tries)
            {
                _port = NextPorts().Plain;
            }
        }
    }

    /// <summary>Listeners at this endpoint.</summary>
    /// <exception cref="SocketException">It is not free.</exception>
    public NodeListeners ListenAt(IPAddress address, int port)
    {
        var plain = Bind(address, port);
        try
        {
            return new NodeListeners(plain, _hasShardAwarePort ? Bind(address, _shardAwarePort) : null);
        }
        catch (SocketException)
        {
            plain.Dispose();
            throw;
        }
    }

    private static Socket Bind(IPAddress address, int port)
    {
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(address, port));
            listener.Listen(512);
            return listener;
        }
        catch (SocketException)
        {
            listener.Dispose();
            throw;
        }
    }

    private static IPAddress AddressOf(int host) => new([127, 0, (byte)(host / 250), (byte)(host % 250 == 0 ? 250 : host % 250)]);

    private (int Plain, int ShardAware) NextPorts()
    {
        var next = FirstPort + (int)((uint)Interlocked.Add(ref _lastPort, 2) % Ports);
        return _fixedPort != 0 ? (_fixedPort, _fixedPort + 1) : (next, next + 1);
    }
}

/// <summary>What one life of a node listens on.</summary>
internal sealed record NodeListeners(Socket Plain, Socket? ShardAware) : IDisposable
{
    public NodeEndpoint Endpoint
    {
        get
        {
            var local = (IPEndPoint)Plain.LocalEndPoint!;
            return new NodeEndpoint(local.Address, local.Port);
        }
    }

    public void Dispose()
    {
        Plain.Dispose();
        ShardAware?.Dispose();
    }
}
