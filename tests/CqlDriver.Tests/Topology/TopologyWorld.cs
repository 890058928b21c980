using System.Net;
using CqlDriver.Connections;
using CqlDriver.Effects;
using CqlDriver.Pools;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Topology;

/// <summary>
/// A topology without sockets, tasks or clock: effects pile up and are completed by the test, in the order that the test
/// writes down. After every step the invariants are checked.
/// </summary>
internal sealed class TopologyWorld
{
    private readonly PiledEffects _effects = new();
    private readonly List<SessionPools> _sessions = [];
    private readonly Dictionary<HostId, long> _generations = [];
    private long _waiter;

    public TopologyWorld(TopologySettings? settings = null)
    {
        Settings = settings ?? new TopologySettings { ContactPoints = [At(1)], StopsAtFaults = true, RandomSeed = 5 };
        Topology = new ClusterTopology(Settings, _ => _effects);
    }

    public TopologySettings Settings { get; }

    public ClusterTopology Topology { get; }

    public TimeSpan Now { get; private set; }

    public Metadata Metadata => Topology.Current;

    public ControlState State => Topology.Loop.State;

    public List<TopologyEffect> Started => _effects.Pending;

    public List<TopologyChange> Changes { get; } = [];

    /// <summary>Changes one by one, out of their batches.</summary>
    public IEnumerable<TopologyChange> Parts => Changes.SelectMany(change => change is ChangeBatch batch ? batch.Changes : [change]);

    public List<(HostId Former, HostId Now)> Reidentified { get; } = [];

    /// <summary>Connections that were brought to the loop and that nobody has closed.</summary>
    public List<FakeConnection> Alive { get; } = [];

    public static HostId Id(int number) => new(new Guid(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 1]));

    public static NodeEndpoint At(int number) => new(new IPAddress([10, 0, 0, (byte)number]), 9042);

    public static NodeRow Row(int id, int at, string table = "system.peers_v2", int number = 0) => new(table, number)
    {
        HostId = Id(id).Value,
        Address = At(at).Address,
        PeerAddress = At(at).Address,
        Port = 9042,
        Datacenter = "dc1",
        Rack = "r1",
        Tokens = [new Token(id)],
        HasTokens = true,
        ClusterName = "world",
    };

    public static NodeRow Local(int id, int at) => Row(id, at, "system.local");

    public static ConnectionFacts Facts(HostId? hostId, int? shard = null, int shards = 0) => new(ProtocolVersion.V5)
    {
        HostId = hostId,
        Sharding = shard is { } own ? new ShardingFacts(own, shards, 12, null, null) : null,
    };

    /// <summary>Connects through the contact point and reads these rows.</summary>
    public TopologyWorld Begin(NodeRow local, params NodeRow[] peers)
    {
        Step(new Started());
        Step(new ContactPointsResolved(Take<ResolveContactPoints>().Ticket, Settings.ContactPoints, []));
        OpenControl(local);
        Read(local, peers);
        return this;
    }

    public void OpenControl(NodeRow local)
    {
        var open = Take<OpenControlConnection>();
        var connection = Bring(open.ConnectionId, open.Endpoint, Facts(new HostId(local.HostId!.Value)));
        Step(new ControlOpened(open.Ticket, connection));
    }

    /// <summary>Answers the refresh that is under way.</summary>
    public void Read(NodeRow local, params NodeRow[] peers) => Step(new NodesRead(Take<ReadNodes>().Ticket, local, [.. peers], local));

    /// <summary>Asks for a refresh and answers it.</summary>
    public void Refresh(NodeRow local, params NodeRow[] peers)
    {
        Step(new RefreshRequested(++_waiter, IsFirst: false));
        Read(local, peers);
    }

    public SessionPools Attach(SessionPoolSettings? settings = null)
    {
        var session = new SessionPools(Topology, settings ?? new SessionPoolSettings());
        _sessions.Add(session);
        Step(new SessionAttached(session));
        return session;
    }

    /// <summary>Completes every dial that waits, as the node that was meant.</summary>
    public void DialAll()
    {
        while (Started.OfType<DialNode>().FirstOrDefault() is { } dial)
        {
            Complete(dial);
        }
    }

    /// <summary>Takes the oldest dial to a node: from now on it is the test's to complete.</summary>
    public DialNode Dial(int node) => Take<DialNode>(dial => dial.Ticket.Fence!.Value.HostId == Id(node));

    public FakeConnection Complete(DialNode dial, ConnectionFacts? facts = null)
    {
        Started.Remove(dial);
        var connection = Bring(dial.ConnectionId, dial.Endpoint, facts ?? Facts(dial.Ticket.Fence!.Value.HostId));
        Step(new NodeDialled(dial.Ticket, connection));
        return connection;
    }

    public void Fail(DialNode dial, Exception? error = null, HostId? answered = null)
    {
        Started.Remove(dial);
        Step(new NodeDialFailed(dial.Ticket, error ?? new CqlConnectionException("refused", dial.Endpoint), answered));
    }

    /// <summary>Somebody answers where a node is said to be; the node itself, if nobody else is named.</summary>
    public void Verify(int node, int? answered = null)
    {
        var verify = Take<VerifyIdentity>(verify => verify.Ticket.Key.HostId == Id(node));
        Step(new IdentityVerified(verify.Ticket, Id(answered ?? node), answered is null ? null : new CqlConnectionException("another one", verify.Endpoint)));
    }

    /// <summary>A refresh shows a node elsewhere, and it answers there: everything up to the cut-over.</summary>
    public void HandOver(int node, NodeRow local, params NodeRow[] peers)
    {
        Refresh(local, peers);
        Verify(node);
        while (Started.OfType<DialNode>().FirstOrDefault(dial => dial.Ticket.Handover != 0) is { } dial)
        {
            Complete(dial);
        }
    }

    public void Lose(SessionPools session, PoolFence fence, FakeConnection connection)
    {
        connection.IsOpen = false;
        Alive.Remove(connection);
        Step(new ConnectionLost(session.Id, fence, connection.Id, new CqlConnectionException("reset", connection.Endpoint)));
    }

    public void LoseControl()
    {
        var connection = (FakeConnection)((ControlPhase.Ready)State.Control).Connection;
        connection.IsOpen = false;
        Step(new ControlLost(connection.Id, new CqlConnectionException("reset", connection.Endpoint)));
    }

    public void Events(params NodeHint[] hints) =>
        Step(new EventsObserved(((ControlPhase.Ready)State.Control).Connection.Id, [.. hints], [], false));

    public T Take<T>(Func<T, bool>? isMeant = null)
        where T : TopologyEffect
    {
        var effect = Started.OfType<T>().FirstOrDefault(isMeant ?? (_ => true))
            ?? throw new InvalidOperationException($"No {typeof(T).Name} waits; there are: {string.Join(", ", Started)}.");
        Started.Remove(effect);
        return effect;
    }

    /// <summary>Finishes closing whatever is being closed.</summary>
    public void CloseAll()
    {
        while (Started.OfType<CloseConnection>().FirstOrDefault() is { } closing)
        {
            Started.Remove(closing);
            Alive.Remove((FakeConnection)closing.Connection);
            Step(new ConnectionClosed(closing.Ticket));
        }
    }

    public void Fire(TimerPurpose purpose)
    {
        var timer = Take<StartTimer>(timer => timer.Ticket.Key.Timer == purpose);
        Now += timer.DueIn;
        Step(new TimerFired(timer.Ticket));
    }

    /// <summary>Answers an effect whose answer nobody waits for any more.</summary>
    public void Answer(TicketedEffect effect)
    {
        Started.Remove(effect);
        var gone = new CqlConnectionException("stopped", At(1));
        Step(effect switch
        {
            DialNode => new NodeDialFailed(effect.Ticket, gone),
            VerifyIdentity => new IdentityVerified(effect.Ticket, null, gone),
            AskIdentity => new IdentityTold(effect.Ticket, null, gone),
            WarmConnection => new ConnectionWarmed(effect.Ticket, 0, null),
            SetKeyspace => new KeyspaceSet(effect.Ticket, gone),
            ReadNodes => new NodesReadFailed(effect.Ticket, gone),
            ReadSchema => new SchemaReadFailed(effect.Ticket, gone),
            OpenControlConnection => new ControlFailed(effect.Ticket, gone),
            StartTimer => new TimerFired(effect.Ticket),
            _ => throw new InvalidOperationException($"{effect} has another answer."),
        });
    }

    public void Advance(TimeSpan by) => Now += by;

    public long Dropped(EffectKind kind) => _effects.Dropped(kind);

    public void Step(TopologyInput input)
    {
        var before = Metadata.AppliedIndex;
        Topology.Loop.Step(input with { At = Now });
        foreach (var reidentified in Topology.Loop.Log.Entries.Where(entry => entry.Index > before).SelectMany(entry => entry.Change is ChangeBatch batch ? batch.Changes : [entry.Change]).OfType<NodeReidentified>())
        {
            Reidentified.Add((reidentified.Former, reidentified.HostId));
        }

        Changes.AddRange(Topology.Loop.Log.Entries.Where(entry => entry.Index > before).Select(entry => entry.Change));
        Check();
    }

    private FakeConnection Bring(ConnectionId id, NodeEndpoint endpoint, ConnectionFacts facts)
    {
        var connection = new FakeConnection(id, endpoint, facts);
        Alive.Add(connection);
        return connection;
    }

    private void Check()
    {
        foreach (var node in Metadata.Nodes)
        {
            Require(node.Endpoint is null || (Metadata.TryGetHostId(node.Endpoint, out var owner) && owner == node.HostId), $"the index does not lead to {node}");
            Require(node.Generation >= _generations.GetValueOrDefault(node.HostId), $"the generation of {node} fell");
            _generations[node.HostId] = node.Generation;
        }

        foreach (var session in _sessions.Where(session => session.State.Phase == SessionPhase.Active))
        {
            Check(session);
        }

        foreach (var (hostId, health) in State.Health)
        {
            var open = _sessions.Sum(session => session.State.Pools.TryGetValue(hostId, out var pool) ? pool.ConnectionCount : 0);
            Require(health.Open == open, $"health of {hostId} counts {health.Open} of {open} connections");
            Require(Metadata.TryGetNode(hostId, out var node) && node.Generation == health.Generation, $"health of another life of {hostId}");
            Require(health.Open == 0 || health.Forced is not null || node!.IsUp || health.UpAfterRefresh is not null, $"{hostId} is down with an open connection");
        }
    }

    private void Check(SessionPools session)
    {
        Require(ReferenceEquals(session.View.Metadata, Metadata), "a session's view shows another snapshot");
        foreach (var pool in session.State.Pools.Values)
        {
            Require(Metadata.TryGetNode(pool.Fence.HostId, out var node), $"a pool of unknown {pool.Fence}");
            Require(node!.Generation == pool.Fence.Generation && pool.Endpoint.Equals(node.Endpoint), $"pool {pool.Fence} does not belong to {node} g{node.Generation}");
            Require(ReferenceEquals(session.View.PoolOf(node.Ordinal), pool.Handle), $"the view shows another pool for {node}");
            Require(!pool.Handle.IsRetired, $"the current pool of {node} is retired");
            Require(pool.Handle.Slots.Count == pool.Slots.Count(slot => slot.IsPublished), "requests see other slots");
            Require(node.Sharding is null || pool.Slots.Length == node.Sharding.ShardCount, "one place a shard");
            Require(pool.Slots.All(slot => slot.Connection?.Facts.HostId is not { } told || told == node.HostId || Reidentified.Contains((told, node.HostId))), "a stranger in a pool");
            Require(pool.Dials.Count + pool.Slots.Count(slot => !slot.IsOpenToNew) <= pool.Slots.Length, "more dials than places");
            Require(!session.State.Staged.ContainsKey(node.HostId) || pool.Dials.IsEmpty, "the old pool dials while its node is handed over");
        }

        foreach (var staged in session.State.Staged.Values)
        {
            var handover = Metadata.Handovers.SingleOrDefault(handover => handover.HostId == staged.Fence.HostId);
            Require(handover is { Phase: HandoverPhase.Open or HandoverPhase.CatchUp } && handover.Handover == staged.Handover, $"a staged pool {staged.Fence} without its handover");
            Require(staged.Fence.Generation == handover!.Generation && staged.Endpoint.Equals(handover.To), $"staged pool {staged.Fence} is for another endpoint");
        }
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"Invariant: {otherwise}.");
        }
    }

    private sealed class PiledEffects : IEffectRunner
    {
        private readonly List<EffectKind> _dropped = [];

        public List<TopologyEffect> Pending { get; } = [];

        public void Serve(TopologyLoop loop)
        {
        }

        public void Start(TopologyEffect effect)
        {
            if (effect is CountDrop drop)
            {
                _dropped.Add(drop.Dropped);
            }
            else if (effect is CancelEffect { Cancelled: { Kind: EffectKind.Timer } timer })
            {
                Pending.RemoveAll(pending => pending is StartTimer started && started.Ticket == timer);
            }
            else
            {
                Pending.Add(effect);
            }
        }

        public void Abandon(IPooledConnection connection) => ((FakeConnection)connection).IsOpen = false;

        public long Dropped(EffectKind kind) => _dropped.Count(dropped => dropped == kind);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
