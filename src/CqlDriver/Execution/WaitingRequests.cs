using System.Collections.Concurrent;

namespace CqlDriver.Execution;

/// <summary>
/// Requests that wait for room on a connection, oldest first, bounded. Each request that ends lets one go on; the sweep lets
/// some go on too, so that no wake-up can be lost. One that timed out or was cancelled meanwhile is found settled and passed over.
/// </summary>
internal sealed class WaitingRequests(int limit)
{
    [ThreadStatic]
    private static bool _isReleasing;

    [ThreadStatic]
    private static int _owed;

    private readonly ConcurrentQueue<RequestExecution> _queue = new();
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Makes room for one. False: as many wait as may.</summary>
    public bool TryReserve()
    {
        if (Interlocked.Increment(ref _count) <= limit)
        {
            return true;
        }

        Interlocked.Decrement(ref _count);
        return false;
    }

    /// <summary>Adds a request for which room was made.</summary>
    public void Add(RequestExecution request) => _queue.Enqueue(request);

    /// <summary>
    /// Lets as many waiting requests try again as have ended, oldest first. One that tries again may end at once and so call this
    /// again, on the same thread: that call only counts, and the first one goes on, so that a hundred thousand cancelled
    /// requests do not become a hundred thousand frames of stack.
    /// </summary>
    public void Release(int count = 1)
    {
        _owed += count;
        if (_isReleasing)
        {
            return;
        }

        _isReleasing = true;
        try
        {
            while (_owed > 0)
            {
                _owed--;
                if (!TryReleaseOne())
                {
                    _owed = 0;
                }
            }
        }
        finally
        {
            _isReleasing = false;
        }
    }

    private bool TryReleaseOne()
    {
        while (Volatile.Read(ref _count) > 0 && _queue.TryDequeue(out var request))
        {
            Interlocked.Decrement(ref _count);
            if (request.Resume())
            {
                return true;
            }
        }

        return false;
    }
}
