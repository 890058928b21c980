using System.Collections.Concurrent;
using CqlDriver.Topology;

namespace CqlDriver.Effects;

/// <summary>Callers that wait for the loop, by number. The loop knows the numbers, and says when and how a wait ends.</summary>
internal sealed class Waiters
{
    private readonly ConcurrentDictionary<long, TaskCompletionSource> _waiting = new();
    private long _last;

    /// <summary>Waits for the answer to what <paramref name="post"/> posts.</summary>
    /// <param name="post">Posts the question with the wait's number; false: the loop has ended.</param>
    /// <param name="limit">The limit.</param>
    /// <param name="time">The clock.</param>
    /// <param name="giveUp">Told the number when the caller stops waiting.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="TimeoutException">No answer within the limit.</exception>
    public async Task WaitAsync(Func<long, bool> post, TimeSpan limit, TimeProvider time, Action<long> giveUp, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _last);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[number] = answer;
        try
        {
            ObjectDisposedException.ThrowIf(!post(number), typeof(TopologyLoop));
            await answer.Task.WaitAsync(limit, time, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (_waiting.TryRemove(number, out _))
            {
                giveUp(number);
            }
        }
    }

    public void Answer(AnswerWaiters effect)
    {
        foreach (var number in effect.Waiters)
        {
            if (_waiting.TryRemove(number, out var waiting))
            {
                Settle(waiting, effect.Error);
            }
        }
    }

    /// <summary>The loop has ended: nobody is answered any more.</summary>
    public void End()
    {
        foreach (var number in _waiting.Keys)
        {
            if (_waiting.TryRemove(number, out var waiting))
            {
                Settle(waiting, new ObjectDisposedException(nameof(TopologyLoop)));
            }
        }
    }

    private static void Settle(TaskCompletionSource waiting, Exception? error)
    {
        if (error is null)
        {
            waiting.TrySetResult();
        }
        else
        {
            waiting.TrySetException(error);
        }
    }
}
