using System.Diagnostics;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.Connections;

/// <summary>What became of a request that was handed to a connection.</summary>
internal enum EnqueueResult
{
    /// <summary>The connection holds it: it will be answered, or told that the connection ended.</summary>
    Taken,

    /// <summary>Too many are held already. The request was not taken.</summary>
    Full,

    /// <summary>The connection is closing. The request was not taken and will never be written.</summary>
    Closed,
}

/// <summary>
/// The queue between callers and the one who writes: many producers, one consumer, intrusive, no lock.
/// </summary>
/// <remarks>
/// One field is the whole state: empty and nobody writes (null), somebody writes (the busy mark, with what was pushed
/// since in front of it), or closed. So the push that finds null knows, by the same compare-and-swap that pushed, that the
/// duty to write is now its own; there is exactly one duty, and whoever has it may keep it in a local variable, a pending
/// socket write or a list of owed writers. Producers push onto a stack; the consumer takes all of it and turns it round.
/// </remarks>
internal sealed class RequestQueue
{
    private static readonly ConnectionRequest Busy = new Mark();
    private static readonly ConnectionRequest Closed = new Mark();

    private ConnectionRequest? _head;

    internal enum PushResult
    {
        Pushed,
        PushedAndDuty,
        Closed,
    }

    /// <summary>Any thread.</summary>
    public PushResult Push(ConnectionRequest request)
    {
        Debug.Assert(request.Next is null, "A request is in one queue at a time.");
        while (true)
        {
            var seen = Volatile.Read(ref _head);
            if (ReferenceEquals(seen, Closed))
            {
                request.Next = null;
                return PushResult.Closed;
            }

            request.Next = seen;
            if (ReferenceEquals(Interlocked.CompareExchange(ref _head, request, seen), seen))
            {
                return seen is null ? PushResult.PushedAndDuty : PushResult.Pushed;
            }
        }
    }

    /// <summary>Any thread: takes the duty if nobody has it.</summary>
    public bool TryTakeDuty() => Interlocked.CompareExchange(ref _head, Busy, null) is null;

    /// <summary>Duty only: gives the duty up, unless something was pushed meanwhile.</summary>
    public bool TryGiveUpDuty() => ReferenceEquals(Interlocked.CompareExchange(ref _head, null, Busy), Busy);

    /// <summary>Duty only: takes what was pushed, oldest first.</summary>
    public ConnectionRequest? TakeAll() =>
        ReferenceEquals(Volatile.Read(ref _head), Busy) ? null : TurnRound(Interlocked.Exchange(ref _head, Busy));

    /// <summary>Any thread: takes what was pushed, oldest first, and leaves the duty where it is.</summary>
    public ConnectionRequest? TakePushed()
    {
        while (true)
        {
            var seen = Volatile.Read(ref _head);
            if (seen is null or Mark)
            {
                return null;
            }

            if (ReferenceEquals(Interlocked.CompareExchange(ref _head, Busy, seen), seen))
            {
                return TurnRound(seen);
            }
        }
    }

    /// <summary>Duty only: nothing is taken any more. Returns what was left, oldest first. The duty ends with it.</summary>
    public ConnectionRequest? Close() => TurnRound(Interlocked.Exchange(ref _head, Closed));

    private static ConnectionRequest? TurnRound(ConnectionRequest? newest)
    {
        ConnectionRequest? oldest = null;
        while (newest is not null && !ReferenceEquals(newest, Busy))
        {
            var older = newest.Next;
            newest.Next = oldest;
            oldest = newest;
            newest = older;
        }

        return oldest;
    }

    private sealed class Mark : ConnectionRequest
    {
        internal override void Encode(GrowableBuffer buffer, short stream, ConnectionFacts connection) => throw new UnreachableException();

        internal override bool OnAnswer(RequestToken claimed, in FrameHeader header, ReadOnlySpan<byte> body, ref byte[]? owned) =>
            throw new UnreachableException();

        internal override bool OnConnectionClosed(RequestToken token, Exception reason, bool mayHaveBeenWritten) => throw new UnreachableException();

        internal override void Complete() => throw new UnreachableException();
    }
}
