using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using CqlDriver.Topology;

namespace CqlDriver.Testing;

/// <summary>
/// The log in which an embedded cluster writes down who belongs to it: each change as an encoded entry, in one order, beginning
/// with a snapshot. For clients that follow a committed log; what no healthy log has can be put into it too. Thread-safe.
/// </summary>
public sealed class EmbeddedCommittedLog
{
    /// <summary>What the entries between draining and decommissioned are called, in which a node hands over what it leads and holds.</summary>
    public const byte LeadersMoved = 1;

    /// <summary>The source's own name of the entry that takes a node out of the groups that it is in.</summary>
    public const byte MembersRemoved = 2;

    // A lock: entries get their positions in the order in which they are delivered.
    private readonly Lock _lock = new();
    private readonly EmbeddedCluster _cluster;
    private readonly List<TopologyLogEntry> _delivered = [];
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LogPosition _head = new(1, 0);
    private int _streamsEnded;

    internal EmbeddedCommittedLog(EmbeddedCluster cluster) => _cluster = cluster;

    /// <summary>The newest position.</summary>
    public LogPosition Head
    {
        get
        {
            lock (_lock)
            {
                return _head;
            }
        }
    }

    /// <summary>Everything that was delivered so far, in order, repetitions and damage included.</summary>
    public ImmutableArray<TopologyLogEntry> Entries
    {
        get
        {
            lock (_lock)
            {
                return [.. _delivered];
            }
        }
    }

    /// <summary>Adds an entry for a change that a test makes up.</summary>
    /// <param name="change">The change.</param>
    /// <returns>Its position.</returns>
    public LogPosition Append(TopologyChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return Add(position => TopologyLogEntry.Of(position, change));
    }

    /// <summary>Adds several changes as one entry.</summary>
    /// <param name="changes">The changes.</param>
    public LogPosition AppendBatch(params IEnumerable<TopologyChange> changes) => Append(CommittedChange.Batch(changes));

    /// <summary>Adds an entry that says nothing.</summary>
    public LogPosition AppendEmpty() => Add(TopologyLogEntry.Empty);

    /// <summary>Adds an entry of the cluster's own, which clients only count.</summary>
    /// <param name="sourceKind">What the cluster calls it.</param>
    public LogPosition AppendOpaque(byte sourceKind) => Add(position => TopologyLogEntry.Opaque(position, sourceKind, [1, 2, 3]));

    /// <summary>Adds an entry whose bytes are intact and say something that no client understands.</summary>
    public LogPosition AppendGarbage() => Add(position => new TopologyLogEntry(position, TopologyLogEntry.Seal((TopologyEntryKind)250, TopologyLogEntry.FormatVersion, [9, 9, 9])));

    /// <summary>Adds an entry with a bit flipped, so that its checksum does not fit.</summary>
    public LogPosition AppendDamaged() => Add(position =>
    {
        var data = TopologyLogEntry.Opaque(position, 1, [1, 2, 3]).Data.ToArray();
        data[^1] ^= 1;
        return new TopologyLogEntry(position, data);
    });

    /// <summary>Adds the cluster as it is now, in the present epoch.</summary>
    public LogPosition AppendSnapshot() => Append(Snapshot());

    /// <summary>Begins a new epoch.</summary>
    /// <param name="withSnapshot">Whether it begins with a snapshot, as it must; false: with an empty entry.</param>
    public LogPosition BeginEpoch(bool withSnapshot = true)
    {
        lock (_lock)
        {
            _head = new LogPosition(_head.Epoch + 1, 0);
            return withSnapshot ? AppendSnapshot() : AppendEmpty();
        }
    }

    /// <summary>Delivers an entry once more, at its old position.</summary>
    /// <param name="position">Of which entry.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public void Repeat(LogPosition position)
    {
        lock (_lock)
        {
            Deliver(_delivered.Find(entry => entry.Position == position) ?? throw new ArgumentException($"There is no entry {position}.", nameof(position)));
        }
    }

    /// <summary>Delivers an entry that says something else at a position that was told before.</summary>
    /// <param name="position">The position.</param>
    /// <param name="change">What it says now.</param>
    public void StepBack(LogPosition position, TopologyChange change)
    {
        lock (_lock)
        {
            Deliver(TopologyLogEntry.Of(position, change));
        }
    }

    /// <summary>Leaves positions out.</summary>
    /// <param name="count">How many.</param>
    public void Skip(int count)
    {
        lock (_lock)
        {
            _head = _head with { Index = _head.Index + count };
        }
    }

    /// <summary>Ends all streams that are being read, as when a connection to the log is lost.</summary>
    public void EndStreams()
    {
        lock (_lock)
        {
            _streamsEnded++;
            Grow();
        }
    }

    /// <summary>
    /// The log from a position on, until it is cancelled, or ended by <see cref="EndStreams"/>. Repetitions, and what came after them, are
    /// delivered to streams that were there; a stream that begins anew gets each position once.
    /// </summary>
    /// <param name="start">Where from; with the need of a snapshot, one is made when there is none after it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<TopologyLogEntry> ReadAsync(CommittedLogStart start, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        int next, ended;
        ImmutableArray<TopologyLogEntry> missed;
        lock (_lock)
        {
            if (start.NeedsSnapshot && !_delivered.Exists(entry => entry.Position > start.After && entry.Change is SnapshotInstalled))
            {
                AppendSnapshot();
            }

            missed = [.. _delivered.Where(entry => entry.Position > start.After).DistinctBy(static entry => entry.Position).OrderBy(static entry => entry.Position)];
            (next, ended) = (_delivered.Count, _streamsEnded);
        }

        foreach (var entry in missed)
        {
            yield return entry;
        }

        while (true)
        {
            Task grown;
            TopologyLogEntry? entry = null;
            lock (_lock)
            {
                if (_streamsEnded != ended)
                {
                    yield break;
                }

                grown = _grown.Task;
                if (next < _delivered.Count)
                {
                    entry = _delivered[next++];
                }
            }

            if (entry is not null)
            {
                yield return entry;
            }
            else
            {
                await grown.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The changes of a decommission, in their order: the same for the same cluster.</summary>
    /// <param name="node">The node that is to leave.</param>
    public static ImmutableArray<TopologyEntryKind> PlanOfDecommission(EmbeddedNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return [TopologyEntryKind.NodeDraining, TopologyEntryKind.Opaque, TopologyEntryKind.Opaque, TopologyEntryKind.NodeDecommissioned, TopologyEntryKind.NodeLeft];
    }

    internal void Begin() => AppendSnapshot();

    internal void OnAdded(EmbeddedNode node) => Append(CommittedChange.Joined(Describe(node, TopologyState.Joining)));

    internal void OnPromoted(EmbeddedNode node) => Append(CommittedChange.Promoted(node.HostId));

    internal void OnMoved(EmbeddedNode node) => Append(CommittedChange.Moved(node.HostId, node.Endpoint));

    internal void OnReplaced(EmbeddedNode former, EmbeddedNode node) => Append(CommittedChange.Replaced(former.HostId, Describe(node, TopologyState.Normal)));

    internal void OnRemoved(EmbeddedNode node) => Append(CommittedChange.Left(node.HostId));

    internal void OnReidentified() => BeginEpoch();

    internal void OnLeaving(EmbeddedNode node)
    {
        Append(CommittedChange.Draining(node.HostId));
        AppendOpaque(LeadersMoved);
        AppendOpaque(MembersRemoved);
        Append(CommittedChange.Decommissioned(node.HostId));
    }

    private static CommittedNode Describe(EmbeddedNode node, TopologyState state) => new()
    {
        HostId = node.HostId,
        Endpoint = node.Endpoint,
        Datacenter = node.Datacenter,
        Rack = node.Rack,
        Tokens = node.Tokens,
        State = state,
    };

    private TopologyChange Snapshot() =>
        CommittedChange.Snapshot(_cluster.Nodes.Select(static node => Describe(node, node.IsJoining ? TopologyState.Joining : TopologyState.Normal)));

    private LogPosition Add(Func<LogPosition, TopologyLogEntry> make)
    {
        lock (_lock)
        {
            _head = _head with { Index = _head.Index + 1 };
            var made = make(_head);

            // As bytes: what a client reads is what went over the wire, and not an object that happens to be at hand.
            Deliver(new TopologyLogEntry(_head, made.Data));
            return _head;
        }
    }

    private void Deliver(TopologyLogEntry entry)
    {
        _delivered.Add(entry);
        Grow();
    }

    private void Grow()
    {
        _grown.TrySetResult();
        _grown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
