using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace CqlDriver.Tests.Support;

/// <summary>A balancer in front of a cluster: each connection is passed on to whatever <see cref="Target"/> names when it comes.</summary>
internal sealed class PortForwarder : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<Task, Socket[]> _running = new();
    private readonly Task _accepting;
    private NodeEndpoint _target;

    public PortForwarder(NodeEndpoint target)
    {
        _target = target;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Endpoint = new NodeEndpoint(IPAddress.Loopback, ((IPEndPoint)_listener.LocalEndPoint!).Port);
        _accepting = AcceptAsync();
    }

    public NodeEndpoint Endpoint { get; }

    public NodeEndpoint Target
    {
        get => Volatile.Read(ref _target);
        set => Volatile.Write(ref _target, value);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        foreach (var socket in _running.Values.SelectMany(sockets => sockets))
        {
            socket.Dispose();
        }

        await Task.WhenAll(_running.Keys);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync();
                var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                _running[ForwardAsync(client, server, Target)] = [client, server];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task ForwardAsync(Socket client, Socket server, NodeEndpoint target)
    {
        try
        {
            await server.ConnectAsync(target.Address!, target.Port);
            await Task.WhenAny(CopyAsync(client, server), CopyAsync(server, client));
        }
        catch (SocketException)
        {
            // The target refuses: so does the balancer, a little later.
        }

        client.Dispose();
        server.Dispose();
    }

    private static async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            for (int read; (read = await from.ReceiveAsync(buffer)) > 0;)
            {
                await to.SendAsync(buffer.AsMemory(0, read));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One side has gone: so does the other.
        }
    }
}
