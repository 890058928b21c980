using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace CqlDriver.Connections;

/// <summary>
/// The write side of a connection. It has no thread and no task of its own: whoever acquires the duty (see
/// <see cref="RequestQueue"/>) runs it, usually the caller whose request found it idle.
/// </summary>
/// <remarks>
/// <para>One round: take what was pushed, give each request a stream id, claim it, encode it straight into the send
/// buffer, fill its slot; at the flush threshold or when nothing is left, one write to the socket. A write that completes
/// at once is followed by the next round on the same thread; one that does not keeps the duty, and its continuation goes
/// on. Callers that come meanwhile only push.</para>
/// <para>The duty is somewhere at all times: on a stack inside <see cref="Run"/>, in a pending socket write, on an owed
/// list of a <see cref="CompletionQueue"/>, in the thread pool's queue, or parked here because every stream id is taken.
/// The one who parked it sets a flag, and whoever clears the flag (a read that freed ids, or the end) has the duty.</para>
/// <para>When the connection ends, the holder of the duty gives back what was not written; a request between its claim
/// and its slot is never seen by the end, since that is the holder's own stack.</para>
/// </remarks>
internal sealed class WriteLoop : IThreadPoolWorkItem
{
    // A caller serves its neighbours for so many writes, then the thread pool goes on: nobody is captured by a busy connection.
    private const int MaxWritesPerRun = 4;

    // A write takes some microseconds: one in a tenth of a millisecond holds up nobody who starts many.
    private const int InlineWritesPerSecond = 10_000;

    [ThreadStatic]
    private static long _lastInlineWrite;

    private readonly RequestQueue _queue = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StreamTable _streams;
    private readonly ConnectionLife _life;
    private readonly CompletionQueue _completions;
    private readonly OutgoingFrames _frames;
    private readonly Stream _transport;
    private readonly WriteLoopOptions _options;
    private readonly Action _onWritten;

    private ConnectionRequest? _backlog;                            // duty only: taken from the queue, not yet claimed
    private ValueTaskAwaiter _writing;                              // duty only: the write that is going on
    private int _isParked;

    public WriteLoop(StreamTable streams, ConnectionLife life, CompletionQueue completions, OutgoingFrames frames, Stream transport, WriteLoopOptions options)
    {
        (_streams, _life, _completions, _frames, _transport, _options) = (streams, life, completions, frames, transport, options);
        _onWritten = OnWritten;
    }

    /// <summary>The intrusive link of a list of owed writers.</summary>
    internal WriteLoop? NextOwed { get; set; }

    /// <summary>Ends when nothing will be written any more and what was not written has been given back.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Any thread. False: closed, the request was not taken.</summary>
    public bool TryEnqueue(ConnectionRequest request)
    {
        switch (_queue.Push(request))
        {
            case RequestQueue.PushResult.Closed:
                return false;
            case RequestQueue.PushResult.PushedAndDuty:
                if (!CompletionQueue.TryOwe(this))
                {
                    RunHereOrPost();
                }

                return true;
            default:
                return true;
        }
    }

    // Who starts many requests without awaiting them would pay a socket write for each. So where much is in flight a thread that
    // has just written leaves it to the thread pool, and the write carries what is started until it is run. Only then, since the
    // thread pool may be busy. The last continuation of a batch writes itself.
    private void RunHereOrPost()
    {
        if (_life.Held <= _options.InlineLimit || CompletionQueue.IsDrainingHere || IsFirstInAWhile())
        {
            Run();
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private bool IsFirstInAWhile()
    {
        var now = _options.Time.GetTimestamp();

        // Unsigned: by another connection's clock the last write may lie in the future, and is long ago then.
        if ((ulong)(now - _lastInlineWrite) <= (ulong)(_options.Time.TimestampFrequency / InlineWritesPerSecond))
        {
            return false;
        }

        _lastInlineWrite = now;
        return true;
    }

    /// <summary>Any thread, after the life has ended or retired: makes sure that somebody looks.</summary>
    public void Wake()
    {
        if (TryUnpark() || _queue.TryTakeDuty())
        {
            Run();
        }
        else if (!_life.IsEnding && _life.RetireReason is { } retired)
        {
            GiveBackQueued(retired);
        }
    }

    /// <summary>The read side, after ids were freed: true when the writer waited for one. The caller then has the duty.</summary>
    public bool TryUnpark() => Volatile.Read(ref _isParked) != 0 && Interlocked.Exchange(ref _isParked, 0) != 0;

    void IThreadPoolWorkItem.Execute() => Run();

    /// <summary>Writes until nothing is left. Only for who holds the duty, which he does not hold afterwards.</summary>
    public void Run()
    {
        for (var writes = 0; ;)
        {
            if (_life.IsEnding)
            {
                End();
                return;
            }

            if (_life.RetireReason is { } retired)
            {
                GiveBackUnwritten(retired, _queue.TakeAll(), isRetired: true);
            }

            var areStreamsLeft = Encode();
            if (_frames.Pending > 0)
            {
                if (++writes > MaxWritesPerRun)
                {
                    ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                    return;
                }

                if (!TryWrite())
                {
                    return;
                }
            }
            else if (!areStreamsLeft)
            {
                if (TryPark())
                {
                    return;
                }
            }
            else if (TryRest())
            {
                return;
            }
        }
    }

    // Pairs with Wake: there the end is announced first and the duty tried second, here the duty is given up first and the
    // end looked at second (the compare-and-swap between them is a full fence), so one of the two sees the other.
    private bool TryRest() => _queue.TryGiveUpDuty() && (!_life.IsEnding || !_queue.TryTakeDuty());

    private bool TryPark()
    {
        Interlocked.Exchange(ref _isParked, 1);
        // Pairs with the fence in StreamTable.PublishFreed, after which the read side looks at the flag.
        var mustGoOn = _streams.HasPublished || _life.IsEnding || _life.RetireReason is not null;
        return !mustGoOn || !TryUnpark();
    }

    // Fills the buffer. False: requests are left and no stream id.
    private bool Encode()
    {
        while (_frames.Pending < _options.FlushThresholdBytes)
        {
            _backlog ??= _queue.TakeAll();
            if (_backlog is not { } request)
            {
                return true;
            }

            if (request.Current.State != RequestState.Queued)
            {
                DropFirst(request);
                Unhold();
                continue;
            }

            if (!_streams.TryTake(out var stream))
            {
                return false;
            }

            DropFirst(request);                                     // before the claim: afterwards the link may be somebody else's
            if (request.TryClaim(out var claimed))
            {
                EncodeClaimed(request, claimed, stream);
            }
            else
            {
                _streams.GiveBack(stream);
                Unhold();
            }
        }

        return true;
    }

    private void DropFirst(ConnectionRequest request)
    {
        _backlog = request.Next;
        request.Next = null;
    }

    private void EncodeClaimed(ConnectionRequest request, RequestToken claimed, short stream)
    {
        var start = _frames.Begin();
        try
        {
            request.Encode(_frames.Buffer, stream, _options.Facts);
            var length = _frames.Buffer.Length - start;
            if (length > _options.MaxFrameBytes)
            {
                throw new CqlException(
                    $"The request is {length:N0} bytes long, more than the {_options.MaxFrameBytes:N0} that a frame may have. Send less at a time, or raise the limit here and on the server.");
            }

            _frames.End(start);
        }
#pragma warning disable CA1031 // Whatever an encoder throws is that request's failure; the neighbours in the buffer are whole.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _frames.Undo(start);
            _streams.GiveBack(stream);
            Unhold();
            if (request.OnConnectionClosed(claimed, failure, mayHaveBeenWritten: false))
            {
                _completions.Post(request);
            }

            return;
        }

        _streams.Fill(stream, request, claimed);
    }

    // True: go on. False: the write goes on, and its continuation has the duty.
    private bool TryWrite()
    {
        var bytes = _frames.Seal();
        if (bytes.IsEmpty)
        {
            return true;
        }

        _life.WriteStarts(_options.Time.GetTimestamp());
        try
        {
#pragma warning disable CA2012 // Asked once: here when it has completed, else by the continuation.
            var writing = _transport.WriteAsync(bytes);
#pragma warning restore CA2012
            if (!writing.IsCompleted)
            {
                _writing = writing.GetAwaiter();
                _writing.UnsafeOnCompleted(_onWritten);
                return false;
            }

            writing.GetAwaiter().GetResult();
            AfterWrite();
        }
#pragma warning disable CA1031 // Whatever the transport throws is the reason why the connection ends.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _options.Fault(failure);
        }

        return true;
    }

    private void OnWritten()
    {
        try
        {
            _writing.GetResult();
            AfterWrite();
        }
#pragma warning disable CA1031 // As in TryWrite.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _options.Fault(failure);
        }

        Run();
    }

    private void AfterWrite()
    {
        _life.WriteEnded();
        _frames.Clear();
    }

    private void End()
    {
        Debug.Assert(_life.IsEnding, "The write side ends with the connection.");
        GiveBackUnwritten(_life.EndReason!, _queue.Close(), isRetired: false);
        _frames.Dispose();
        _ended.TrySetResult();
    }

    // Whoever has the duty may be held up by a write that does not move: what was pushed since need not wait for that.
    private void GiveBackQueued(Exception retired)
    {
        var hasDuty = false;
        for (var request = _queue.TakePushed(); request is not null;)
        {
            var next = request.Next;
            request.Next = null;
            if (request.StaysOnRetired && _queue.Push(request) is not RequestQueue.PushResult.Closed and var pushed)
            {
                hasDuty |= pushed == RequestQueue.PushResult.PushedAndDuty;
            }
            else
            {
                GiveBack(retired, request);
            }

            request = next;
        }

        if (hasDuty)
        {
            Run();
        }
    }

    private void GiveBack(Exception reason, ConnectionRequest request)
    {
        var token = request.Current;
        Unhold();
        if (token.State == RequestState.Queued && request.OnConnectionClosed(token, reason, mayHaveBeenWritten: false))
        {
            _completions.Post(request);
        }
    }

    private void GiveBackUnwritten(Exception reason, ConnectionRequest? newer, bool isRetired)
    {
        var older = _backlog;
        _backlog = null;
        GiveBackChain(reason, older, isRetired);
        GiveBackChain(reason, newer, isRetired);
    }

    private void GiveBackChain(Exception reason, ConnectionRequest? request, bool isRetired)
    {
        while (request is not null)
        {
            var next = request.Next;
            request.Next = null;
            if (isRetired && request.StaysOnRetired)
            {
                request.Next = _backlog;
                _backlog = request;
            }
            else
            {
                GiveBack(reason, request);
            }

            request = next;
        }
    }

    private void Unhold()
    {
        _life.Unhold(1);
        _options.OnUnheld();
    }
}

/// <summary>What a write loop needs to know of its connection.</summary>
/// <param name="Facts">What was negotiated.</param>
/// <param name="Time">The clock.</param>
/// <param name="FlushThresholdBytes">A buffer of this size is written even when more requests wait.</param>
/// <param name="MaxFrameBytes">A longer message is refused before it is sent.</param>
/// <param name="Fault">Ends the connection; called while the duty is held.</param>
/// <param name="OnUnheld">A request was given back or dropped before it was written.</param>
internal sealed record WriteLoopOptions(
    ConnectionFacts Facts, TimeProvider Time, int FlushThresholdBytes, int MaxFrameBytes, Action<Exception> Fault, Action OnUnheld)
{
    /// <summary>While no more requests than this are held, who finds the writer idle always writes himself.</summary>
    public int InlineLimit { get; init; } = 8;
}
