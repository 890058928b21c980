using System.Collections.Immutable;

namespace CqlDriver.Topology;

/// <summary>Keeps nothing but the position.</summary>
public sealed class NoOpApplier : TopologyApplier
{
    private protected override void Take(TopologyLogEntry entry, TopologyChange change)
    {
    }
}

/// <summary>Keeps the newest entries as they came, and counts them by kind; what they say of nodes is not looked at.</summary>
public sealed class LogOnlyApplier : TopologyApplier
{
    private readonly long[] _counts = new long[byte.MaxValue + 1];
    private readonly Queue<TopologyLogEntry> _history = new();
    private readonly int _capacity;

    /// <summary>Creates one.</summary>
    /// <param name="capacity">How many entries are kept, at least 1.</param>
    public LogOnlyApplier(int capacity = 1_024)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = capacity;
    }

    /// <summary>The newest entries, oldest first.</summary>
    public ImmutableArray<TopologyLogEntry> History => [.. _history];

    /// <summary>How many entries of a kind were applied, the parts of batches included.</summary>
    /// <param name="kind">The kind.</param>
    public long Count(TopologyEntryKind kind) => _counts[(byte)kind];

    private protected override void Take(TopologyLogEntry entry, TopologyChange change)
    {
        if (_history.Count == _capacity)
        {
            _history.Dequeue();
        }

        _history.Enqueue(entry);
        Count(change);
    }

    private void Count(TopologyChange change)
    {
        _counts[(byte)TopologyChangeCodec.KindOf(change)]++;
        if (change is ChangeBatch batch)
        {
            foreach (var part in batch.Changes)
            {
                Count(part);
            }
        }
    }
}

/// <summary>Keeps the snapshot that the entries make. Read from any thread.</summary>
public sealed class SnapshotApplier : TopologyApplier
{
    private Metadata _current = Metadata.Empty;

    /// <summary>The cluster as the entries so far make it.</summary>
    public Metadata Current => Volatile.Read(ref _current);

    private protected override void Take(TopologyLogEntry entry, TopologyChange change)
    {
        var position = change.Index > 0 ? change.Index : _current.AppliedIndex + 1;
        Volatile.Write(ref _current, MetadataEvolver.Apply(_current, [change with { Index = position, Source = change.Source ?? entry.Position }]));
    }
}

/// <summary>Gives entries to several appliers, which all get all of them, whatever becomes of the others.</summary>
public sealed class CompositeApplier : ITopologyApplier
{
    private readonly ImmutableArray<ITopologyApplier> _parts;

    /// <summary>Creates one.</summary>
    /// <param name="parts">The appliers, at least one.</param>
    public CompositeApplier(params ReadOnlySpan<ITopologyApplier> parts)
    {
        if (parts.IsEmpty)
        {
            throw new ArgumentException("At least one applier is needed.", nameof(parts));
        }

        _parts = [.. parts];
    }

    /// <summary>The position that all of them have reached.</summary>
    public LogPosition Position => _parts.Min(static part => part.Position);

    /// <inheritdoc/>
    public LogPosition Apply(ReadOnlySpan<TopologyLogEntry> entries)
    {
        TopologyFaultException? fault = null;
        foreach (var part in _parts)
        {
            try
            {
                part.Apply(entries);
            }
            catch (TopologyFaultException error)
            {
                fault ??= error;
            }
        }

        return fault is null ? Position : throw fault;
    }
}
