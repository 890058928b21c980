namespace CqlDriver.Topology;

/// <summary>The rules that all appliers keep; what one does with an entry is its own.</summary>
public abstract class TopologyApplier : ITopologyApplier
{
    private TopologyFaultException? _fault;

    private protected TopologyApplier()
    {
    }

    /// <inheritdoc/>
    public LogPosition Position { get; private set; }

    /// <summary>How many entries were applied.</summary>
    public long Applied { get; private set; }

    /// <summary>How many entries were ignored, because they were applied before or because of a fault.</summary>
    public long Ignored { get; private set; }

    /// <summary>Why nothing is applied until a snapshot comes; null: nothing is wrong.</summary>
    public TopologyFaultException? Fault => _fault;

    /// <inheritdoc/>
    public LogPosition Apply(ReadOnlySpan<TopologyLogEntry> entries)
    {
        foreach (var entry in entries)
        {
            Apply(entry);
        }

        return _fault is null ? Position : throw _fault;
    }

    /// <summary>Takes what an entry says. An exception is a fault, and nothing of the entry may be left then.</summary>
    private protected abstract void Take(TopologyLogEntry entry, TopologyChange change);

    private void Apply(TopologyLogEntry entry)
    {
        var (change, fault) = LogRules.Judge(Position, _fault is not null, entry);
        if (fault is not null)
        {
            _fault ??= new TopologyFaultException("The log", fault);
            return;
        }

        if (change is null)
        {
            Ignored++;
            return;
        }

        try
        {
            Take(entry, change);
        }
#pragma warning disable CA1031 // Whatever it is: nothing of the entry was taken, and the position stays before it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _fault ??= new TopologyFaultException("The log", $"entry {entry.Position} could not be applied: {error.Message}", error);
            return;
        }

        Position = entry.Position;
        Applied++;
        _fault = null;
    }
}
