using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using CqlDriver.Protocol;

namespace CqlDriver.Testing.Server;

/// <summary>One life of a node: its listener and the connections it accepted. Disposed, nothing of it is left: no socket, no task.</summary>
internal sealed class NodeServer : IAsyncDisposable
{
    private readonly EmbeddedNode _node;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<ServerConnection, Task> _connections = new();
    private readonly Task _accepting;

    private NodeServer(EmbeddedNode node, Socket listener)
    {
        _node = node;
        _listener = listener;
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Binds and listens.</summary>
    /// <exception cref="SocketException">The endpoint is not free.</exception>
    public static NodeServer Start(EmbeddedNode node, Socket listener) => new(node, listener);

    public static Socket Listen(IPAddress address, int port)
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

    /// <summary>Sends an event to the connections that registered for its type.</summary>
    public void Send(string eventType, CqlEvent message)
    {
        foreach (var connection in _connections.Keys)
        {
            connection.SendEvent(eventType, message);
        }
    }

    /// <summary>Ends the connections and goes on listening.</summary>
    public async Task DropConnectionsAsync(bool abruptly)
    {
        var ending = _connections.ToArray();
        foreach (var (connection, _) in ending)
        {
            connection.Close(abruptly);
        }

        await Task.WhenAll(ending.Select(entry => entry.Value)).ConfigureAwait(false);
    }

    /// <summary>Closes the listener and all connections, at once or in order, and waits for their loops.</summary>
    public async Task StopAsync(bool abruptly)
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        await DropConnectionsAsync(abruptly).ConfigureAwait(false);
        _closing.Dispose();
    }

    public async ValueTask DisposeAsync() => await StopAsync(abruptly: false).ConfigureAwait(false);

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_closing.Token).ConfigureAwait(false);
                await _node.Freezing.WaitAsync(_closing.Token).ConfigureAwait(false);
                Begin(socket);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException || (e is SocketException && _closing.IsCancellationRequested))
        {
            // The node stops.
        }
        catch (SocketException e)
        {
            Log.AcceptFailed(_node.Logger, _node.Endpoint, e);
        }
    }

    private void Begin(Socket socket)
    {
        socket.NoDelay = true;
        var connection = new ServerConnection(_node, socket);
        _node.Statistics.OnAccepted();
        var running = connection.RunAsync();
        _connections[connection] = RemoveAfterAsync(connection, running);

        // It may have ended, and looked for its entry, before the entry was there.
        if (running.IsCompleted)
        {
            _connections.TryRemove(connection, out _);
        }
    }

    private async Task RemoveAfterAsync(ServerConnection connection, Task running)
    {
        await running.ConfigureAwait(false);
        _connections.TryRemove(connection, out _);
        _node.Statistics.OnClosed();
    }
}
