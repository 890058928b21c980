using System.Collections.Concurrent;
using CqlDriver.Connections;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.Tests.Connections;

/// <summary>A request that writes an OPTIONS frame with a body of its choosing and notes everything that happens to it.</summary>
internal sealed class ProbeRequest : ConnectionRequest
{
    private readonly TaskCompletionSource<string> _outcome = new();

    public ProbeRequest(byte[]? body = null)
    {
        Body = body ?? [];
        Reset(default(RequestToken).With(RequestState.Queued));
    }

    public byte[] Body { get; }

    public int Encoded { get; private set; }

    public short Stream { get; private set; } = -1;

    public byte[]? Answer { get; private set; }

    public FrameHeader Header { get; private set; }

    public int Answers { get; private set; }

    public ConcurrentQueue<(Exception Reason, bool MayHaveBeenWritten)> Ends { get; } = new();

    /// <summary>Runs on the completion queue's drainer.</summary>
    public Action<ProbeRequest>? OnComplete { get; init; }

    public Exception? EncoderFailure { get; init; }

    /// <summary>Runs between the claim and the slot.</summary>
    public Action<ProbeRequest>? OnEncode { get; init; }

    public Task<string> Outcome => _outcome.Task;

    /// <summary>What a timeout or a cancellation does. Returns the state that it was moved from, or null when it came too late.</summary>
    public RequestState? GiveUp()
    {
        while (true)
        {
            var seen = Current;
            if (seen.State is not (RequestState.Queued or RequestState.Written))
            {
                return null;
            }

            if (TryMove(seen, seen.With(RequestState.Settled)))
            {
                return seen.State;
            }
        }
    }

    internal override void Encode(GrowableBuffer buffer, short stream, ConnectionFacts connection)
    {
        Encoded++;
        OnEncode?.Invoke(this);
        Stream = stream;
        new FrameHeader((byte)connection.Version, false, FrameFlags.None, stream, Opcode.Options, Body.Length).Write(buffer.Append(FrameHeader.Size));
        buffer.Write(Body);
        if (EncoderFailure is not null)
        {
            throw EncoderFailure;
        }

    }

    internal override bool OnAnswer(RequestToken claimed, in FrameHeader header, ReadOnlySpan<byte> body, ref byte[]? owned)
    {
        if (!TryMove(claimed, claimed.With(RequestState.Answered)))
        {
            return false;
        }

        Answers++;
        Header = header;
        Answer = body.ToArray();
        return true;
    }

    internal override bool OnConnectionClosed(RequestToken token, Exception reason, bool mayHaveBeenWritten)
    {
        Ends.Enqueue((reason, mayHaveBeenWritten));
        return TryMove(token, token.With(RequestState.Answered));
    }

    internal override void Complete()
    {
        try
        {
            OnComplete?.Invoke(this);
            _outcome.TrySetResult(Answer is not null ? "answered" : "closed");
        }
        catch (Exception failure)
        {
            _outcome.TrySetException(failure);                      // the test's, not the process's
        }
    }
}
