using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.Connections;

/// <summary>Writes one whole frame: header and body.</summary>
internal delegate void FrameWriter(GrowableBuffer buffer, short stream, ConnectionFacts connection);

/// <summary>An answer, copied off the read loop.</summary>
internal readonly record struct RawAnswer(FrameHeader Header, ReadOnlyMemory<byte> Body);

/// <summary>What the driver asks on its own behalf: handshake, system tables, heartbeats. One use, no pool.</summary>
internal sealed class InternalRequest : ConnectionRequest
{
    private readonly FrameWriter _write;
    private readonly TaskCompletionSource<RawAnswer> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RawAnswer _answer;
    private Exception? _failure;

    public InternalRequest(FrameWriter write, bool staysOnRetired = false)
    {
        (_write, StaysOnRetired) = (write, staysOnRetired);
        Reset(default(RequestToken).With(RequestState.Queued));
    }

    public Task<RawAnswer> Answered => _answered.Task;

    internal override bool StaysOnRetired { get; }

    /// <summary>Timeout or cancellation. True: it was written and not answered, the connection is to be told of an orphan.</summary>
    public bool GiveUp()
    {
        while (true)
        {
            var seen = Current;
            if (seen.State is not (RequestState.Queued or RequestState.Written))
            {
                return false;
            }

            if (TryMove(seen, seen.With(RequestState.Settled)))
            {
                return seen.State == RequestState.Written;
            }
        }
    }

    internal override void Encode(GrowableBuffer buffer, short stream, ConnectionFacts connection) => _write(buffer, stream, connection);

    internal override bool OnAnswer(RequestToken claimed, in FrameHeader header, ReadOnlySpan<byte> body, ref byte[]? owned)
    {
        if (!TryMove(claimed, claimed.With(RequestState.Answered)))
        {
            return false;
        }

        _answer = new RawAnswer(header, body.ToArray());
        return true;
    }

    internal override bool OnConnectionClosed(RequestToken token, Exception reason, bool mayHaveBeenWritten)
    {
        if (!TryMove(token, token.With(RequestState.Answered)))
        {
            return false;
        }

        _failure = reason;
        return true;
    }

    internal override void Complete()
    {
        if (_failure is null)
        {
            _answered.TrySetResult(_answer);
        }
        else
        {
            _answered.TrySetException(_failure);
            _ = _answered.Task.Exception;                           // nobody awaits a heartbeat: its failure is not "unobserved"
        }
    }
}
