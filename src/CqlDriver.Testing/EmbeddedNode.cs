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
    private NodeEndpoint _endpoint;

    internal EmbeddedNode(EmbeddedCluster cluster, HostId hostId, NodeEndpoint endpoint, string datacenter, string rack, ImmutableArray<Token> tokens)
    {
        Cluster = cluster;
        HostId = hostId;
        _endpoint = endpoint;
        Datacenter = datacenter;
        Rack = rack;
        Tokens = tokens;
        Statistics = new NodeStatistics(cluster.Options.RequestLogCapacity);
        Logger = cluster.Options.LoggerFactory.CreateLogger<EmbeddedNode>();
    }

    /// <summary>Who the node is.</summary>
    public HostId HostId { get; }

    /// <summary>Where it listens, or will when it is started.</summary>
    public NodeEndpoint Endpoint => Volatile.Read(ref _endpoint);

    /// <summary>Its datacenter.</summary>
    public string Datacenter { get; }

    /// <summary>Its rack.</summary>
    public string Rack { get; }

    /// <summary>Its tokens, in order.</summary>
    public ImmutableArray<Token> Tokens { get; }

    /// <summary>Whether it listens.</summary>
    public bool IsRunning => Volatile.Read(ref _server) is not null;

    /// <summary>Whether it is frozen.</summary>
    public bool IsFrozen => Freezing.IsFrozen;

    /// <summary>How many statements it has prepared.</summary>
    public int PreparedCount => Prepared.Count;

    /// <summary>What it has seen.</summary>
    public NodeStatistics Statistics { get; }

    /// <summary>The schema version that it shows instead of the true one; null: the true one. For nodes that lag.</summary>
    public Guid? SchemaVersionOverride { get; set; }

    internal EmbeddedCluster Cluster { get; }

    internal EmbeddedClusterOptions Options => Cluster.Options;

    internal FaultRules Faults => Cluster.Faults;

    internal CqlEngine Engine => Cluster.Engine;

    internal ServerDialect Dialect => Cluster.Dialect;

    internal PreparedStatements Prepared { get; } = new();

    internal FreezeSwitch Freezing { get; } = new();

    internal ILogger Logger { get; }

    /// <summary>Starts the node again after it was stopped or killed; the other nodes announce it as up.</summary>
    /// <param name="cancellationToken">Ends the wait for the node's turn.</param>
    public Task StartAsync(CancellationToken cancellationToken = default) => Cluster.StartAsync(this, cancellationToken);

    /// <summary>Closes the listener and, in order, all connections; the other nodes announce it as down.</summary>
    /// <param name="cancellationToken">Ends the wait for the node's turn.</param>
    public Task StopAsync(CancellationToken cancellationToken = default) => Cluster.StopAsync(this, abruptly: false, cancellationToken);

    /// <summary>Resets all connections, as if the process had died; the other nodes announce it as down.</summary>
    /// <param name="cancellationToken">Ends the wait for the node's turn.</param>
    public Task KillAsync(CancellationToken cancellationToken = default) => Cluster.StopAsync(this, abruptly: true, cancellationToken);

    /// <summary>
    /// Restarts the node at another endpoint, with its host id, tokens and data. The others announce the old address as
    /// down and the new one as up, in this order.
    /// </summary>
    /// <param name="endpoint">Where to; null: an unused address or port of the cluster's layout.</param>
    /// <param name="cancellationToken">Ends the wait for the node's turn.</param>
    public Task MoveAsync(NodeEndpoint? endpoint = null, CancellationToken cancellationToken = default) => Cluster.MoveAsync(this, endpoint, cancellationToken);

    /// <summary>Keeps sockets open and answers nothing, as a stopped process does; connections are still accepted by the system.</summary>
    public void Freeze() => Freezing.Freeze();

    /// <summary>Ends <see cref="Freeze"/>; what came meanwhile is answered now.</summary>
    public void Thaw() => Freezing.Thaw();

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

    internal void Send(string eventType, CqlEvent message) => Volatile.Read(ref _server)?.Send(eventType, message);

    internal NodeRow? Override(NodeRow row)
    {
        NodeRow? changed = row;
        foreach (var change in _overrides)
        {
            changed = changed is null ? null : change(changed);
        }

        return changed;
    }

    /// <summary>Listens; the caller sees to it that nobody else starts or stops the node meanwhile.</summary>
    internal void Listen(System.Net.Sockets.Socket? listener = null)
    {
        listener ??= NodeServer.Listen(Endpoint.Address!, Endpoint.Port);
        Volatile.Write(ref _server, NodeServer.Start(this, listener));
        Log.NodeStarted(Logger, Endpoint, HostId);
    }

    /// <summary>Stops listening and forgets what a process forgets. False: it did not run.</summary>
    internal async Task<bool> EndAsync(bool abruptly)
    {
        if (Interlocked.Exchange(ref _server, null) is not { } server)
        {
            return false;
        }

        Freezing.Thaw();
        await server.StopAsync(abruptly).ConfigureAwait(false);
        Prepared.Clear();
        Log.NodeStopped(Logger, Endpoint, HostId, abruptly);
        return true;
    }

    internal void SetEndpoint(NodeEndpoint endpoint) => Volatile.Write(ref _endpoint, endpoint);

    internal static IPEndPoint ToIPEndPoint(NodeEndpoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return new IPEndPoint(endpoint.Address ?? throw new ArgumentException("Events carry addresses, no names.", nameof(endpoint)), endpoint.Port);
    }
}
