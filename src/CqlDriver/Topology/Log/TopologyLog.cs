using System.Collections.Immutable;

namespace CqlDriver.Topology;

/// <param name="Index">1, 2, 3, …: every change has one.</param>
/// <param name="At">When it was decided, since the loop began.</param>
/// <param name="Change">The decision.</param>
internal sealed record LoggedChange(long Index, TimeSpan At, TopologyChange Change);

/// <summary>
/// The decisions in order; a ring that forgets the oldest ones. Written by the loop alone, before anything is published, so
/// that a snapshot is always the fold of what stands here. Read from any thread.
/// </summary>
internal sealed class TopologyLog(int capacity)
{
    private ImmutableQueue<LoggedChange> _entries = [];
    private int _count;

    /// <summary>The newest position; 0 before the first.</summary>
    public long LastIndex { get; private set; }

    /// <summary>What is still kept, oldest first.</summary>
    public ImmutableArray<LoggedChange> Entries => [.. Volatile.Read(ref _entries)];

    public void Append(IReadOnlyList<TopologyChange> changes, TimeSpan at)
    {
        var entries = _entries;
        foreach (var change in changes)
        {
            // Dense by construction: the step numbered them from the snapshot's position on.
            if (change.Index != LastIndex + 1)
            {
                throw new InvalidOperationException($"Change {change.Index} ({change.GetType().Name}) does not follow {LastIndex}.");
            }

            entries = entries.Enqueue(new LoggedChange(change.Index, at, change));
            LastIndex = change.Index;
            if (_count == capacity)
            {
                entries = entries.Dequeue();
            }
            else
            {
                _count++;
            }
        }

        Volatile.Write(ref _entries, entries);
    }
}
