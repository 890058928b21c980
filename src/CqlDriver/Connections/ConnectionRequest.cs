using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.Connections;

/// <summary>
/// What a connection carries: something that can be encoded, answered, and told that the connection is gone.
/// Its life is one 64-bit word, changed by compare-and-swap alone, from the value the changer saw.
/// </summary>
/// <remarks>
/// <para>The order of a request's steps on a connection: its owner moves the word to <see cref="RequestState.Queued"/> and
/// enqueues it; the write loop claims it (<see cref="TryClaim"/>), encodes it, and only then fills its slot in the stream
/// table, with the token of the claim. From that moment the write loop does not touch it. The read loop takes the slot and
/// calls <see cref="OnAnswer"/> with that token; who settled the request meanwhile (timeout, cancellation) has moved the
/// word, and the answer is nobody's: it is dropped and the stream id is free again.</para>
/// <para>A request that was cancelled, timed out or failed is garbage, on purpose: an encoder, a queue or a stream table
/// may still refer to it. So an entry found in a queue is never a stranger that was pooled and rented again.</para>
/// </remarks>
internal abstract class ConnectionRequest
{
    private long _word;

    /// <summary>The intrusive link: of a connection's request queue first, of a completion queue later, never of both.</summary>
    internal ConnectionRequest? Next { get; set; }

    /// <summary>Written even when the connection has retired: a sign of life, while others finish.</summary>
    internal virtual bool StaysOnRetired => false;

    /// <summary>The word now. Pairs with the compare-and-swap in <see cref="TryMove"/>.</summary>
    internal RequestToken Current => new(Volatile.Read(ref _word));

    /// <summary>The write loop takes a queued request. False: it was cancelled or timed out before; nothing is sent.</summary>
    internal bool TryClaim(out RequestToken claimed)
    {
        var seen = Current;
        claimed = seen.With(RequestState.Written);
        return seen.State == RequestState.Queued && TryMove(seen, claimed);
    }

    /// <summary>
    /// Appends the whole message, header included, to <paramref name="buffer"/>. Runs on the thread of the write loop,
    /// must not throw for anything a caller could have got wrong (that is checked before the hand-over).
    /// </summary>
    /// <param name="buffer">Receives the frame; may hold earlier frames.</param>
    /// <param name="stream">The stream id for the header.</param>
    /// <param name="connection">What was negotiated: protocol version, extensions.</param>
    internal abstract void Encode(GrowableBuffer buffer, short stream, ConnectionFacts connection);

    /// <summary>
    /// An answer has come. Runs on the read loop: short, no user code. The body is valid during the call; when
    /// <paramref name="owned"/> is not null the body lies at its start (rented from the shared array pool) and the request
    /// may keep the array by setting it to null. The body is uncompressed; header flags are those of the frame.
    /// </summary>
    /// <returns>
    /// True: the answer was taken, and <see cref="Complete"/> is to be run on a pool thread. False: the word had moved, the
    /// answer is an orphan's. Who moved it from <see cref="RequestState.Written"/> calls <see cref="CqlConnection.NoteOrphan"/>
    /// once, and the connection counts the two against each other; so false must mean this and nothing else.
    /// </returns>
    internal abstract bool OnAnswer(RequestToken claimed, in FrameHeader header, ReadOnlySpan<byte> body, ref byte[]? owned);

    /// <summary>
    /// The connection ended. Called once for each request that it held, queued or written.
    /// </summary>
    /// <param name="token">The claim's token when it was written, the word now when it was still queued.</param>
    /// <param name="reason">
    /// Why the connection ended, or retired before this request was written; or what its own encoder threw, then
    /// <paramref name="token"/> is the claim's and nothing was written.
    /// </param>
    /// <param name="mayHaveBeenWritten">False: the server cannot have seen it, any other connection may take it.</param>
    /// <returns>True when <see cref="Complete"/> is to be run on a pool thread.</returns>
    internal abstract bool OnConnectionClosed(RequestToken token, Exception reason, bool mayHaveBeenWritten);

    /// <summary>Handles what <see cref="OnAnswer"/> or <see cref="OnConnectionClosed"/> left, on a pool thread. May run user code.</summary>
    internal abstract void Complete();

    /// <summary>Moves the word if it is still what was seen.</summary>
    protected bool TryMove(RequestToken seen, RequestToken to) => Interlocked.CompareExchange(ref _word, to.Word, seen.Word) == seen.Word;

    /// <summary>Sets the word while nobody else knows of the request.</summary>
    protected void Reset(RequestToken token) => Volatile.Write(ref _word, token.Word);
}
