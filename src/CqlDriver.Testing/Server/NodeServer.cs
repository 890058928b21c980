using System.Collections.Concurrent;
using System.Net.Sockets;
using CqlDriver.Protocol;

namespace CqlDriver.Testing.Server;

/// <summary>
/// A node at one address: its listeners and the connections it accepted there. A node that moves has another; the former one
/// may live on for a while, beside it or frozen. Stopped, nothing of it is left: no socket, no task.
/// </summary>
internal sealed class NodeServer(EmbeddedNode node, NodeEndpoint endpoint, FreezeSwitch freezing)
{
    private readonly ConcurrentDictionary<ServerConnection, Task> _connections = new();
    private Listening? _listening;

    public EmbeddedNode Node => node;

    public NodeEndpoint Endpoint => endpoint;

    /// <summary>While it is on, nothing is read, answered or taken from the listeners.</summary>
    public FreezeSwitch Freezing => freezing;

    public bool IsListening => Volatile.Read(ref _listening) is not null;

    /// <summary>Begins to accept connections. The caller sees to it that this and stopping are done in turn.</summary>
    public void Listen(NodeListeners listeners) => Volatile.Write(ref _listening, new Listening(this, listeners));

    /// <summary>Refuses further connections; those that there are go on.</summary>
    public async Task StopListeningAsync()
    {
        if (Interlocked.Exchange(ref _listening, null) is { } listening)
        {
            await listening.DisposeAsync().ConfigureAwait(false);
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

    /// <summary>Closes the listeners and all connections, at once or in order, and waits for their loops.</summary>
    public async Task StopAsync(bool abruptly)
    {
        await StopListeningAsync().ConfigureAwait(false);
        await DropConnectionsAsync(abruptly).ConfigureAwait(false);
    }

    private void Begin(Socket socket, bool isShardAware)
    {
        if (node.Options.OnlyThroughBalancers && !node.Cluster.Balanced.Contains(socket))
        {
            node.Statistics.OnDirect();
            socket.Close(0);
            return;
        }

        socket.NoDelay = true;
        ServerConnection connection;
        try
        {
            connection = new ServerConnection(this, socket, isShardAware);
        }
        catch (SocketException)
        {
            // The client has gone before it was let in.
            socket.Dispose();
            return;
        }

        node.Statistics.OnAccepted(connection.Description);
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
        node.Statistics.OnClosed(connection.Number);
    }

    /// <summary>The time from beginning to listen to stopping it.</summary>
    private sealed class Listening : IAsyncDisposable
    {
        private readonly NodeServer _server;
        private readonly NodeListeners _listeners;
        private readonly CancellationTokenSource _closing = new();
        private readonly Task _accepting;

        public Listening(NodeServer server, NodeListeners listeners)
        {
            _server = server;
            _listeners = listeners;
            var shardAware = listeners.ShardAware is { } listener ? AcceptAsync(listener, isShardAware: true) : Task.CompletedTask;
            _accepting = Task.WhenAll(AcceptAsync(listeners.Plain, isShardAware: false), shardAware);
        }

        public async ValueTask DisposeAsync()
        {
            await _closing.CancelAsync().ConfigureAwait(false);
            _listeners.Dispose();
            await _accepting.ConfigureAwait(false);
            _closing.Dispose();
        }

        private async Task AcceptAsync(Socket listener, bool isShardAware)
        {
            Socket? accepted = null;
            try
            {
                while (true)
                {
                    accepted = await listener.AcceptAsync(_closing.Token).ConfigureAwait(false);
                    await _server.Freezing.WaitAsync(_closing.Token).ConfigureAwait(false);
                    _server.Begin(accepted, isShardAware);
                    accepted = null;
                }
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException || (e is SocketException && _closing.IsCancellationRequested))
            {
                // The node stops; who was accepted while it was frozen was never let in.
                accepted?.Dispose();
            }
            catch (SocketException e)
            {
                Log.AcceptFailed(_server.Node.Logger, _server.Endpoint, e);
            }
        }
    }
}
