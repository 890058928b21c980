using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>
/// I19: the nodes are those of the entry that was applied last: all of a batch, or nothing. I20: the position never falls, an
/// entry that was told again brings nobody back, and after a fault nothing changes until a snapshot.
/// </summary>
internal sealed class LogInvariants(SimulationWorld world)
{
    private readonly Dictionary<LogPosition, Expected> _expected = [];
    private SortedSet<HostId> _last = [];
    private CommittedLog _before = CommittedLog.Unread;

    /// <summary>An entry was written.</summary>
    /// <param name="position">Where.</param>
    /// <param name="nodes">Who is a member after it; null: as before.</param>
    /// <param name="isSnapshot">Whether it tells everything.</param>
    /// <param name="isWhole">Whether all of it can be applied.</param>
    public void Expect(LogPosition position, SortedSet<HostId>? nodes, bool isSnapshot, bool isWhole)
    {
        _last = nodes ?? _last;
        _expected[position] = new Expected(_last, isSnapshot, isWhole);
    }

    public void Before() => _before = world.State.Committed;

    public void After(TopologyInput input)
    {
        var (metadata, committed) = (world.Metadata, world.State.Committed);
        if (world.Topology.Loop.Fault is { } fault and not TopologyFaultException && committed.Fault is null)
        {
            throw new InvariantViolationException("fault", $"{input.GetType().Name}: {fault}");
        }

        if (metadata.Source < _before.Applied || metadata.Source != committed.Applied)
        {
            throw new InvariantViolationException("I20", $"{metadata.Source} follows {_before.Applied}; the log is at {committed.Applied}");
        }

        if (_before.Fault is not null && committed.Applied != _before.Applied && !HasSnapshot(input, committed.Applied))
        {
            throw new InvariantViolationException("I20", $"{committed.Applied} was applied after a fault at {_before.Applied}, without a snapshot");
        }

        if (world.State.IsShuttingDown)
        {
            return;
        }

        if (_expected.TryGetValue(committed.Applied, out var expected))
        {
            CheckNodes(metadata, committed.Applied, expected);
        }
        else if (committed.IsUsed && committed.Applied != default)
        {
            throw new InvariantViolationException("I20", $"{committed.Applied} was never written");
        }
    }

    private bool HasSnapshot(TopologyInput input, LogPosition applied) => input is SuggestionsTold told
        && told.Entries.Any(entry => entry.Position > _before.Applied && entry.Position <= applied && _expected.TryGetValue(entry.Position, out var expected) && expected.IsSnapshot);

    private void CheckNodes(Metadata metadata, LogPosition position, Expected expected)
    {
        var doubts = world.State.Doubts;
        foreach (var node in metadata.Nodes)
        {
            if (!expected.Nodes.Contains(node.HostId) && !doubts.ContainsKey(node.HostId))
            {
                throw new InvariantViolationException("I19", $"{node} is known at {position}, where it is no member{(expected.IsWhole ? "" : " and a part cannot be applied")}");
            }
        }

        foreach (var hostId in expected.Nodes)
        {
            if (!metadata.TryGetNode(hostId, out _) && !doubts.Values.Any(doubt => doubt.Newcomer.HostId == hostId))
            {
                throw new InvariantViolationException("I19", $"{Names.Short(hostId)} is not known at {position}, where it is a member");
            }
        }
    }

    private sealed record Expected(SortedSet<HostId> Nodes, bool IsSnapshot, bool IsWhole);
}
