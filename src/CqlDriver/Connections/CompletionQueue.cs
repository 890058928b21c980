using System.Diagnostics;

namespace CqlDriver.Connections;

/// <summary>
/// Runs <see cref="ConnectionRequest.Complete"/> of answered requests on the thread pool, and makes one socket write of
/// the many requests that their continuations send.
/// </summary>
/// <remarks>
/// <para>The answers of one socket read are posted as one chain and drained by one work item. User code runs inline in
/// the drainer, so two things must hold whatever it does.</para>
/// <para><b>A continuation that blocks holds up nobody.</b> Before a drainer runs one while others remain, it makes sure
/// that a sibling work item is queued and not started (one at most). If the continuation blocks, the sibling takes the
/// rest, and before the first one that might block queues a sibling of its own.</para>
/// <para><b>A write that is owed is never stranded.</b> A continuation usually sends the next request. While others
/// remain, the writer whose duty it acquired is not run but put on the owed list: the following continuations push
/// theirs onto the same writer, and one write carries them all. Owing is allowed only while the queue is not empty, which
/// is looked at under the lock that also adds to the list. So whenever a list is not empty, the queue is not either, or
/// some drainer has just taken the list and runs it next; and a queue that is not empty has a sibling queued (or a
/// drainer that is about to look at it). A sibling runs the list as the first thing it does; whoever takes the last
/// request runs it before that request; a drainer runs it after every <see cref="OwedLimit"/> completions, so that slow
/// neighbours delay a write by no more. None of these waits for a continuation to return. A continuation that blocks on
/// an answer to its own request therefore gets it: its writer is run by the sibling, which was queued before it.</para>
/// <para>With one request in flight the queue is empty when its continuation runs, and it writes inline: no thread hop.</para>
/// <para>The lock guards two lists and a flag that only together mean something; it is held for a few instructions and
/// never across a call, so a spinning one does: entering and leaving the runtime's own took twice the time. An interlocked list would not do: popping from a shared one meets requests that were pooled and
/// posted again (ABA), and "is it empty" and "owe" must be one step.</para>
/// </remarks>
internal sealed class CompletionQueue : IThreadPoolWorkItem
{
    private const int OwedLimit = 64;

    // The queue whose continuation is running on this thread, if one is.
    [ThreadStatic]
    private static CompletionQueue? _draining;

    private SpinLock _lock = new(enableThreadOwnerTracking: false);     // not readonly: it is a struct that changes
    private ConnectionRequest? _head;
    private ConnectionRequest? _tail;
    private WriteLoop? _owed;
    private bool _isSiblingQueued;

    /// <summary>Whether this thread is running a continuation.</summary>
    public static bool IsDrainingHere => _draining is not null;

    /// <summary>
    /// Called by whoever has acquired a writer's duty: true when this thread is running a continuation while others
    /// remain; the writer will be run soon, by another if need be. False: run it yourself.
    /// </summary>
    public static bool TryOwe(WriteLoop writer) => _draining is { } queue && queue.TryAddOwed(writer);

    /// <summary>Queues a chain of requests linked by <see cref="ConnectionRequest.Next"/>, and a writer to be run with them.</summary>
    public void Post(ConnectionRequest head, ConnectionRequest tail, WriteLoop? owed = null)
    {
        Debug.Assert(tail.Next is null, "A chain ends at its tail.");
        Debug.Assert(owed?.NextOwed is null, "A writer has one duty, and is owed once.");
        Enter();
        if (_tail is null)
        {
            _head = head;
        }
        else
        {
            _tail.Next = head;
        }

        _tail = tail;
        if (owed is not null)
        {
            owed.NextOwed = _owed;
            _owed = owed;
        }

        var queueSibling = !_isSiblingQueued;
        _isSiblingQueued = true;
        Exit();
        if (queueSibling)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Queues one request.</summary>
    public void Post(ConnectionRequest request) => Post(request, request);

    void IThreadPoolWorkItem.Execute()
    {
        Debug.Assert(_draining is null, "A work item does not run inside another.");
        RunOwed(Start());
        var sinceOwed = 0;
        _draining = this;
        try
        {
            while (TryTake(++sinceOwed >= OwedLimit, out var request, out var owed, out var queueSibling))
            {
                if (queueSibling)
                {
                    ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                }

                if (owed is not null)
                {
                    sinceOwed = 0;
                    RunOwed(owed);
                }

                request.Complete();
            }
        }
        finally
        {
            _draining = null;
        }
    }

    private static void RunOwed(WriteLoop? writer)
    {
        while (writer is not null)
        {
            var next = writer.NextOwed;
            writer.NextOwed = null;
            writer.Run();
            writer = next;
        }
    }

    private bool TryAddOwed(WriteLoop writer)
    {
        Debug.Assert(writer.NextOwed is null, "A writer has one duty, and is owed once.");
        Enter();
        var mayOwe = _head is not null;
        if (mayOwe)
        {
            writer.NextOwed = _owed;
            _owed = writer;
        }

        Exit();
        return mayOwe;
    }

    private WriteLoop? Start()
    {
        Enter();
        _isSiblingQueued = false;
        var owed = TakeOwed();
        Exit();
        return owed;
    }

    private bool TryTake(bool isOwedDue, out ConnectionRequest request, out WriteLoop? owed, out bool queueSibling)
    {
        owed = null;
        queueSibling = false;
        Enter();
        request = _head!;
        if (request is not null)
        {
            _head = request.Next;
            request.Next = null;
            if (_head is null)
            {
                _tail = null;
                owed = TakeOwed();
            }
            else
            {
                queueSibling = !_isSiblingQueued;
                _isSiblingQueued = true;
                owed = isOwedDue ? TakeOwed() : null;
            }
        }
        else
        {
            Debug.Assert(_owed is null, "Nothing is owed while nothing remains.");
        }

        Exit();
        return request is not null;
    }

    private void Enter()
    {
        var isTaken = false;
        _lock.Enter(ref isTaken);
    }

    private void Exit() => _lock.Exit(useMemoryBarrier: false);

    private WriteLoop? TakeOwed()
    {
        var owed = _owed;
        _owed = null;
        return owed;
    }
}
