using System.Collections.Immutable;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>
/// The membership is kept in a committed log, which the driver reads as a stream: each change of the cluster is an entry, several
/// at once are a batch. The source tells entries again, or damaged; it has some that mean nothing or cannot be applied, begins
/// new epochs, breaks off.
/// </summary>
internal sealed class LogPart : WorldPart
{
    private readonly Action[] _kinds;
    private readonly List<TopologyLogEntry> _log = [];
    private readonly LogInvariants _invariants;
    private LogStreamItem? _stream;
    private LogPosition _head = new(1, 0);
    private bool _isTogether;

    public LogPart(SimulationWorld world) : base(world)
    {
        _invariants = new LogInvariants(world);
        _kinds = [TellAgain, TellAgain, TellFromFarBack, SayNothing, InstallSnapshot, Damage, BreakOff, BeginEpoch, BeginEpochWrongly, ReplaceTogether, ReplaceTogether];
    }

    public override TopologySettings Configure(TopologySettings settings) => settings with
    {
        Monitor = new MonitorSettings("the simulated log", RequiresControlConnection: false) { IsCommittedLog = true },
        StopsAtFaults = false,
    };

    public override void Act() => ActOne(_kinds);

    public override void OnPublished(Membership? before, Membership now)
    {
        if (before is null)
        {
            InstallSnapshot();
            return;
        }

        if (_isTogether)
        {
            return;
        }

        var changes = Differences(before, now).ToArray();
        Append(changes switch
        {
            [] => new EmptyEntry(),
            [var only] => only,
            _ => CommittedChange.Batch(changes),
        });
    }

    public override void Heal() => InstallSnapshot();

    public override WorldItem? ItemFor(TicketedEffect effect)
    {
        if (effect is not WatchMonitor watch)
        {
            return null;
        }

        _stream = new LogStreamItem(watch);
        if (watch.Start.NeedsSnapshot)
        {
            InstallSnapshot();
            return _stream;
        }

        // Whoever asks from a position on may be told what was before it, too.
        var first = Math.Max(0, _log.FindIndex(entry => entry.Position > watch.Start.After));
        for (var i = Math.Max(0, first - Choose(3)); i < _log.Count; i++)
        {
            _stream.Waiting.Add(_log[i]);
        }

        return _stream;
    }

    public override void Before(TopologyInput input) => _invariants.Before();

    public override void After(TopologyInput input) => _invariants.After(input);

    public override void Check()
    {
    }

    private static IEnumerable<TopologyChange> Differences(Membership before, Membership now)
    {
        var newcomers = now.Rows.Where(row => before.Find(row.HostId) is null).ToList();
        foreach (var gone in before.Rows.Where(row => now.Find(row.HostId) is null))
        {
            var successor = newcomers.Find(row => row.Address == gone.Address);
            newcomers.RemoveAll(row => ReferenceEquals(row, successor));
            yield return successor is null ? CommittedChange.Left(gone.HostId) : CommittedChange.Replaced(gone.HostId, Node(successor, hasEndpoint: true));
        }

        foreach (var newcomer in newcomers)
        {
            yield return CommittedChange.Joined(Node(newcomer, hasEndpoint: true));
        }

        foreach (var row in now.Rows)
        {
            if (before.Find(row.HostId) is { } was && was.Address != row.Address)
            {
                yield return CommittedChange.Moved(row.HostId, Names.Endpoint(row.Address));
            }
        }
    }

    private static CommittedNode Node(MemberRow row, bool hasEndpoint) => new()
    {
        HostId = row.HostId,
        Endpoint = hasEndpoint ? Names.Endpoint(row.Address) : null,
        Datacenter = "dc1",
        Rack = "r1",
        Tokens = row.Peer.Tokens,
        State = TopologyState.Normal,
    };

    /// <summary>At one address there is one node: he who runs there.</summary>
    private TopologyChange Snapshot()
    {
        var nodes = new List<CommittedNode>();
        foreach (var row in World.Cluster.Newest.Rows)
        {
            var owner = World.Cluster.ProcessAt(row.Address)?.HostId ?? World.Cluster.Newest.Rows.First(other => other.Address == row.Address).HostId;
            nodes.Add(Node(row, owner == row.HostId));
        }

        return CommittedChange.Snapshot(nodes);
    }

    private void Append(TopologyChange change, bool isWhole = true)
    {
        _head = _head with { Index = _head.Index + 1 };
        var entry = TopologyLogEntry.Of(_head, change);
        _log.Add(entry);
        _stream?.Waiting.Add(entry);
        _invariants.Expect(_head, [.. World.Cluster.Newest.Rows.Select(static row => row.HostId)], change is SnapshotInstalled, isWhole);
    }

    private void InstallSnapshot() => Append(Snapshot());

    private void TellAgain() => TellAgain(3);

    private void TellFromFarBack() => TellAgain(30);

    private void TellAgain(int most)
    {
        var from = _log.Count - 1 - Choose(Math.Min(most, _log.Count));
        _stream?.Waiting.AddRange(_log.GetRange(from, Math.Min(_log.Count - from, 1 + Choose(3))));
    }

    private void SayNothing()
    {
        _head = _head with { Index = _head.Index + 1 };
        var entry = Choose(2) == 0 ? TopologyLogEntry.Empty(_head) : TopologyLogEntry.Opaque(_head, 7, [1, 2, 3]);
        _log.Add(entry);
        _stream?.Waiting.Add(entry);
        _invariants.Expect(_head, null, isSnapshot: false, isWhole: true);
    }

    /// <summary>The next entry, with a bit turned; the entry itself comes later.</summary>
    private void Damage()
    {
        var next = _head with { Index = _head.Index + 1 };
        var bytes = TopologyLogEntry.Opaque(next, 7, [1, 2, 3]).Data.ToArray();
        bytes[^1] ^= 1;
        _stream?.Waiting.Add(new TopologyLogEntry(next, bytes));
    }

    private void BreakOff()
    {
        if (_stream is { } stream)
        {
            stream.IsBroken = true;
        }
    }

    private void BeginEpoch()
    {
        _head = new LogPosition(_head.Epoch + 1, Choose(3));
        InstallSnapshot();
    }

    private void BeginEpochWrongly()
    {
        _head = new LogPosition(_head.Epoch + 1, 0);
        Append(new EmptyEntry());
    }

    /// <summary>One leaves and one joins in one entry, which may have a part that nobody can apply.</summary>
    private void ReplaceTogether()
    {
        var cluster = World.Cluster;
        if (cluster.Members.Count < 2 || !cluster.MayGrow || cluster.FreeAddress(0) is not (>= 0 and var address))
        {
            return;
        }

        // A recording has no bytes for what is no change of the driver's.
        var isSpoilt = World.Recording is null && Choose(2) == 1;
        var leaving = cluster.Members[World.Choose(ChoicePoint.Member, cluster.Members.Count)];
        var before = cluster.Newest;
        _isTogether = true;
        cluster.Kill(leaving);
        cluster.Members.Remove(leaving);
        cluster.Gone.Add(leaving.HostId);
        cluster.Add(cluster.NewId(), address, leaving.Shards);
        _isTogether = false;
        var changes = Differences(before, cluster.Newest).ToArray();
        Append(CommittedChange.Batch(isSpoilt ? [changes[0], new SpoiltChange(), .. changes[1..]] : changes), isWhole: !isSpoilt);
    }

    private sealed record SpoiltChange : TopologyChange;
}

/// <summary>The stream of entries. It is in order; each time so many of them arrive as one input.</summary>
internal sealed class LogStreamItem(WatchMonitor effect) : AnsweringItem(effect.Ticket)
{
    private const int MostAtOnce = 4;

    public List<TopologyLogEntry> Waiting { get; } = [];

    public bool IsBroken { get; set; }

    public override bool IsReady => Waiting.Count > 0 || IsBroken || IsCancelled;

    protected override TopologyInput? Work(SimulationWorld world)
    {
        if (IsCancelled || (Waiting.Count == 0 && IsBroken))
        {
            return new MonitorEnded(Ticket, null) { At = world.Now };
        }

        var count = 1 + world.Choose(ChoicePoint.PartDetail, Math.Min(MostAtOnce, Waiting.Count));
        ImmutableArray<TopologyLogEntry> entries = [.. Waiting.Take(count)];
        Waiting.RemoveRange(0, count);
        world.Deliver(new SuggestionsTold(Ticket) { Entries = entries, At = world.Now });
        return null;
    }
}
