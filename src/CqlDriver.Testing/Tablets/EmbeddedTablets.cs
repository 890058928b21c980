using System.Buffers.Binary;
using System.Collections.Immutable;
using CqlDriver.Partitioning;
using CqlDriver.Testing.Model;

namespace CqlDriver.Testing;

/// <summary>
/// The tablets of an <see cref="EmbeddedCluster"/> that has them (<see cref="EmbeddedScyllaOptions.TabletsPerTable"/>): which
/// nodes and shards serve which tokens of a table, and what becomes of that. Rows are where they always are, so every node
/// answers all requests; a request that comes to where its tablet is not is told where it is, as ScyllaDB tells it. Thread-safe.
/// </summary>
public sealed class EmbeddedTablets
{
    private readonly EmbeddedCluster _cluster;

    // A lock: a change replaces several tablets of a list, and requests must see those of one moment.
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, ImmutableArray<EmbeddedTablet>> _byTable = [];

    internal EmbeddedTablets(EmbeddedCluster cluster) => _cluster = cluster;

    /// <summary>Whether a node answers requests for tablets of others with an error instead of serving them. False, as ScyllaDB does.</summary>
    public bool AreOwnersStrict { get; set; }

    /// <summary>Whether that error tells where the tablet is. True.</summary>
    public bool DoErrorsTell { get; set; } = true;

    /// <summary>The code of that error.</summary>
    public static int WrongOwnerCode => 0x7001;

    /// <summary>The tablets of a table, in the order of tokens.</summary>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="table">The table.</param>
    /// <exception cref="ArgumentException">There is no such table.</exception>
    public ImmutableArray<EmbeddedTablet> Of(string keyspace, string table)
    {
        lock (_lock)
        {
            return Of(Table(keyspace, table));
        }
    }

    /// <summary>The tablet that a token lies in.</summary>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="table">The table.</param>
    /// <param name="token">The token.</param>
    public EmbeddedTablet At(string keyspace, string table, Token token) => Of(keyspace, table).First(tablet => tablet.Range.Contains(token));

    /// <summary>Moves a replica of a tablet, through all stages at once.</summary>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="table">The table.</param>
    /// <param name="token">A token of the tablet.</param>
    /// <param name="from">The replica's node.</param>
    /// <param name="to">Where it goes; the same node: to another shard of it.</param>
    /// <param name="shard">The shard there.</param>
    public void Move(string keyspace, string table, Token token, EmbeddedNode from, EmbeddedNode to, int shard = 0)
    {
        BeginMove(keyspace, table, token, from, to, shard);
        while (At(keyspace, table, token).Stage != TabletStage.None)
        {
            Advance(keyspace, table, token);
        }
    }

    /// <summary>Begins to move a replica of a tablet.</summary>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="table">The table.</param>
    /// <param name="token">A token of the tablet.</param>
    /// <param name="from">The replica's node.</param>
    /// <param name="to">Where it goes.</param>
    /// <param name="shard">The shard there.</param>
    public void BeginMove(string keyspace, string table, Token token, EmbeddedNode from, EmbeddedNode to, int shard = 0)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        Change(keyspace, table, token, tablet =>
        {
            var leaving = tablet.Replicas.Where(replica => replica.HostId == from.HostId).ToArray();
            return leaving is [var replica] && tablet.Stage == TabletStage.None
                ? tablet with { Leaving = replica, Pending = new Replica(to.HostId, shard), Stage = TabletStage.WriteBothReadOld }
                : throw new InvalidOperationException($"Tablet {tablet.Range} has no replica on {from}, or moves already.");
        });
    }

    /// <summary>Goes on to the next stage of a tablet's move; after the last one it has moved.</summary>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="table">The table.</param>
    /// <param name="token">A token of the tablet.</param>
    public void Advance(string keyspace, string table, Token token) => Change(keyspace, table, token, static tablet => tablet.Stage switch
    {
        TabletStage.None => throw new InvalidOperationException($"Tablet {tablet.Range} does not move."),
        TabletStage.UseNew => tablet.With(tablet.Replicas.Replace(tablet.Leaving!.Value, tablet.Pending!.Value)),
        _ => tablet with { Stage = tablet.Stage + 1 },
    });

    /// <summary>Gives a tablet's move up: it is where it was.</summary>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="table">The table.</param>
    /// <param name="token">A token of the tablet.</param>
    public void AbortMove(string keyspace, string table, Token token) =>
        Change(keyspace, table, token, static tablet => tablet with { Leaving = null, Pending = null, Stage = TabletStage.None });

    /// <summary>Makes a replica the first one: where requests are served by leaders, the leader.</summary>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="table">The table.</param>
    /// <param name="token">A token of the tablet.</param>
    /// <param name="leader">The replica's node.</param>
    public void Lead(string keyspace, string table, Token token, EmbeddedNode leader)
    {
        ArgumentNullException.ThrowIfNull(leader);
        Change(keyspace, table, token, tablet => tablet.With([.. tablet.Replicas.OrderBy(replica => replica.HostId != leader.HostId)]));
    }

    /// <summary>Cuts each tablet of a table in two.</summary>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="table">The table.</param>
    public void Split(string keyspace, string table) => Replace(keyspace, table, static tablets => tablets.SelectMany(Halves));

    /// <summary>Joins each two neighbouring tablets of a table; the first one's replicas have both.</summary>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="table">The table.</param>
    public void Merge(string keyspace, string table) => Replace(
        keyspace, table, static tablets => tablets.Chunk(2).Select(static pair => pair[0].With(pair[0].Replicas) with { Range = new TokenRange(pair[0].Range.First, pair[^1].Range.Last) }));

    /// <summary>What a node tells about a request that came to one of its shards; null: it came to the right place.</summary>
    internal EmbeddedTablet? Misrouted(TableDefinition table, Token token, Replica place, Func<EmbeddedTablet, bool>? knows)
    {
        lock (_lock)
        {
            var tablet = Of(table).First(tablet => tablet.Range.Contains(token));
            return (knows?.Invoke(tablet) ?? tablet.IsRightlyRouted(place)) ? null : tablet;
        }
    }

    /// <summary>A tablet as it is told to clients.</summary>
    internal static byte[] Payload(EmbeddedTablet tablet, bool hasVersion)
    {
        const int ReplicaBytes = 4 + 16 + 4 + 4;
        var list = 4 + (tablet.Replicas.Length * (4 + ReplicaBytes));
        var bytes = new byte[12 + 12 + 4 + list + (hasVersion ? 12 : 0)];
        var rest = bytes.AsSpan();
        Long(ref rest, tablet.Range.First.Value);
        Long(ref rest, tablet.Range.Last.Value);
        Int(ref rest, list);
        Int(ref rest, tablet.Replicas.Length);
        foreach (var replica in tablet.Replicas)
        {
            Int(ref rest, ReplicaBytes);
            Int(ref rest, 16);
            replica.HostId.Value.TryWriteBytes(rest, bigEndian: true, out _);
            rest = rest[16..];
            Int(ref rest, 4);
            Int(ref rest, replica.Shard!.Value);
        }

        if (hasVersion)
        {
            Long(ref rest, (long)tablet.Version);
        }

        return bytes;

        static void Int(ref Span<byte> rest, int value)
        {
            BinaryPrimitives.WriteInt32BigEndian(rest, value);
            rest = rest[4..];
        }

        static void Long(ref Span<byte> rest, long value)
        {
            Int(ref rest, 8);
            BinaryPrimitives.WriteInt64BigEndian(rest, value);
            rest = rest[8..];
        }
    }

    private static IEnumerable<EmbeddedTablet> Halves(EmbeddedTablet tablet)
    {
        var middle = new Token(tablet.Range.First.Value + (long)((ulong)(tablet.Range.Last.Value - tablet.Range.First.Value) / 2));
        var half = tablet.With(tablet.Replicas);
        return [half with { Range = new TokenRange(tablet.Range.First, middle) }, half with { Range = new TokenRange(middle, tablet.Range.Last) }];
    }

    private TableDefinition Table(string keyspace, string table) =>
        _cluster.Engine.Schema.FindTable(keyspace, table) ?? throw new ArgumentException($"There is no table {keyspace}.{table}.", nameof(table));

    private void Change(string keyspace, string table, Token token, Func<EmbeddedTablet, EmbeddedTablet> change) =>
        Replace(keyspace, table, tablets => tablets.Select(tablet => tablet.Range.Contains(token) ? change(tablet) : tablet));

    private void Replace(string keyspace, string table, Func<ImmutableArray<EmbeddedTablet>, IEnumerable<EmbeddedTablet>> change)
    {
        lock (_lock)
        {
            var definition = Table(keyspace, table);
            _byTable[definition.Id] = [.. change(Of(definition))];
        }
    }

    /// <summary>Made when they are first asked for: of equal width, spread over nodes and shards in turn.</summary>
    private ImmutableArray<EmbeddedTablet> Of(TableDefinition table)
    {
        if (!_byTable.TryGetValue(table.Id, out var tablets))
        {
            _byTable[table.Id] = tablets = Spread(table);
        }

        return tablets;
    }

    private ImmutableArray<EmbeddedTablet> Spread(TableDefinition table)
    {
        var nodes = _cluster.Nodes;
        var count = _cluster.Options.Scylla!.TabletsPerTable;
        var replication = _cluster.Engine.Schema.Get(table.Keyspace).Replication;
        var copies = Math.Min(nodes.Count, replication.Where(static option => option.Key != "class").Select(static option => int.TryParse(option.Value, out var factor) ? factor : 0).DefaultIfEmpty(1).Max());
        var width = ulong.MaxValue / (ulong)count;
        return [.. Enumerable.Range(0, count).Select(index => new EmbeddedTablet
        {
            Range = new TokenRange(Edge(index), index == count - 1 ? new Token(long.MaxValue) : Edge(index + 1)),
            Replicas = [.. Enumerable.Range(index, copies).Select(place => nodes[place % nodes.Count]).Select(node => new Replica(node.HostId, index % Math.Max(1, node.ShardCount)))],
        })];

        Token Edge(int index) => new(unchecked((long)(width * (ulong)index) + long.MinValue));
    }
}
