using CqlDriver.Diagnostics;
using Microsoft.Extensions.Logging;

namespace CqlDriver.Execution;

/// <summary>
/// The owner of a session's tasks that no caller awaits: preparing anew, preparing on further nodes, waiting for agreement.
/// Each is bounded by its own timeout; a failure is logged; closing waits for all of them.
/// </summary>
internal sealed class BackgroundTasks(ILogger logger)
{
    // A lock, because "closed" and "added" must be one step; taken on cold paths only.
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _running = [];
    private bool _isClosed;

    /// <summary>Starts and owns a task. False: closing, nothing was started.</summary>
    public bool TryRun(string what, Func<Task> start)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return false;
            }

            _running.Add(ObserveAsync(what, start));
            _running.RemoveWhere(task => task.IsCompleted);
            return true;
        }
    }

    /// <summary>Refuses new tasks and waits for those that run.</summary>
    public async Task CloseAsync()
    {
        Task[] left;
        lock (_lock)
        {
            _isClosed = true;
            left = [.. _running];
        }

        await Task.WhenAll(left).ConfigureAwait(false);
    }

    private async Task ObserveAsync(string what, Func<Task> start)
    {
        // Off the caller's stack: the lock is held there, and what is started may complete requests.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await start().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The session closed or the request ended meanwhile.
        }
#pragma warning disable CA1031 // The last owner of a task logs whatever it threw.
        catch (Exception error)
#pragma warning restore CA1031
        {
            logger.BackgroundTaskFailed(what, error);
        }
    }
}
