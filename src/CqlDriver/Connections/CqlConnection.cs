using CqlDriver.Diagnostics;
using CqlDriver.Protocol;

namespace CqlDriver.Connections;

/// <summary>
/// One socket to one node: many requests at once, told apart by stream ids.
/// </summary>
/// <remarks>
/// <para>The room: <see cref="OpenAsync"/> dials and shakes hands (Opening/, Security/); then a connection is two sides that
/// share nothing but <see cref="StreamTable"/> and <see cref="ConnectionLife"/>. The write side (<see cref="RequestQueue"/>,
/// <see cref="WriteLoop"/>) has no thread: the caller that finds it idle runs it. The read side (<see cref="ReadLoop"/>) is
/// one task; it hands each answer to its request and posts all that one read answered to the <see cref="CompletionQueue"/>,
/// where user code runs. Framing/ is what lies around a message on the wire.</para>
/// <para>Any thread may call any member. Neither loop runs user code, and nobody waits for a lock across I/O. Bounded are: what
/// is held (stream ids plus the queue; <see cref="EnqueueResult.Full"/> beyond), orphans, the time of opening, the time of
/// silence and of a stalled write (<see cref="Heartbeat"/>), and the memory for a message (grown as bytes come).</para>
/// <para>The end: whoever finds a reason calls <see cref="Close"/>; the first one counts. It disposes the transport, which ends
/// both sides. The write side gives back what it had not written (told: not written), then the read side's task, when both
/// have ended, takes out of the table what is left (told: may have been written). A request between claim and slot is on
/// the writer's stack, and so in neither place when it could be told twice. Then observers are told, then <see cref="Closed"/>
/// ends. A retired connection accepts nothing new, gives its queue back, and closes when nobody waits for an answer any
/// more.</para>
/// </remarks>
internal sealed class CqlConnection : IPooledConnection, IAsyncDisposable
{
    private const int NotOpened = 0;
    private const int Opened = 1;
    private const int EndedBeforeOpened = 2;

    private readonly ConnectionSettings _settings;
    private readonly IConnectionObserver _observer;
    private readonly Stream _transport;
    private readonly ConnectionLife _life;
    private readonly StreamTable _streams;
    private readonly WriteLoop _writer;
    private readonly ReadLoop _reader;
    private readonly Heartbeat _heartbeat;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _maxHeld;

    private Task _reading = Task.CompletedTask;
    private ConnectionFacts _facts;
    private string? _keyspace;
    private int _observed = NotOpened;

    internal CqlConnection(ConnectionSettings settings, NodeEndpoint endpoint, ConnectionId id, HandshakeOutcome outcome, IConnectionObserver observer)
    {
        (_settings, Endpoint, Id, _observer) = (settings, endpoint, id, observer);
        (_transport, _facts) = (outcome.Transport!, outcome.Facts!);
        var compression = outcome.Compression switch
        {
            CqlCompression.None => FrameCompression.None,
            CqlCompression.Lz4 => FrameCompression.Lz4,
            CqlCompression.Snappy => FrameCompression.Snappy,
        };
        var isLz4 = compression == FrameCompression.Lz4;
        var isSegmented = _facts.Version >= ProtocolVersion.V5;
        _life = new ConnectionLife(settings.Time.GetTimestamp());
        _streams = new StreamTable(settings.MaxInFlight);
        _maxHeld = settings.MaxInFlight + settings.MaxQueued;
        _writer = new WriteLoop(
            _streams, _life, Completions, isSegmented ? new SegmentedOutgoingFrames(isLz4) : new PlainOutgoingFrames(compression), _transport,
            new WriteLoopOptions(_facts, settings.Time, settings.FlushThresholdBytes, settings.MaxFrameBytes, OnWriteFailed, CheckDrained));
        _reader = new ReadLoop(
            _streams, _life, Completions, _writer,
            isSegmented ? new SegmentedIncomingFrames(_facts.Version, isLz4, settings.MaxFrameBytes) : new PlainIncomingFrames(_facts.Version, compression, settings.MaxFrameBytes),
            new ReadLoopOptions(settings.Time, OnEvent, UnknownStream, CheckDrained));
        _heartbeat = new Heartbeat(_life, settings, Probe, OnDead);
    }

    public ConnectionId Id { get; }

    public NodeEndpoint Endpoint { get; }

    /// <summary>What was negotiated, and who answered.</summary>
    public ConnectionFacts Facts => Volatile.Read(ref _facts);

    /// <summary>The keyspace of the last successful USE, unquoted.</summary>
    public string? Keyspace => Volatile.Read(ref _keyspace);

    /// <summary>Requests are accepted.</summary>
    public bool IsOpen => _life.IsAccepting;

    /// <summary>Requests that it holds: queued, written, orphaned.</summary>
    public int InFlight => _life.Held;

    /// <summary>Requests that were given up and whose answer has not come.</summary>
    public int Orphans => _life.Orphans;

    /// <summary>Ends when both sides have ended and every request was told.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Why it ended, or null.</summary>
    public Exception? CloseReason => _life.EndReason;

    internal CompletionQueue Completions { get; } = new();

    internal ConnectionSettings Settings => _settings;

    /// <summary>
    /// Dials, shakes hands, checks who answers, authenticates, uses the keyspace; all within the connect timeout.
    /// </summary>
    /// <exception cref="WrongNodeException">Somebody else answered.</exception>
    /// <exception cref="CqlAuthenticationException">Credentials are missing or refused.</exception>
    /// <exception cref="CqlConnectionException">Anything else went wrong; nothing is left open.</exception>
    public static Task<CqlConnection> OpenAsync(
        ConnectionSettings settings, NodeEndpoint endpoint, ConnectionId id, ConnectionPurpose purpose, IConnectionObserver observer, CancellationToken cancellationToken) =>
        new ConnectionOpener(settings, endpoint, id, purpose, observer).OpenAsync(cancellationToken);

    /// <summary>Hands over a request whose word says queued.</summary>
    public EnqueueResult TryEnqueue(ConnectionRequest request)
    {
        if (!_life.IsAccepting)
        {
            return EnqueueResult.Closed;
        }

        if (!_life.TryHold(_maxHeld))
        {
            return EnqueueResult.Full;
        }

        return Enqueue(request);
    }

    /// <summary>
    /// A request was settled (timeout, cancellation) while it was written here: its stream id stays taken until its answer
    /// comes or the connection ends. Called once by who moved the word, after moving it.
    /// </summary>
    public void NoteOrphan()
    {
        var orphans = _life.NoteOrphan();
        if (orphans == _settings.MaxOrphans + 1)
        {
            Tell(static (observer, connection) => observer.OnWorn(connection));
        }
        else if (orphans > 2 * _settings.MaxOrphans)
        {
            // Not closed at once: the neighbours that are still waited for get their answers first.
            Retire(Failure($"{orphans:N0} of its requests were given up and never answered; the node does not keep up, or lost them."));
        }

        CheckDrained();
    }

    /// <summary>
    /// Asks something on the driver's own behalf. A server's error comes back as an <see cref="ErrorResponse"/>.
    /// </summary>
    /// <exception cref="CqlConnectionException">The connection is closed, full, or ended meanwhile.</exception>
    /// <exception cref="TimeoutException">No answer within <paramref name="timeout"/>.</exception>
    public async Task<(CqlResponse Response, RawAnswer Raw)> AskAsync(FrameWriter write, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // The driver's own few questions are not held up by the limit for users' requests.
        var request = new InternalRequest(write);
        if (!_life.IsAccepting || !_life.TryHold(int.MaxValue) || Enqueue(request) != EnqueueResult.Taken)
        {
            throw Failure("It is closed.");
        }

        try
        {
            var answer = await request.Answered.WaitAsync(timeout, _settings.Time, cancellationToken).ConfigureAwait(false);
            return (ResponseDecoder.Decode(answer.Header, answer.Body.Span, Facts.Extensions), answer);
        }
        finally
        {
            if (!request.Answered.IsCompleted && request.GiveUp())
            {
                NoteOrphan();
            }
        }
    }

    /// <summary>A USE has succeeded on this connection, by whoever ran it.</summary>
    public void NoteKeyspace(string keyspace) => Volatile.Write(ref _keyspace, keyspace);

    /// <summary>Ends the connection at once. Only the first reason counts. Does not wait: see <see cref="Closed"/>.</summary>
    public void Close(Exception reason)
    {
        if (!_life.TryEnd(reason))
        {
            return;
        }

        _heartbeat.Dispose();
        try
        {
            _transport.Dispose();
        }
#pragma warning disable CA1031 // A transport that cannot even be disposed must not keep the requests from being told.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Log.TransportReleaseFailed(_settings.Logger, Id, Endpoint, failure);
        }

        _writer.Wake();
    }

    /// <summary>
    /// Accepts nothing any more, gives back what is not written yet, lets what is written finish, and closes when nobody
    /// waits for an answer (orphans do not count) or when <see cref="Close"/> is called.
    /// </summary>
    public void Retire(Exception reason)
    {
        if (_life.TryRetire(reason))
        {
            _writer.Wake();
            CheckDrained();
        }
    }

    /// <summary>Closes and waits until everything has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        Close(Failure("It was closed by this client."));
        await _closed.Task.ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
    }

    internal void Start()
    {
        // First the timer: from the first read on the connection may end, and a timer that starts later would outlive it.
        _heartbeat.Start();
        // The loop must not carry the opener's ambient state around for the connection's life.
        using (ExecutionContext.SuppressFlow())
        {
            _reading = ReadToTheEndAsync();
        }
    }

    /// <summary>The opener is done: from here on the observer hears of it.</summary>
    internal void AnnounceOpened(ConnectionFacts facts)
    {
        Volatile.Write(ref _facts, facts);
        Log.ConnectionOpened(_settings.Logger, Id, Endpoint, facts.HostId, facts.Version, facts.Sharding?.Shard);
        Tell(static (observer, connection) => observer.OnOpened(connection));
        if (Interlocked.CompareExchange(ref _observed, Opened, NotOpened) == EndedBeforeOpened)
        {
            TellClosed();
        }
    }

    internal CqlConnectionException Failure(string what, Exception? cause = null) =>
        new($"The connection to {Endpoint} cannot be used: {what}", Endpoint, Facts.HostId, cause);

    // The caller has counted it as held.
    private EnqueueResult Enqueue(ConnectionRequest request)
    {
        if (_writer.TryEnqueue(request))
        {
            return EnqueueResult.Taken;
        }

        _life.Unhold(1);
        return EnqueueResult.Closed;
    }

    private async Task ReadToTheEndAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var failure = await _reader.RunAsync(_transport).ConfigureAwait(false);
        Close(Failure(failure.Message, failure));
        await _writer.Ended.ConfigureAwait(false);

        var reason = _life.EndReason!;
        Log.ConnectionEnded(_settings.Logger, Id, Endpoint, _life.Held, reason);
        var left = _streams.RemoveAll();
        _life.Unhold(left.Count);
        foreach (var (request, claimed) in left)
        {
            if (request.OnConnectionClosed(claimed, reason, mayHaveBeenWritten: true))
            {
                Completions.Post(request);
            }
        }

        _reader.Dispose();
        if (Interlocked.CompareExchange(ref _observed, EndedBeforeOpened, NotOpened) == Opened)
        {
            TellClosed();
        }

        _closed.TrySetResult();
    }

    private void CheckDrained()
    {
        if (_life.RetireReason is { } reason && _life.Active <= 0)
        {
            Close(reason);
        }
    }

    private void OnWriteFailed(Exception failure) => Close(Failure($"A write failed: {failure.Message}", failure));

    private void OnDead(HeartbeatVerdict verdict, TimeSpan silence) => Close(Failure(
        verdict == HeartbeatVerdict.WriteStalled
            ? $"A write has not moved for {silence.TotalSeconds:0.0} s; the node does not read."
            : $"Nothing was received for {silence.TotalSeconds:0.0} s with {_life.Held:N0} requests pending; the node or the network is gone."));

    /// <summary>
    /// Asks for a sign of life. Beyond the limits of other requests, and on a retired connection too: it is most wanted when
    /// much is pending.
    /// </summary>
    internal void Probe()
    {
        if (_life.IsEnding)
        {
            return;
        }

        _life.TryHold(int.MaxValue);
        Enqueue(new InternalRequest(static (buffer, stream, connection) => RequestEncoder.Options(buffer, new RequestHead(connection.Version, stream)), staysOnRetired: true));
    }

    private void OnEvent(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        if (ResponseDecoder.Decode(header, body, Facts.Extensions) is EventResponse message)
        {
            var happened = message.Event;
            Tell((observer, connection) => observer.OnEvent(connection, happened));
        }
    }

    private CqlException UnknownStream(in FrameHeader header, ReadOnlySpan<byte> body) =>
        header.Opcode == Opcode.Error && ResponseDecoder.Decode(header, body, Facts.Extensions) is ErrorResponse error
            ? new CqlException($"The node reported an error that belongs to no request: {error.Message} (0x{(int)error.Code:X4}).")
            : new CqlProtocolException($"The node answered ({header.Opcode}) on stream {header.Stream}, where nothing was asked.");

    private void TellClosed() => Tell(static (observer, connection) => observer.OnClosed(connection, connection.CloseReason!));

    private void Tell(Action<IConnectionObserver, CqlConnection> what)
    {
        try
        {
            what(_observer, this);
        }
#pragma warning disable CA1031 // An observer that throws breaks its promise; the connection keeps its own.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Log.ObserverThrew(_settings.Logger, Id, failure);
        }
    }
}
