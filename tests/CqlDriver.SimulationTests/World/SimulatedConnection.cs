using CqlDriver.Connections;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.SimulationTests;

/// <summary>
/// A connection without a socket: the driver's own stream table and life, the same order of steps as its write and read
/// loops, and a simulated process at the other end.
/// </summary>
internal sealed class SimulatedConnection : IPooledConnection
{
    private const int Streams = 4;
    private const int MostHeld = 6;
    private static readonly CqlConnectionException Retired = new("The simulated connection is retired.", null);

    private readonly SimulationWorld _world;
    private readonly StreamTable _streams = new(Streams);
    private readonly ConnectionLife _life = new(0);
    private readonly List<ConnectionRequest> _queue = [];
    private bool _isAnswering;
    private readonly List<WrittenRequest> _written = [];

    [ThreadStatic]
    private static GrowableBuffer? _sent;

    public SimulatedConnection(SimulationWorld world, ConnectionId id, NodeEndpoint endpoint, ConnectionFacts facts, SimulatedProcess peer)
    {
        (_world, Id, Endpoint, Facts, Peer) = (world, id, endpoint, facts, peer);
        PeerNamed = facts.HostId!.Value;
    }

    public ConnectionId Id { get; }

    public NodeEndpoint Endpoint { get; }

    public ConnectionFacts Facts { get; }

    public bool IsOpen => _life.IsAccepting;

    public int InFlight => _life.Held;

    /// <summary>Whoever it was dialled to; it may have died since.</summary>
    public SimulatedProcess Peer { get; }

    /// <summary>Who the peer said it was when the connection was opened.</summary>
    public HostId PeerNamed { get; }

    public string? Keyspace { get; set; }

    /// <summary>Packets are lost without anybody being told.</summary>
    public bool IsHalfOpen { get; set; }

    public bool HasEnded => _life.IsEnding;

    public bool IsRetired => _life.RetireReason is not null;

    /// <summary>Nobody waits for an answer on it.</summary>
    public bool IsDrained => _life.Active <= 0;

    /// <summary>Its opening was told to the loop; only then may its end be told.</summary>
    public bool IsTold { get; set; }

    /// <summary>How its end is told.</summary>
    public LossItem? Loss { get; set; }

    /// <summary>The loop thinks that it is there: its end was not delivered yet.</summary>
    public bool IsLossPending => HasEnded && Loss is { IsDone: false };

    /// <summary>Who waits for its end; null: nobody.</summary>
    public WorldItem? Closing { get; set; }

    /// <summary>Where its events go; null when it is not registered for any.</summary>
    public EventsItem? Events { get; set; }

    public bool HasQueued => _queue.Count > 0;

    /// <summary>Written requests, in the order of writing.</summary>
    public IReadOnlyList<WrittenRequest> Written => _written;

    /// <summary>Whether bytes get to the peer and back.</summary>
    public bool IsLive => !HasEnded && Peer.IsAlive && !IsHalfOpen && _world.Cluster.PathTo(Peer.Address) != PathState.Cut;

    /// <summary>What was written gets there, if need be later, and is answered; or there is nothing to be answered any more.</summary>
    public bool MayAnswer => _written.Count == 0 || HasEnded || IsLive;

    /// <summary>I11: every stream id is free or has one request, and who was given up is counted here and nowhere else.</summary>
    public string? WhatIsWrongWithStreams()
    {
        var orphans = 0;
        foreach (var written in _written)
        {
            orphans += written.Request.Current == written.Claimed ? 0 : 1;
        }

        var (free, filled) = _streams.Audit();
        return free + filled != Streams || filled != _written.Count ? $"{free} free and {filled} filled stream ids of {Streams}, {_written.Count} written requests"
            : _life.Orphans != orphans ? $"{orphans} written requests were given up, {_life.Orphans} are counted"
            : _life.Held != _queue.Count + _written.Count ? $"{_queue.Count} queued and {_written.Count} written requests, {_life.Held} are counted"
            : null;
    }

    /// <summary>No answer will come any more.</summary>
    public void StopAnswering() => _isAnswering = false;

    /// <summary>A stream id is free for what is queued, or there is something to drop.</summary>
    public bool MayWrite => _written.Count < Streams && !HasEnded;

    private static GrowableBuffer Sent => _sent ??= new GrowableBuffer();

    public int Held => _life.Held;

    public int Orphans => _life.Orphans;

    public EnqueueResult TryEnqueue(ConnectionRequest request)
    {
        if (!_life.IsAccepting)
        {
            return EnqueueResult.Closed;
        }

        if (!_life.TryHold(MostHeld))
        {
            return EnqueueResult.Full;
        }

        _queue.Add(request);
        _world.Network.OnQueued(this);
        return EnqueueResult.Taken;
    }

    public void Close(Exception reason) => End(reason);

    public void NoteOrphan()
    {
        _life.NoteOrphan();
        CheckDrained();
    }

    /// <summary>What the write loop does with the oldest request.</summary>
    public void WriteOne()
    {
        var request = _queue[0];
        if (IsRetired)
        {
            throw new InvariantViolationException("I7", $"{request} is written on {this}, which is retired");
        }

        short stream = -1;
        if (request.Current.State == RequestState.Queued && !_streams.TryTake(out stream))
        {
            return;
        }

        _queue.RemoveAt(0);
        if (stream < 0 || !request.TryClaim(out var claimed))
        {
            if (stream >= 0)
            {
                _streams.GiveBack(stream);
            }

            _life.Unhold(1);
            CheckDrained();
            return;
        }

        Sent.Clear();
        request.Encode(Sent, stream, Facts);
        _streams.Fill(stream, request, claimed);
        _written.Add(new WrittenRequest(stream, request, claimed, _world.Requests.OnWritten(this, request)));
        if (!_isAnswering)
        {
            _isAnswering = true;
            _world.Add(new AnswerItem(this));
        }
    }

    /// <summary>What the read loop does with an answer to what was written <paramref name="at"/> that place.</summary>
    public void Answer(int at, in FrameHeader header, ReadOnlySpan<byte> body)
    {
        var stream = _written[at].Stream;
        _written.RemoveAt(at);
        if (!_streams.TryRemove(stream, out var request, out var claimed))
        {
            throw new InvalidOperationException($"An answer came on stream {stream} of {this}, where nothing was asked.");
        }

        _streams.Free(stream);
        byte[]? owned = null;
        if (request.OnAnswer(claimed, header, body, ref owned))
        {
            _world.Network.OnAnswered(request);
        }
        else
        {
            _life.OrphansAnswered(1);
        }

        _life.Unhold(_streams.PublishFreed());
        CheckDrained();
    }

    public void Retire()
    {
        if (_life.TryRetire(Retired))
        {
            GiveBackQueue(Retired);
            CheckDrained();
        }
    }

    /// <summary>Ends it for this side: what was not written is given back, what was written is told lost.</summary>
    public void End(Exception reason)
    {
        if (!_life.TryEnd(reason))
        {
            return;
        }

        GiveBackQueue(reason);
        _written.Clear();
        var left = _streams.RemoveAll();
        _life.Unhold(left.Count);
        foreach (var (request, claimed) in left)
        {
            if (request.OnConnectionClosed(claimed, reason, mayHaveBeenWritten: true))
            {
                _world.Network.OnAnswered(request);
            }
        }

        _world.Network.OnEnded(this);
    }

    public override string ToString() => $"{Id} to {Peer}";

    private void GiveBackQueue(Exception reason)
    {
        while (_queue.Count > 0)
        {
            var request = _queue[0];
            _queue.RemoveAt(0);
            _life.Unhold(1);
            var token = request.Current;
            if (token.State == RequestState.Queued && request.OnConnectionClosed(token, reason, mayHaveBeenWritten: false))
            {
                _world.Network.OnAnswered(request);
            }
        }
    }

    private void CheckDrained()
    {
        if (IsRetired && IsDrained)
        {
            End(Retired);
        }
    }
}

/// <param name="Stream">On which stream.</param>
/// <param name="Request">The request.</param>
/// <param name="Claimed">As it was when it was claimed; when it differs, it was given up.</param>
/// <param name="Of">Whose it is.</param>
internal readonly record struct WrittenRequest(short Stream, ConnectionRequest Request, RequestToken Claimed, SimulatedRequest Of);
