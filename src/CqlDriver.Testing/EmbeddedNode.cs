using System.Collections.Immutable;
using System.Net;
using CqlDriver.Protocol;
using CqlDriver.Testing.Engine;
using CqlDriver.Testing.Server;
using Microsoft.Extensions.Logging;

namespace CqlDriver.Testing;

/// <summary>
/// A node of an <see cref="EmbeddedCluster"/>: an endpoint that is listened on while the node runs. All nodes share one
/// store, so any of them answers for all data; what a node has prepared is its own, and forgotten when it stops.
/// Thread-safe; changes of state are done one after the other.
/// </summary>
public sealed class EmbeddedNode
{
    private ImmutableArray<Func<NodeRow, NodeRow?>> _overrides = [];
    private NodeServer? _server;

    // Changed in the cluster's turn; read by whoever sends an event.
    private ImmutableArray<NodeServer> _former = [];
    private NodeIdentity _identity;
    private FreezeSwitch _freezing = new();
    private ShardLayout? _shards;

    internal EmbeddedNode(EmbeddedCluster cluster, HostId hostId, NodeEndpoint endpoint, string datacenter, string rack, ImmutableArray<Token> tokens)
    {
        Cluster = cluster;
        _identity = new NodeIdentity(hostId, endpoint);
        _shards = Options.Scylla is { } scylla ? new ShardLayout(scylla.ShardsPerNode, scylla.IgnoreMsb) : null;
        Datacenter = datacenter;
        Rack = rack;
        Tokens = tokens;
        Statistics = new NodeStatistics(cluster.Options.RequestLogCapacity);
        Logger = cluster.Options.LoggerFactory.CreateLogger<EmbeddedNode>();
    }

    /// <summary>Who the node is; see <see cref="EmbeddedCluster.ReidentifyAllAsync"/>.</summary>
    public HostId HostId => Identity.HostId;

    /// <summary>Where it listens, or will when it is started.</summary>
    public NodeEndpoint Endpoint => Identity.Endpoint;

    /// <summary>Its datacenter.</summary>
    public string Datacenter { get; }

    /// <summary>Its rack.</summary>
    public string Rack { get; }

    /// <summary>Its tokens, in order.</summary>
    public ImmutableArray<Token> Tokens { get; }

    /// <summary>How many shards it has now; 0: it is no node with shards.</summary>
    public int ShardCount => Shards?.Count ?? 0;

    /// <summary>Whether it runs.</summary>
    public bool IsRunning => Volatile.Read(ref _server) is not null;

    /// <summary>Whether it has a row without tokens in the others' tables, and has not begun to listen.</summary>
    public bool IsJoining { get; internal set; }

    /// <summary>
    /// The word for its state in the cluster's own directory; null, the default: <c>JOINED</c>, or <c>BOOTSTRAPPING</c> while it joins.
    /// </summary>
    public string? DirectoryState { get; set; }

    /// <summary>Whether it is frozen.</summary>
    public bool IsFrozen => _freezing.IsFrozen;

    /// <summary>How many statements it has prepared.</summary>
    public int PreparedCount => Prepared.Count;

    /// <summary>What it has seen.</summary>
    public NodeStatistics Statistics { get; }

    /// <summary>The schema version that it shows instead of the true one; null: the true one. For nodes that lag.</summary>
    public Guid? SchemaVersionOverride { get; set; }

    /// <summary>Whether this node refuses to tell of client routes, as an older version in a cluster that is being upgraded does.</summary>
    public bool RefusesClientRoutes { get; set; }

    internal EmbeddedCluster Cluster { get; }

    internal EmbeddedClusterOptions Options => Cluster.Options;

    internal FaultRules Faults => Cluster.Faults;

    internal CqlEngine Engine => Cluster.Engine;

    internal ServerDialect Dialect => Cluster.Dialect;

    internal PreparedStatements Prepared { get; } = new();

    internal ILogger Logger { get; }

    internal bool IsListening => Volatile.Read(ref _server) is { IsListening: true };

    internal ShardLayout? Shards => Volatile.Read(ref _shards);

    /// <summary>Who it will be once the metadata service is initialised.</summary>
    internal HostId FutureHostId { get; } = new(Guid.NewGuid());

    /// <summary>Who and where, read and changed as one.</summary>
    internal NodeIdentity Identity
    {
        get => Volatile.Read(ref _identity);
        set => Volatile.Write(ref _identity, value);
    }

    /// <summary>Starts the node again after it was stopped or killed; the other nodes announce it as up.</summary>
    /// <param name="cancellationToken">Ends the wait for the node's turn.</param>
    public Task StartAsync(CancellationToken cancellationToken = default) => InTurnAsync(members => members.StartAsync(this), cancellationToken);

    /// <summary>Closes the listener and, in order, all connections; the other nodes announce it as down.</summary>
    /// <param name="cancellationToken">Ends the wait for the node's turn.</param>
    public Task StopAsync(CancellationToken cancellationToken = default) => InTurnAsync(members => members.StopAsync(this, abruptly: false), cancellationToken);

    /// <summary>Resets all connections, as if the process had died; the other nodes announce it as down.</summary>
    /// <param name="cancellationToken">Ends the wait for the node's turn.</param>
    public Task KillAsync(CancellationToken cancellationToken = default) => InTurnAsync(members => members.StopAsync(this, abruptly: true), cancellationToken);

    /// <summary>
    /// Restarts the node at another endpoint, with its host id, tokens and data. The others announce the old address as
    /// down, then the new one as new and as up.
    /// </summary>
    /// <param name="endpoint">Where to; null: an unused address or port of the cluster's layout.</param>
    /// <param name="cancellationToken">Ends the wait for the node's turn.</param>
    public Task MoveAsync(NodeEndpoint? endpoint = null, CancellationToken cancellationToken = default) => MoveAsync(OldAddress.Closed, endpoint, cancellationToken);

    /// <summary>
    /// Moves the node to another endpoint, with its host id, tokens and data. Unless the old address is kept, the others announce
    /// it as down; then they announce the new one as new and as up.
    /// </summary>
    /// <param name="oldAddress">What becomes of the old address; until <see cref="CloseOldAddressAsync"/>, where it lives on.</param>
    /// <param name="endpoint">Where to; null: an unused address or port of the cluster's layout.</param>
    /// <param name="cancellationToken">Ends the wait for the node's turn.</param>
    public Task MoveAsync(OldAddress oldAddress, NodeEndpoint? endpoint = null, CancellationToken cancellationToken = default) =>
        InTurnAsync(members => members.MoveAsync(this, oldAddress, endpoint), cancellationToken);

    /// <summary>Ends what a node that moved or was replaced left at former addresses: dials are refused, connections end.</summary>
    /// <param name="abruptly">Whether to reset them.</param>
    /// <param name="cancellationToken">Ends the wait for the node's turn.</param>
    public Task CloseOldAddressAsync(bool abruptly = false, CancellationToken cancellationToken = default) =>
        InTurnAsync(_ => EndFormerAsync(abruptly), cancellationToken);

    /// <summary>Refuses further connections; those that there are go on. Nobody announces anything.</summary>
    /// <param name="cancellationToken">Ends the wait for the node's turn.</param>
    public Task RefuseConnectionsAsync(CancellationToken cancellationToken = default) => InTurnAsync(
        async _ =>
        {
            await (Volatile.Read(ref _server)?.StopListeningAsync() ?? Task.CompletedTask).ConfigureAwait(false);
            return this;
        },
        cancellationToken);

    /// <summary>Ends <see cref="RefuseConnectionsAsync"/>.</summary>
    /// <param name="cancellationToken">Ends the wait for the node's turn.</param>
    public Task AcceptConnectionsAsync(CancellationToken cancellationToken = default) => InTurnAsync(members => members.AcceptAsync(this), cancellationToken);

    /// <summary>Ends the joining of a node: it listens, its row gets tokens, the others announce it as new, then as up.</summary>
    /// <param name="cancellationToken">Ends the wait for the node's turn.</param>
    public Task FinishJoiningAsync(CancellationToken cancellationToken = default) => InTurnAsync(members => members.FinishJoiningAsync(this), cancellationToken);

    /// <summary>
    /// Gives a ScyllaDB node another number of shards: connections that are opened from now on are told of it, and spread over
    /// them; those that there are go on as they were.
    /// </summary>
    /// <param name="shards">How many, 1 to 4,096.</param>
    /// <param name="restarts">Whether the node is killed and started again, which is how it happens to real ones.</param>
    /// <param name="cancellationToken">Ends the wait for the node's turn.</param>
    /// <exception cref="InvalidOperationException">It is no ScyllaDB node.</exception>
    public Task ReshardAsync(int shards, bool restarts = false, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shards, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shards, 4096);
        return InTurnAsync(members => members.ReshardAsync(this, shards, restarts), cancellationToken);
    }

    /// <summary>Keeps sockets open and answers nothing, as a stopped process does; connections are still accepted by the system.</summary>
    public void Freeze() => _freezing.Freeze();

    /// <summary>Ends <see cref="Freeze"/>; what came meanwhile is answered now.</summary>
    public void Thaw() => _freezing.Thaw();

    /// <summary>Ends all connections, with FINs or resets, and goes on listening.</summary>
    /// <param name="abruptly">Whether to reset.</param>
    public Task DropConnectionsAsync(bool abruptly = false) => Volatile.Read(ref _server)?.DropConnectionsAsync(abruptly) ?? Task.CompletedTask;

    /// <summary>Forgets all prepared statements: executing one is answered with UNPREPARED.</summary>
    public void ForgetPrepared() => Prepared.Clear();

    /// <summary>
    /// Changes what this node tells of nodes in its system tables: each row passes the function, the node's own in
    /// <c>system.local</c> and the others' in <c>system.peers</c>; null leaves the row out (not the own one).
    /// </summary>
    /// <param name="change">Gets a row, gives what to show instead. Called for each query; must be quick and not throw.</param>
    public void OverrideRows(Func<NodeRow, NodeRow?> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        ImmutableInterlocked.Update(ref _overrides, static (all, added) => all.Add(added), change);
    }

    /// <summary>Ends all of <see cref="OverrideRows"/>.</summary>
    public void RestoreRows() => ImmutableInterlocked.InterlockedExchange(ref _overrides, []);

    /// <summary>Sends STATUS_CHANGE to the connections of this node that registered for it, true or not.</summary>
    /// <param name="endpoint">About which address.</param>
    /// <param name="isUp">UP or DOWN.</param>
    public void SendStatusChange(NodeEndpoint endpoint, bool isUp) =>
        Send(EventTypes.StatusChange, new StatusChangeEvent(isUp ? StatusChangeKind.Up : StatusChangeKind.Down, ToIPEndPoint(endpoint)));

    /// <summary>Sends TOPOLOGY_CHANGE to the connections of this node that registered for it, true or not.</summary>
    /// <param name="endpoint">About which address.</param>
    /// <param name="isNew">NEW_NODE or REMOVED_NODE.</param>
    public void SendTopologyChange(NodeEndpoint endpoint, bool isNew) =>
        Send(EventTypes.TopologyChange, new TopologyChangeEvent(isNew ? TopologyChangeKind.NewNode : TopologyChangeKind.RemovedNode, ToIPEndPoint(endpoint)));

    /// <inheritdoc/>
    public override string ToString() => $"{HostId}@{Endpoint}";

    internal void Send(string eventType, CqlEvent message)
    {
        Volatile.Read(ref _server)?.Send(eventType, message);
        foreach (var server in _former)
        {
            server.Send(eventType, message);
        }
    }

    /// <summary>The shard for a connection that came in; null on nodes without shards.</summary>
    internal ShardAssignment? AssignShard(IPEndPoint client, bool isShardAware) =>
        Shards?.Assign(isShardAware ? Options.Scylla!.SourcePortTranslation?.Invoke(client.Port) ?? client.Port : null);

    internal void Reshard(int count)
    {
        var shards = Shards ?? throw new InvalidOperationException($"Node {this} has no shards: it is no ScyllaDB node.");
        Volatile.Write(ref _shards, new ShardLayout(count, shards.IgnoreMsb));
    }

    internal NodeRow? Override(NodeRow row)
    {
        NodeRow? changed = row;
        foreach (var change in _overrides)
        {
            changed = changed is null ? null : change(changed);
        }

        return changed;
    }

    /// <summary>Begins to serve; this and all below is done in the cluster's turn.</summary>
    internal void Listen(NodeListeners listeners)
    {
        var server = new NodeServer(this, listeners.Endpoint, _freezing);
        server.Listen(listeners);
        Volatile.Write(ref _server, server);
        Log.NodeStarted(Logger, Endpoint, HostId);
    }

    internal void Resume(NodeListeners listeners) => Volatile.Read(ref _server)!.Listen(listeners);

    /// <summary>Ends the process: stops serving and forgets what a process forgets. False: it did not run.</summary>
    internal async Task<bool> EndAsync(bool abruptly)
    {
        if (Interlocked.Exchange(ref _server, null) is not { } server)
        {
            return false;
        }

        _freezing.Thaw();
        await server.StopAsync(abruptly).ConfigureAwait(false);
        await EndFormerAsync(abruptly, former => former.Freezing == _freezing).ConfigureAwait(false);
        Prepared.Clear();
        Log.NodeStopped(Logger, Endpoint, HostId, abruptly);
        return true;
    }

    /// <summary>Serves the present address no more as the node's own: it lives on, or hangs for ever. False: it did not run.</summary>
    internal bool Detach(bool hangs)
    {
        if (Interlocked.Exchange(ref _server, null) is not { } server)
        {
            return false;
        }

        _former = _former.Add(server);
        if (hangs)
        {
            // The process at the new address is another one: what hangs keeps the switch, nobody has it any more to thaw.
            _freezing.Freeze();
            _freezing = new FreezeSwitch();
            Prepared.Clear();
        }

        return true;
    }

    /// <summary>Another node, or this one, is to listen there: dials go to it from now on.</summary>
    internal async Task YieldAsync(NodeEndpoint endpoint)
    {
        foreach (var server in _former)
        {
            if (server.Endpoint.Equals(endpoint))
            {
                await server.StopListeningAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Ends what is left at former addresses.</summary>
    internal async Task<EmbeddedNode> EndFormerAsync(bool abruptly, Func<NodeServer, bool>? isMeant = null)
    {
        foreach (var server in _former)
        {
            if (isMeant?.Invoke(server) ?? true)
            {
                await server.StopAsync(abruptly).ConfigureAwait(false);
                _former = _former.Remove(server);
            }
        }

        return this;
    }

    internal static IPEndPoint ToIPEndPoint(NodeEndpoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return new IPEndPoint(endpoint.Address ?? throw new ArgumentException("Events carry addresses, no names.", nameof(endpoint)), endpoint.Port);
    }

    private Task<EmbeddedNode> InTurnAsync(Func<Membership, Task<EmbeddedNode>> change, CancellationToken cancellationToken) =>
        Cluster.Members.InTurnAsync(() => change(Cluster.Members), cancellationToken);
}

/// <summary>Who a node is, and where.</summary>
internal sealed record NodeIdentity(HostId HostId, NodeEndpoint Endpoint);
