using System.Collections.Immutable;
using CqlDriver.Schema;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>
/// A reading of the system tables: the local row, the peers, the local row again, at one moment or at three. Peers are a view
/// with a lag of its own, and rows may be missing, doubled, from another time or unusable.
/// </summary>
internal sealed class ReadItem(ReadNodes effect) : AnsweringItem(effect.Ticket)
{
    private static readonly TimeSpan QueryLimit = TimeSpan.FromSeconds(10);
    private static readonly CqlConnectionException Failed = new("The simulated node could not answer the query.", null);

    private NodeRow? _local;
    private ImmutableArray<NodeRow> _peers;
    private int _phase;

    protected override TopologyInput? Work(SimulationWorld world)
    {
        var connection = (SimulatedConnection)effect.Connection;
        if (HasTimedOut || connection.HasEnded)
        {
            return new NodesReadFailed(Ticket, Failed) { At = world.Now };
        }

        if (!connection.IsLive)
        {
            return Hang(world, QueryLimit);
        }

        if (_phase == 0)
        {
            switch (world.Choose(ChoicePoint.ReadFate, 3))
            {
                case 1:
                    return new NodesReadFailed(Ticket, Failed) { At = world.Now };
                case 2:
                    return Hang(world, QueryLimit);
            }
        }

        return Read(world, connection.Peer);
    }

    private NodesRead? Read(SimulationWorld world, SimulatedProcess process)
    {
        var inPieces = _phase > 0 || world.Choose(ChoicePoint.ReadMoment, 2) == 1;
        if (_phase == 0)
        {
            _local = TableViews.Local(world, process);
            _phase = 1;
            if (inPieces)
            {
                return null;
            }
        }

        if (_phase == 1)
        {
            _peers = TableViews.Peers(world, process);
            _phase = 2;
            if (inPieces)
            {
                return null;
            }
        }

        return new NodesRead(Ticket, _local, _peers, inPieces ? TableViews.Local(world, process) : _local, (world.Part as RoutePart)?.ReadAll(process)) { At = world.Now };
    }
}

/// <summary>What the tables of a process show.</summary>
internal static class TableViews
{
    private const int OldestShown = 3;

    public static NodeRow? Local(SimulationWorld world, SimulatedProcess process) =>
        world.Cluster.Newest.Find(process.HostId) is { } row && row.Address == process.Address
            ? row.Local
            : new MemberRow(process.HostId, process.Address, 1, 1).Local;

    public static ImmutableArray<NodeRow> Peers(SimulationWorld world, SimulatedProcess process)
    {
        var cluster = world.Cluster;
        var options = Math.Min(OldestShown, cluster.NewestVersion - process.SeenVersion + 1);
        process.SeenVersion = cluster.NewestVersion - world.Choose(ChoicePoint.ViewAge, options);
        var shown = cluster.At(process.SeenVersion);
        var rows = ImmutableArray.CreateBuilder<NodeRow>(shown.Rows.Length + 1);
        foreach (var row in shown.Rows)
        {
            if (row.HostId != process.HostId)
            {
                rows.Add(row.Peer);
            }
        }

        Spoil(world, rows, process);
        return rows.ToImmutable();
    }

    private static void Spoil(SimulationWorld world, ImmutableArray<NodeRow>.Builder rows, SimulatedProcess process)
    {
        switch (world.Choose(ChoicePoint.RowFault, 6))
        {
            case 1 when rows.Count > 0:
                rows.RemoveAt(world.Choose(ChoicePoint.Member, rows.Count));
                break;
            case 2:
                var earlier = world.Cluster.At(Math.Max(0, process.SeenVersion - 1));
                foreach (var row in earlier.Rows)
                {
                    rows.Add(row.Peer);
                }

                break;
            case 3:
                rows.Add(new NodeRow("system.peers_v2", 9) { Address = Names.Endpoint(0).Address, Port = 9042, HasTokens = true });
                break;
            case 4:
                rows.Reverse();
                break;
            case 5 when rows.Count > 0:
                var at = world.Choose(ChoicePoint.Member, rows.Count);
                rows[at] = rows[at] with { Address = null, PeerAddress = null };
                break;
        }
    }
}

/// <summary>A reading of the schema. There is one keyspace less or more each time that the world likes it so.</summary>
internal sealed class SchemaItem(ReadSchema effect) : AnsweringItem(effect.Ticket)
{
    private static readonly TimeSpan QueryLimit = TimeSpan.FromSeconds(10);
    private static readonly CqlConnectionException Failed = new("The simulated node could not answer the query.", null);
    private static readonly SchemaMetadata Other = new() { IsRead = true, Keyspaces = SchemaMetadata.Unread.Keyspaces.Add("ks", new KeyspaceMetadata("ks")) };

    protected override TopologyInput? Work(SimulationWorld world)
    {
        var connection = (SimulatedConnection)effect.Connection!;
        if (HasTimedOut || connection.HasEnded)
        {
            return new SchemaReadFailed(Ticket, Failed) { At = world.Now };
        }

        return (connection.IsLive ? world.Choose(ChoicePoint.ReadFate, 4) : 3) switch
        {
            0 => new SchemaRead(Ticket, new SchemaMetadata { IsRead = true }.Keeping(effect.Before)) { At = world.Now },
            1 => new SchemaRead(Ticket, Other.Keeping(effect.Before)) { At = world.Now },
            2 => new SchemaReadFailed(Ticket, Failed) { At = world.Now },
            _ => Hang(world, QueryLimit),
        };
    }
}

/// <summary>USE on an open connection.</summary>
internal sealed class KeyspaceItem(SetKeyspace effect) : AnsweringItem(effect.Ticket)
{
    private static readonly TimeSpan QueryLimit = TimeSpan.FromSeconds(10);
    private static readonly CqlConnectionException Failed = new("The simulated node did not set the keyspace.", null);

    protected override TopologyInput? Work(SimulationWorld world)
    {
        var connection = (SimulatedConnection)effect.Connection;
        // A connection writes in order: one that was taken back before it was written is not written after its successor.
        if (HasTimedOut || IsCancelled || connection.HasEnded)
        {
            return new KeyspaceSet(Ticket, Failed) { At = world.Now };
        }

        if (!connection.IsLive)
        {
            return Hang(world, QueryLimit);
        }

        switch (world.Choose(ChoicePoint.KeyspaceFate, 3))
        {
            case 1:
                return new KeyspaceSet(Ticket, Failed) { At = world.Now };
            case 2:
                return Hang(world, QueryLimit);
            default:
                connection.Keyspace = effect.Keyspace;
                return new KeyspaceSet(Ticket, null) { At = world.Now };
        }
    }
}
