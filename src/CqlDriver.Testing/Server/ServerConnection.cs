using System.Buffers;
using System.Collections.Immutable;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using CqlDriver.Protocol;

namespace CqlDriver.Testing.Server;

/// <summary>
/// One connection of a node: a read loop that takes frames, has them answered in turn, and flushes the answers of one
/// read together. Answers that are held back by a rule are tasks of the connection, bounded in number, and end with it.
/// Nothing outlives <see cref="RunAsync"/>.
/// </summary>
internal sealed class ServerConnection : IAsyncDisposable
{
    private static long _lastNumber;
    private readonly Socket _socket;
    private readonly CancellationTokenSource _closing = new();
    private readonly List<Task> _tasks = [];
    private readonly RequestFrames _frames;
    private readonly RequestHandler _handler;
    private readonly RequestFrames.FrameHandler _handle;
    private readonly FreezeSwitch _freezing;
    private ImmutableHashSet<string> _registered = [];
    private ResponseOutput? _output;
    private Stream? _stream;
    private FaultGate? _readAfter;
    private int _isClosed;
    private int _pruneAt = 64;
    private bool _endsAfterFlush;

    /// <exception cref="SocketException">The client has gone already.</exception>
    public ServerConnection(NodeServer server, Socket socket, bool isShardAware)
    {
        Node = server.Node;
        _freezing = server.Freezing;
        _socket = socket;
        var client = (IPEndPoint)socket.RemoteEndPoint!;
        var dialled = (IPEndPoint)socket.LocalEndPoint!;
        _frames = new RequestFrames(Node.Options.MaxFrameBytes);
        _handler = new RequestHandler(this);
        _handle = _handler.Handle;
        Shard = Node.AssignShard(client, isShardAware);
        Description = new EmbeddedConnection
        {
            Number = Interlocked.Increment(ref _lastNumber),
            Client = client,
            Server = dialled,
            Shard = Shard?.Shard,
            ShardCount = Shard?.Layout.Count,
            IsShardAware = isShardAware,
        };
    }

    public EmbeddedNode Node { get; }

    /// <summary>The shard that serves it; null: the node has none.</summary>
    public ShardAssignment? Shard { get; }

    public EmbeddedConnection Description { get; }

    public long Number => Description.Number;

    public IPEndPoint Client => Description.Client;

    public IPEndPoint Server => Description.Server;

    public ResponseOutput Output => _output ?? throw new InvalidOperationException("The connection has not been opened.");

    /// <summary>Ends with the connection.</summary>
    public CancellationToken Closing => _closing.Token;

    public async Task RunAsync()
    {
        var reason = "closed by the client";
        try
        {
            // The accept loop goes on while this one begins.
            await Task.Yield();
            if (!await PassConnectRulesAsync().ConfigureAwait(false))
            {
                return;
            }

            _stream = await OpenAsync().ConfigureAwait(false);
            _output = new ResponseOutput(_stream, _freezing, _closing.Token);
            await ReadAsync(_stream).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException
            or System.Security.Authentication.AuthenticationException)
        {
            reason = e.Message;
        }
        finally
        {
            await DisposeAsync().ConfigureAwait(false);
            Log.ConnectionEnded(Node.Logger, Node.Endpoint, Number, reason);
        }
    }

    /// <summary>Ends the connection from outside: with a FIN, or with a reset.</summary>
    public void Close(bool abruptly)
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
        {
            return;
        }

        try
        {
            if (abruptly)
            {
                _socket.LingerState = new LingerOption(true, 0);
                _socket.Close(0);
            }
            else
            {
                _socket.Shutdown(SocketShutdown.Both);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client was faster.
        }

        try
        {
            _closing.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself meanwhile.
        }
    }

    public void HalfClose()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client was faster.
        }
    }

    /// <summary>The read loop ends after it has flushed what is pending.</summary>
    public void EndAfterFlush() => _endsAfterFlush = true;

    public void StopReading(FaultGate until) => _readAfter = until;

    public void Switch(FrameCompression compression, bool toSegments)
    {
        Output.Switch(compression, toSegments);
        _frames.Switch(compression, toSegments);
    }

    public void Register(IEnumerable<string> eventTypes)
    {
        ImmutableInterlocked.Update(ref _registered, static (known, added) => known.Union(added), eventTypes);
        Node.Statistics.OnRegistered(Number);
    }

    public void SendEvent(string eventType, CqlEvent message)
    {
        if (Volatile.Read(ref _registered).Contains(eventType))
        {
            _handler.AppendEvent(message);
            Track(FlushAsync());
        }
    }

    /// <summary>Starts a task of this connection and keeps it until it ends. False: there are too many.</summary>
    public bool TryTrack(Func<Task> start)
    {
        lock (_tasks)
        {
            Prune();
            if (_tasks.Count >= Node.Options.MaxDelayedRequests)
            {
                return false;
            }
        }

        Track(start());
        return true;
    }

    public async Task FlushAsync()
    {
        try
        {
            await Output.FlushAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The read loop sees the same, and ends.
        }
    }

    private void Track(Task task)
    {
        if (task.IsCompleted)
        {
            return;
        }

        // A lock: events come from other threads than the read loop's.
        lock (_tasks)
        {
            Prune();
            _tasks.Add(task);
        }
    }

    /// <summary>Forgets ended tasks, now and then: looking at all of them each time would cost more than it frees.</summary>
    private void Prune()
    {
        if (_tasks.Count >= _pruneAt)
        {
            _tasks.RemoveAll(task => task.IsCompleted);
            _pruneAt = Math.Max(64, Math.Min(_tasks.Count * 2, Node.Options.MaxDelayedRequests));
        }
    }

    private async Task<bool> PassConnectRulesAsync()
    {
        if (Node.Faults.IsEmpty)
        {
            return true;
        }

        var record = RequestRecords.Connect(this);
        if (Node.Faults.Take(record)?.Reaction is not { } reaction)
        {
            return true;
        }

        switch (reaction)
        {
            case FaultReaction.DelayReaction delay:
                await delay.Until.WaitAsync(_closing.Token).ConfigureAwait(false);
                return true;
            case FaultReaction.StopReadingReaction stop:
                _readAfter = stop.Until;
                return true;
            case FaultReaction.SendBytesReaction bytes:
                await _socket.SendAsync(bytes.Bytes, _closing.Token).ConfigureAwait(false);
                return true;
            case FaultReaction.DropReaction:
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _closing.Token).ConfigureAwait(false);
                return false;
            case FaultReaction.HalfCloseReaction:
                HalfClose();
                return true;
            default:
                Close(abruptly: reaction is not FaultReaction.CloseReaction);
                return false;
        }
    }

    private async Task<Stream> OpenAsync()
    {
        var network = new NetworkStream(_socket, ownsSocket: false);
        if (Node.Options.ServerCertificate is not { } certificate)
        {
            return network;
        }

        var secure = new SslStream(network);
        var options = new SslServerAuthenticationOptions { ServerCertificate = certificate };
        await secure.AuthenticateAsServerAsync(options, _closing.Token).ConfigureAwait(false);
        return secure;
    }

    private async Task ReadAsync(Stream stream)
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024, minimumReadSize: 4 * 1024, leaveOpen: true));
        try
        {
            var isMore = true;
            while (isMore)
            {
                await PauseAsync().ConfigureAwait(false);
                var read = await reader.ReadAsync(_closing.Token).ConfigureAwait(false);
                await _freezing.WaitAsync(_closing.Token).ConfigureAwait(false);
                var rest = read.Buffer;
                isMore = Answer(ref rest) && !read.IsCompleted;
                reader.AdvanceTo(rest.Start, _readAfter is null ? rest.End : rest.Start);
                await Output.FlushAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask PauseAsync()
    {
        if (_readAfter is { } gate)
        {
            await gate.WaitAsync(_closing.Token).ConfigureAwait(false);
            _readAfter = null;
        }
    }

    /// <summary>Answers what is there as a whole. False: the connection is to end.</summary>
    private bool Answer(ref ReadOnlySequence<byte> buffer)
    {
        try
        {
            while (!_endsAfterFlush && _readAfter is null && _frames.TryTake(ref buffer, _handle))
            {
            }

            return !_endsAfterFlush;
        }
        catch (CqlProtocolException e)
        {
            // What follows cannot be told apart any more: the server says so on stream 0, and ends.
            _handler.AppendError(0, ServerError.Protocol(e.Message));
            return false;
        }
    }

    /// <summary>Ends what the read loop leaves: called once, by it.</summary>
    public async ValueTask DisposeAsync()
    {
        Close(abruptly: false);
        Task[] tasks;
        lock (_tasks)
        {
            tasks = [.. _tasks];
        }

        await Task.WhenAll(tasks).ConfigureAwait(false);
        if (_stream is not null)
        {
            await _stream.DisposeAsync().ConfigureAwait(false);
        }

        Shard?.Release();
        _socket.Dispose();
        _output?.Dispose();
        _frames.Dispose();
        _closing.Dispose();
    }
}
