using System.Collections.Immutable;
using CqlDriver.Protocol;
using CqlDriver.Testing.Engine;
using CqlDriver.Testing.Model;
using CqlDriver.Testing.Server;
using CqlDriver.Testing.SystemTables;

namespace CqlDriver.Testing;

/// <summary>
/// A cluster in this process: nodes on loopback endpoints that speak the CQL native protocol (v4 and v5, LZ4 and Snappy,
/// TLS, passwords) over real sockets, with a CQL database in memory behind them. For testing code that uses a driver:
/// nodes can be stopped, killed, frozen, moved, added, removed and replaced, with the events a real cluster sends, and
/// <see cref="Faults"/> make them fail by rule.
/// </summary>
/// <remarks>
/// <para>Rows are kept once, for the whole cluster: replication is not simulated, so every consistency level is met
/// (a rule can answer <see cref="ServerError.Unavailable"/>). What is not supported is refused with an error that names it.</para>
/// <para>Thread-safe. Changes of the topology are done one after the other. Disposal ends all nodes and waits until
/// nothing is left: no socket, no task.</para>
/// </remarks>
/// <example>
/// <code>
/// await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 3 });
/// // Connect to cluster.ContactPoints, then see what the code under test makes of this:
/// await cluster.Nodes[1].KillAsync();
/// </code>
/// </example>
public sealed class EmbeddedCluster : IAsyncDisposable
{
    private ImmutableArray<ExecutionCounter> _counters = [];

    private EmbeddedCluster(EmbeddedClusterOptions options)
    {
        Options = options;
        Engine = new CqlEngine(options.TimeProvider, () => Nodes.Count, SchemaOf(options));
        ClientRoutes = new EmbeddedClientRoutes(this);
        CommittedLog = new EmbeddedCommittedLog(this);
        Members = new Membership(this);
        Tablets = new EmbeddedTablets(this);
        Dialect = new ServerDialect(options, Members.ShardAwarePort);
    }

    /// <summary>The nodes that belong to the cluster, running or not, in the order in which they came.</summary>
    public IReadOnlyList<EmbeddedNode> Nodes => Members.Nodes;

    /// <summary>The endpoints of the nodes.</summary>
    public IReadOnlyList<NodeEndpoint> ContactPoints => [.. Members.Nodes.Select(node => node.Endpoint)];

    /// <summary>Rules by which nodes fail.</summary>
    public FaultRules Faults { get; } = new();

    /// <summary>ScyllaDB's table of client routes, and the events about it.</summary>
    public EmbeddedClientRoutes ClientRoutes { get; }

    /// <summary>Which nodes and shards serve which tokens, where the cluster has tablets.</summary>
    public EmbeddedTablets Tablets { get; }

    /// <summary>The cluster's own log of who belongs to it, for clients that follow one. Changes of the topology are written there before nodes act on them.</summary>
    public EmbeddedCommittedLog CommittedLog { get; }

    /// <summary>The version of the schema.</summary>
    public Guid SchemaVersion => Engine.Schema.Version;

    internal EmbeddedClusterOptions Options { get; }

    internal BalancedSockets Balanced { get; } = new();

    internal ServerDialect Dialect { get; }

    internal CqlEngine Engine { get; }

    internal Membership Members { get; }

    internal bool CountsExecutions => !_counters.IsEmpty;

    /// <summary>Starts a cluster.</summary>
    /// <param name="options">How to build it; null: one node.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="ArgumentException">The options contradict themselves; the message names all problems.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">An address or port is not free.</exception>
    public static Task<EmbeddedCluster> StartAsync(EmbeddedClusterOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new EmbeddedClusterOptions();
        options.Validate();
        cancellationToken.ThrowIfCancellationRequested();
        var cluster = new EmbeddedCluster(options);
        IList<EmbeddedDatacenter> datacenters = options.Datacenters.Count > 0 ? options.Datacenters : [new EmbeddedDatacenter("datacenter1", options.Nodes)];
        var places = datacenters.SelectMany(dc => Enumerable.Range(0, dc.Nodes), (dc, i) => (dc.Name, Rack: $"rack{i % dc.Racks + 1}")).ToList();
        cluster.Members.Begin(places);
        return Task.FromResult(cluster);
    }

    /// <summary>Runs a statement on the cluster's database, without any connection: for setting up and looking.</summary>
    /// <param name="cql">The statement, without bind markers.</param>
    /// <param name="keyspace">The keyspace for names that say none.</param>
    /// <returns>The rows as they would go over the wire, empty for statements that answer none.</returns>
    /// <exception cref="CqlException">The database refuses the statement; the message says why.</exception>
    public IReadOnlyList<IReadOnlyList<byte[]?>> Execute(string cql, string? keyspace = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(cql);
        var now = Engine.Now;
        var scope = new ExecutionScope
        {
            Timestamp = Engine.NextTimestamp(),
            Now = now,
            NowSeconds = now.ToUnixTimeSeconds(),
            Viewer = Members.Nodes is [var first, ..] ? new NodeViewer(first, null) : null,
        };
        try
        {
            var result = Engine.Execute(cql, keyspace, scope);
            if (result is SchemaChangeResult change)
            {
                OnSchemaChanged(StatementHandler.SchemaChangeOf(change));
            }

            return result is RowsResult rows ? rows.Rows : [];
        }
        catch (CqlServerException e)
        {
            throw new CqlException(e.Error.ToString(), e);
        }
    }

    /// <summary>Adds a node with tokens of its own. The others announce it as new, then as up.</summary>
    /// <param name="datacenter">Its datacenter; null: that of the first node.</param>
    /// <param name="rack">Its rack.</param>
    /// <param name="cancellationToken">Ends the wait for the turn.</param>
    public Task<EmbeddedNode> AddNodeAsync(string? datacenter = null, string rack = "rack1", CancellationToken cancellationToken = default) =>
        AddNodeAsync(new EmbeddedNodeOptions { Datacenter = datacenter, Rack = rack }, cancellationToken);

    /// <summary>Adds a node with tokens of its own. Unless it only begins to join, the others announce it as new, then as up.</summary>
    /// <param name="options">The node.</param>
    /// <param name="cancellationToken">Ends the wait for the turn.</param>
    /// <exception cref="ArgumentException">The host id is that of a node that is there.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The endpoint is not free.</exception>
    public Task<EmbeddedNode> AddNodeAsync(EmbeddedNodeOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Members.InTurnAsync(() => Members.AddAsync(options), cancellationToken);
    }

    /// <summary>Takes a running node out in order: it leaves the others' tables, they announce it as removed, then it stops.</summary>
    /// <param name="node">The node.</param>
    /// <param name="cancellationToken">Ends the wait for the turn.</param>
    public Task DecommissionNodeAsync(EmbeddedNode node, CancellationToken cancellationToken = default) => RemoveAsync(node, abruptly: false, cancellationToken);

    /// <summary>Removes a node that is dead, or dies now: it is killed, leaves the others' tables, and they announce it as removed.</summary>
    /// <param name="node">The node.</param>
    /// <param name="cancellationToken">Ends the wait for the turn.</param>
    public Task RemoveNodeAsync(EmbeddedNode node, CancellationToken cancellationToken = default) => RemoveAsync(node, abruptly: true, cancellationToken);

    /// <summary>Replaces a node by another with a new host id and the same tokens. The old one is killed.</summary>
    /// <param name="node">The node to replace.</param>
    /// <param name="endpoint">Where the new one listens; null: at the old one's endpoint.</param>
    /// <param name="cancellationToken">Ends the wait for the turn.</param>
    /// <returns>The new node, in the old one's place in <see cref="Nodes"/>.</returns>
    public Task<EmbeddedNode> ReplaceNodeAsync(EmbeddedNode node, NodeEndpoint? endpoint = null, CancellationToken cancellationToken = default) =>
        ReplaceNodeAsync(node, OldAddress.Reset, endpoint, cancellationToken);

    /// <summary>Replaces a node by another with a new host id and the same tokens.</summary>
    /// <param name="node">The node to replace.</param>
    /// <param name="oldAddress">What becomes of the old one's connections; with <see cref="OldAddress.Hangs"/> they outlive it at the very address that the new one serves.</param>
    /// <param name="endpoint">Where the new one listens; null: at the old one's endpoint.</param>
    /// <param name="cancellationToken">Ends the wait for the turn.</param>
    /// <returns>The new node, in the old one's place in <see cref="Nodes"/>.</returns>
    public Task<EmbeddedNode> ReplaceNodeAsync(EmbeddedNode node, OldAddress oldAddress, NodeEndpoint? endpoint = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(node);
        return Members.InTurnAsync(() => Members.ReplaceAsync(node, oldAddress, endpoint), cancellationToken);
    }

    /// <summary>Kills two nodes, then starts each at the other's endpoint, with the events of it.</summary>
    /// <param name="one">One of them.</param>
    /// <param name="other">The other.</param>
    /// <param name="cancellationToken">Ends the wait for the turn.</param>
    public Task SwapEndpointsAsync(EmbeddedNode one, EmbeddedNode other, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return Members.InTurnAsync(() => Members.SwapAsync(one, other), cancellationToken);
    }

    /// <summary>
    /// Gives every node a new host id at once: connections stay open and tables tell the new ids. Cassandra does this when a
    /// cluster's metadata service is initialised after an upgrade; the only events are, before it, those of the keyspace
    /// <c>system_cluster_metadata</c> and its table. ScyllaDB's nodes say nothing.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait for the turn.</param>
    public Task ReidentifyAllAsync(CancellationToken cancellationToken = default) => Members.InTurnAsync(Members.ReidentifyAllAsync, cancellationToken);

    /// <summary>Counts from now on how often the cluster executes QUERY, EXECUTE and BATCH requests, by key. Refused ones do not count.</summary>
    /// <param name="keyOf">The key of a request, such as <c>request => request.Integer(0)</c>; null: it does not count. Runs for each request, any thread.</param>
    public ExecutionCounter CountExecutions(Func<RequestRecord, long?> keyOf)
    {
        ArgumentNullException.ThrowIfNull(keyOf);
        var counter = new ExecutionCounter(keyOf, ended => ImmutableInterlocked.Update(ref _counters, static (all, one) => all.Remove(one), ended));
        ImmutableInterlocked.Update(ref _counters, static (all, one) => all.Add(one), counter);
        return counter;
    }

    /// <summary>Ends all nodes and waits until nothing of them is left. May be called more than once.</summary>
    public ValueTask DisposeAsync() => Members.DisposeAsync();

    internal void OnSchemaChanged(SchemaChange change)
    {
        foreach (var node in Members.Nodes)
        {
            node.Send(EventTypes.SchemaChange, new SchemaChangeEvent(change));
        }
    }

    internal void OnExecuted(RequestRecord request)
    {
        foreach (var counter in _counters)
        {
            counter.OnExecuted(request);
        }
    }

    private Task<EmbeddedNode> RemoveAsync(EmbeddedNode node, bool abruptly, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(node);
        return Members.InTurnAsync(() => Members.RemoveAsync(node, abruptly), cancellationToken);
    }

    private static SchemaSnapshot SchemaOf(EmbeddedClusterOptions options) =>
        options.Scylla is not null ? SystemKeyspaces.OfScylla
        : options.MetadataService == EmbeddedMetadataService.None ? SystemKeyspaces.OfCassandra
        : SystemKeyspaces.OfCassandraWithDirectory;
}
