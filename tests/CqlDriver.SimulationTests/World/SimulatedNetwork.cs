using CqlDriver.Connections;
using CqlDriver.Effects;
using CqlDriver.Protocol;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>
/// What lies between the client and the processes: sockets that live until their process dies or nothing passes any more,
/// events on their way, and the client's own discovery that a peer is silent.
/// </summary>
internal sealed class SimulatedNetwork(SimulationWorld world)
{
    /// <summary>A dead peer that nobody told of is found out by then.</summary>
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(40);

    private const int ShardPort = 19_042;

    private static readonly CqlConnectionException Reset = new("The simulated peer closed the connection.", null);
    private static readonly CqlConnectionException Silent = new("The simulated peer is silent.", null);

    /// <summary>Whether sharded nodes have a port where the client chooses the shard.</summary>
    public bool HasShardPorts { get; set; }

    /// <summary>Connections that the client has not closed or lost.</summary>
    public List<SimulatedConnection> Open { get; } = [];

    public SimulatedConnection Connect(ConnectionId id, NodeEndpoint endpoint, SimulatedProcess peer, int wishedShard, string? keyspace)
    {
        var sharding = peer.Shards == 0 ? null : new ShardingFacts(ShardFor(id, peer, wishedShard), peer.Shards, 12, HasShardPorts ? ShardPort : null, null);
        var facts = new ConnectionFacts(ProtocolVersion.V4) { HostId = peer.HostId, Sharding = sharding };
        var connection = new SimulatedConnection(world, id, endpoint, facts, peer) { Keyspace = keyspace };
        peer.Connections.Add(connection);
        Open.Add(connection);
        return connection;
    }

    /// <summary>On the port for it the client chooses, unless something on the way changes its port; else the node does as it likes.</summary>
    private int ShardFor(ConnectionId id, SimulatedProcess peer, int wished)
    {
        var isWished = (uint)wished < (uint)peer.Shards;
        return isWished && world.Choose(ChoicePoint.ShardGiven, 8) != 7 ? wished : (int)(((ulong)id.Value * 0x9E37_79B9_7F4A_7C15 >> 40) % (ulong)peer.Shards);
    }

    /// <summary>A process has died: its sockets are reset at once, or nobody notices until the client asks for a sign of life.</summary>
    public void OnDeath(SimulatedProcess process)
    {
        var isSeen = world.Choose(ChoicePoint.Loss, 2) == 0;
        for (var i = process.Connections.Count - 1; i >= 0; i--)
        {
            if (isSeen)
            {
                process.Connections[i].End(Reset);
            }
            else
            {
                Suspect(process.Connections[i]);
            }
        }
    }

    public void ResetOne(SimulatedConnection connection) => connection.End(Reset);

    public void OnCut(SimulatedProcess process)
    {
        foreach (var connection in process.Connections)
        {
            Suspect(connection);
        }
    }

    /// <summary>If nothing passes when the limit of silence is over, the client gives the connection up.</summary>
    public void Suspect(SimulatedConnection connection) => world.Add(new SilenceItem(connection) { ReadyAt = world.Now + SilenceLimit });

    /// <summary>A connection has ended on the client's side.</summary>
    public void OnEnded(SimulatedConnection connection)
    {
        Open.Remove(connection);
        connection.Peer.Connections.Remove(connection);
        if (connection.Closing is { } closing)
        {
            closing.ReadyAt = TimeSpan.Zero;
        }

        if (connection.Loss is { } loss)
        {
            world.Add(loss);
        }
    }

    /// <summary>An event for every control connection that is registered.</summary>
    public void Announce(CqlEvent message)
    {
        for (var i = 0; i < Open.Count; i++)
        {
            if (Open[i] is { Events: { } events, IsLive: true })
            {
                var fate = world.Choose(ChoicePoint.EventFate, 3);
                if (fate != 1)
                {
                    events.Take(world, message);
                }

                if (fate == 2)
                {
                    events.Take(world, message);
                }
            }
        }
    }

    public void OnQueued(SimulatedConnection connection) => world.Add(new WriteItem(connection));

    public void OnAnswered(ConnectionRequest request) => world.Add(new CompletionItem(request));

    private sealed class SilenceItem(SimulatedConnection connection) : WorldItem
    {
        public override void Run(SimulationWorld world)
        {
            world.Remove(this);
            if (!connection.IsLive)
            {
                connection.End(Silent);
            }
        }

        public override string ToString() => $"the limit of silence of {connection}";
    }
}

/// <summary>Events of one control connection on their way to the loop, in the driver's own buffer.</summary>
internal sealed class EventsItem(ConnectionId connectionId, RouteSettings? routes) : WorldItem
{
    private readonly EventBuffer _buffer = new(connectionId, routes);

    public void Take(SimulationWorld world, CqlEvent message)
    {
        if (_buffer.Add(message))
        {
            world.Add(this);
        }
    }

    public override void Run(SimulationWorld world)
    {
        world.Remove(this);
        world.Deliver(_buffer.Take() with { At = world.Now });
    }

    public override string ToString() => $"events of {connectionId}";
}

/// <summary>The end of a connection, on its way to the loop: after its opening, and once.</summary>
/// <param name="connection">The connection.</param>
/// <param name="opening">With which ticket it was opened; one with a fence is for a pool.</param>
internal sealed class LossItem(SimulatedConnection connection, EffectTicket opening) : WorldItem
{
    private static readonly CqlConnectionException Lost = new("The simulated connection has ended.", null);

    public override bool IsReady => connection.IsTold;

    /// <summary>Has been delivered.</summary>
    public bool IsDone { get; private set; }

    public override void Run(SimulationWorld world)
    {
        world.Remove(this);
        IsDone = true;
        world.Deliver(opening.Fence is { } fence
            ? new ConnectionLost(opening.Owner, fence, connection.Id, Lost) { At = world.Now }
            : new ControlLost(connection.Id, Lost) { At = world.Now });
    }

    public override string ToString() => $"{connection.Id} was lost";
}
