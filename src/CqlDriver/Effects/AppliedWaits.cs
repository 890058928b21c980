using System.Collections.Immutable;
using CqlDriver.Topology;

namespace CqlDriver.Effects;

/// <summary>Callers that wait until the snapshot contains something. Any thread waits; the loop publishes.</summary>
internal sealed class AppliedWaits
{
    private ImmutableArray<Wait> _waits = [];

    /// <summary>Waits until a snapshot is as it is wanted.</summary>
    /// <exception cref="TopologyFaultException">The source cannot be believed any more.</exception>
    public async Task WaitAsync(Func<Metadata> current, Func<Exception?> fault, Func<Metadata, bool> isReached, CancellationToken cancellationToken)
    {
        var wait = new Wait(isReached);
        ImmutableInterlocked.Update(ref _waits, static (all, added) => all.Add(added), wait);
        try
        {
            // What was published, or went wrong, between the caller's look and the entry here nobody would tell.
            if (!isReached(current()))
            {
                if (fault() is TopologyFaultException standing)
                {
                    throw standing;
                }

                await wait.Reached.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            ImmutableInterlocked.Update(ref _waits, static (all, removed) => all.Remove(removed), wait);
        }
    }

    /// <summary>Called by the loop after the swap.</summary>
    public void Publish(Metadata metadata)
    {
        foreach (var wait in _waits)
        {
            if (wait.IsReached(metadata))
            {
                wait.Reached.TrySetResult();
            }
        }
    }

    public void Fail(Exception error)
    {
        foreach (var wait in _waits)
        {
            wait.Reached.TrySetException(error);
        }
    }

    private sealed class Wait(Func<Metadata, bool> isReached)
    {
        public Func<Metadata, bool> IsReached { get; } = isReached;

        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
