using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using CqlDriver.Topology;

namespace CqlDriver.Effects;

/// <summary>
/// Hands the changes to whoever listens, in order, after the snapshot that contains them is published. The loop never waits
/// for a listener: each has a bounded channel, and one that is too slow gets the snapshot in place of what it missed.
/// </summary>
internal sealed class ChangeListeners(int capacity, Func<Metadata> current, Func<TopologyLog> log)
{
    private ImmutableArray<Subscription> _subscriptions = [];
    private bool _hasEnded;

    /// <summary>The changes after a position, or from now on. Ends when the cluster object is disposed.</summary>
    /// <param name="after">The last position that is known; null: what comes from now on. Of what is not kept any more the snapshot stands in.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<TopologyChange> ListenAsync(long? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var subscription = new Subscription(capacity);
        ImmutableInterlocked.Update(ref _subscriptions, static (all, added) => all.Add(added), subscription);
        if (Volatile.Read(ref _hasEnded))
        {
            subscription.End();
        }

        try
        {
            var seen = after ?? current().AppliedIndex;
            foreach (var change in after is null ? [] : Kept(seen))
            {
                seen = change.Index;
                yield return change;
            }

            while (await subscription.WaitAsync(cancellationToken).ConfigureAwait(false))
            {
                while (subscription.TryTake(current, out var change))
                {
                    // A snapshot may contain what is still in the channel.
                    if (change.Index > seen)
                    {
                        seen = change.Index;
                        yield return change;
                    }
                }
            }
        }
        finally
        {
            ImmutableInterlocked.Update(ref _subscriptions, static (all, removed) => all.Remove(removed), subscription);
        }
    }

    /// <summary>What the log still has after a position, or the snapshot when something after it is gone.</summary>
    private IEnumerable<TopologyChange> Kept(long after)
    {
        var kept = log().Entries;
        if (kept.IsEmpty || kept[^1].Index <= after)
        {
            return [];
        }

        return kept[0].Index <= after + 1
            ? kept.Where(entry => entry.Index > after).Select(static entry => entry.Change)
            : [new SnapshotInstalled(current())];
    }

    /// <summary>Called by the loop after the swap.</summary>
    public void Publish(IReadOnlyList<TopologyChange> changes)
    {
        foreach (var subscription in _subscriptions)
        {
            foreach (var change in changes)
            {
                subscription.Offer(change);
            }
        }
    }

    public void End()
    {
        Volatile.Write(ref _hasEnded, true);
        foreach (var subscription in _subscriptions)
        {
            subscription.End();
        }
    }

    private sealed class Subscription(int capacity)
    {
        private readonly Channel<TopologyChange> _changes = Channel.CreateBounded<TopologyChange>(
            new BoundedChannelOptions(capacity) { SingleReader = true, SingleWriter = true, FullMode = BoundedChannelFullMode.Wait });

        private bool _hasMissed;

        public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _changes.Reader.WaitToReadAsync(cancellationToken);

        /// <summary>Pairs with <see cref="TryTake"/>: the snapshot was published before a change is offered, so whoever sees the mark sees a snapshot with it.</summary>
        public void Offer(TopologyChange change)
        {
            if (!_changes.Writer.TryWrite(change))
            {
                Volatile.Write(ref _hasMissed, true);
            }
        }

        public bool TryTake(Func<Metadata> current, out TopologyChange change)
        {
            if (_changes.Reader.TryRead(out change!))
            {
                return true;
            }

            if (!Volatile.Read(ref _hasMissed))
            {
                return false;
            }

            Volatile.Write(ref _hasMissed, false);
            change = new SnapshotInstalled(current());
            return true;
        }

        public void End() => _changes.Writer.TryComplete();
    }
}
