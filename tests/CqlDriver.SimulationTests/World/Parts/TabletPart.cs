using System.Collections.Immutable;
using CqlDriver.Effects;
using CqlDriver.Partitioning;
using CqlDriver.Protocol;
using CqlDriver.Schema;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>
/// A table whose tablets move, split and merge, and which is dropped and created again; requests that are routed by some view
/// and answered later tell of them. Each state of a tablet has a number that only grows, so what is known can be compared.
/// </summary>
internal sealed class TabletPart : WorldPart
{
    private const long End = 400;
    private static readonly RoutingScope Table = new("ks", "t");

    private readonly Action[] _kinds;
    private readonly TabletHintBuffer _hints;
    private readonly SortedDictionary<Guid, ulong> _created = [];
    private List<TrueTablet> _tablets = [];
    private Guid _tableId;
    private bool _hasKeyspace;
    private bool _hasTable;
    private ulong _version;
    private Metadata _seen = Metadata.Empty;

    public TabletPart(SimulationWorld world) : base(world)
    {
        _hints = new TabletHintBuffer(world.Clock, input => world.Add(new InputItem(input)));
        _kinds = [Route, Route, Route, Route, Move, Move, Split, Merge, Refute, DropTable, CreateTable, DropKeyspace];
    }

    public override TopologySettings Configure(TopologySettings settings) => settings with { ReadsSchema = true };

    public override void OnPublished(Membership? before, Membership now)
    {
        if (before is null)
        {
            CreateTable();
            return;
        }

        // Whoever leaves hands his tablets over first.
        for (var i = 0; i < _tablets.Count && now.Rows.Length > 0; i++)
        {
            if (_tablets[i].Replicas.Any(replica => now.Find(replica.HostId) is null))
            {
                _tablets[i] = _tablets[i] with { Replicas = [new Replica(now.Rows[i % now.Rows.Length].HostId)], Version = ++_version };
            }
        }
    }

    public override void Act() => ActOne(_kinds);

    public override void Heal()
    {
        if (!_hasTable)
        {
            CreateTable();
        }

        Announce(SchemaChangeKind.Updated, "t");
    }

    public override WorldItem? ItemFor(TicketedEffect effect) => effect is ReadSchema read ? new TabletSchemaItem(read, this) : null;

    /// <summary>The schema as it is now.</summary>
    public SchemaMetadata Schema()
    {
        var tables = ImmutableSortedDictionary.Create<string, TableMetadata>(StringComparer.Ordinal);
        tables = _hasTable ? tables.Add("t", new TableMetadata("ks", "t", []) { Id = _tableId }) : tables;
        var keyspaces = SchemaMetadata.Unread.Keyspaces;
        return new SchemaMetadata { IsRead = true, Keyspaces = _hasKeyspace ? keyspaces.Add("ks", new KeyspaceMetadata("ks") { UsesTablets = true, Tables = tables }) : keyspaces };
    }

    /// <summary>What the node that is asked tells of a tablet; null: there is no such table.</summary>
    public TabletHint? Answer(long token, long routedAt)
    {
        var tablet = _hasTable ? _tablets.Find(tablet => tablet.First < token && token <= tablet.Last) : null;
        return tablet is null ? null : new TabletHint(Table, tablet.Range, tablet.Replicas, routedAt) { Version = tablet.Version };
    }

    public void Learn(TabletHint hint) => _hints.Add(hint);

    public override void Check()
    {
        var metadata = World.Metadata;
        if (!ReferenceEquals(metadata, _seen))
        {
            var before = _seen;
            _seen = metadata;
            CheckShape(metadata);
            CheckOrder(before, metadata);
        }
    }

    public override void CheckWell()
    {
        foreach (var group in Known(World.Metadata))
        {
            foreach (var replica in group.Replicas)
            {
                if (!World.Metadata.TryGetNode(replica.HostId, out _))
                {
                    throw new InvariantViolationException("L1", $"tablet {group} names {Names.Short(replica.HostId)}, whom nobody knows");
                }
            }
        }
    }

    private static IEnumerable<ReplicaGroup> Known(Metadata metadata) => metadata.Routing.Tables.GetValueOrDefault(Table)?.Groups ?? [];

    /// <summary>I18: tablets do not overlap, name nobody who is neither a node nor asked for, and there are none of a table that is gone.</summary>
    private void CheckShape(Metadata metadata)
    {
        var known = Known(metadata).ToArray();
        foreach (var group in known)
        {
            if (group.Range is not { } range)
            {
                throw new InvariantViolationException("I18", $"tablet {group} has no range");
            }

            foreach (var other in known)
            {
                if (other.Id != group.Id && Overlap(range, other.Range!.Value))
                {
                    throw new InvariantViolationException("I18", $"tablets {range} and {other.Range} overlap");
                }
            }

            foreach (var replica in group.Replicas)
            {
                if (!metadata.TryGetNode(replica.HostId, out _) && !World.State.Routing.Doubted.ContainsKey(replica.HostId))
                {
                    throw new InvariantViolationException("I18", $"tablet {range} names {Names.Short(replica.HostId)}, who is no node and not asked for");
                }
            }
        }

        if (!metadata.Schema.IsRead || known.Length == 0)
        {
            return;
        }

        var table = metadata.Schema.Keyspaces.GetValueOrDefault("ks")?.Tables.GetValueOrDefault("t")
            ?? throw new InvariantViolationException("I18", $"{known.Length} tablets are known of a table that was dropped");

        // What an outline alone is left of has no number.
        var oldest = table.Id is { } id ? _created[id] : 0;
        foreach (var group in known)
        {
            if (group.Version < oldest)
            {
                throw new InvariantViolationException("I18", $"tablet {group.Range} is of the table that was there before");
            }
        }
    }

    /// <summary>I17: what is known of a range never becomes older.</summary>
    private static void CheckOrder(Metadata before, Metadata now)
    {
        foreach (var earlier in Known(before))
        {
            foreach (var later in Known(now))
            {
                if (later.Version < earlier.Version && Overlap(earlier.Range!.Value, later.Range!.Value))
                {
                    throw new InvariantViolationException("I17", $"{later.Range} is known as it was at {later.Version}, after {earlier.Range} was known as at {earlier.Version}");
                }
            }
        }
    }

    private static bool Overlap(TokenRange one, TokenRange other) => one.Contains(other.Last) || other.Contains(one.Last);

    private void Route() => World.Add(new RoutedItem(this, 1 + (Choose(8) * (End / 8)), World.Metadata.AppliedIndex));

    /// <summary>A node says that it is no replica, with or without a word who is.</summary>
    private void Refute()
    {
        if (World.Application.IsDisposed)
        {
            return;
        }

        var (token, routedAt) = (1 + (Choose(8) * (End / 8)), World.Metadata.AppliedIndex);
        var hint = Choose(2) == 0 ? Answer(token, routedAt) : null;
        var waiter = World.Application.NewWaiter();
        World.Add(new InputItem(() => Misroute(token, routedAt, hint, waiter)));
    }

    private MisrouteTold Misroute(long token, long routedAt, TabletHint? hint, long waiter)
    {
        if (World.HasEnded)
        {
            World.Application.Forget(waiter);
        }

        return new MisrouteTold(Table, new Token(token), routedAt, hint, waiter);
    }

    private void Move()
    {
        if (_tablets.Count > 0 && World.Cluster.Members.Count > 0)
        {
            var at = Choose(_tablets.Count);
            _tablets[at] = _tablets[at] with { Replicas = [.. new[] { PickMember(), PickMember() }.Distinct().Select(static hostId => new Replica(hostId))], Version = ++_version };
        }
    }

    private void Split()
    {
        if (_tablets.Count is > 0 and < 8)
        {
            var at = Choose(_tablets.Count);
            var whole = _tablets[at];
            var middle = (whole.First + whole.Last) / 2;
            _tablets[at] = whole with { Last = middle, Version = ++_version };
            _tablets.Insert(at + 1, whole with { First = middle, Version = ++_version });
        }
    }

    private void Merge()
    {
        if (_tablets.Count > 1)
        {
            var at = Choose(_tablets.Count - 1);
            _tablets[at] = _tablets[at] with { Last = _tablets[at + 1].Last, Version = ++_version };
            _tablets.RemoveAt(at + 1);
        }
    }

    private void DropTable()
    {
        if (_hasTable)
        {
            _hasTable = false;
            _tablets = [];
            Announce(SchemaChangeKind.Dropped, "t");
        }
    }

    private void DropKeyspace()
    {
        if (_hasKeyspace)
        {
            _hasKeyspace = _hasTable = false;
            _tablets = [];
            Announce(SchemaChangeKind.Dropped, null);
        }
    }

    private void CreateTable()
    {
        if (_hasTable || World.Cluster.Members.Count == 0)
        {
            return;
        }

        _hasKeyspace = _hasTable = true;
        _tableId = new Guid(_created.Count + 1, 0, 0, [1, 0, 0, 0, 0, 0, 0, 0]);
        _created.Add(_tableId, ++_version);
        _tablets = [.. Enumerable.Range(0, 2).Select(i => new TrueTablet(i * (End / 2), (i + 1) * (End / 2), [new Replica(World.Cluster.Members[i % World.Cluster.Members.Count].HostId)], ++_version))];
        Announce(SchemaChangeKind.Created, "t");
    }

    private void Announce(SchemaChangeKind kind, string? table) =>
        World.Network.Announce(new SchemaChangeEvent(new SchemaChange(kind, table is null ? SchemaChangeTarget.Keyspace : SchemaChangeTarget.Table, "ks", table, [])));

    private sealed record TrueTablet(long First, long Last, ImmutableArray<Replica> Replicas, ulong Version)
    {
        public TokenRange Range => new(new Token(First), new Token(Last));
    }

    /// <summary>A request that was sent to somebody who is no replica: its answer tells who is, as it was then.</summary>
    private sealed class RoutedItem(TabletPart part, long token, long routedAt) : WorldItem
    {
        private TabletHint? _hint;
        private bool _isAnswered;

        public override void Run(SimulationWorld world)
        {
            if (!_isAnswered)
            {
                (_isAnswered, _hint) = (true, part.Answer(token, routedAt));
                if (_hint is not null && world.Choose(ChoicePoint.Arrival, 2) == 1)
                {
                    return;
                }
            }

            world.Remove(this);
            if (_hint is { } hint)
            {
                part.Learn(hint);
            }
        }

        public override string ToString() => $"a request for {token} routed at #{routedAt}{(_hint is null ? "" : $" → tablet {_hint.Range} as at {_hint.Version}")}";
    }

    private sealed class TabletSchemaItem(ReadSchema effect, TabletPart part) : AskingItem(effect.Ticket, effect.Connection!)
    {
        protected override TopologyInput Answer(SimulationWorld world, SimulatedProcess peer) => new SchemaRead(Ticket, part.Schema().Keeping(effect.Before)) { At = world.Now };

        protected override TopologyInput Fail(SimulationWorld world, Exception error) => new SchemaReadFailed(Ticket, error) { At = world.Now };
    }
}
