using System.Collections.Immutable;
using CqlDriver.Protocol;
using CqlDriver.Testing.Engine;
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
    private readonly SemaphoreSlim _turn = new(1);
    private readonly EndpointAllocator _allocator;
    private readonly TokenAllocator _tokens;
    private ImmutableArray<EmbeddedNode> _nodes = [];
    private int _isDisposed;

    private EmbeddedCluster(EmbeddedClusterOptions options)
    {
        Options = options;
        Dialect = new ServerDialect(options);
        Engine = new CqlEngine(options.TimeProvider, () => Nodes.Count);
        _allocator = new EndpointAllocator(options.Layout, options.Port);
        _tokens = new TokenAllocator(options.TokensPerNode);
    }

    /// <summary>The nodes that belong to the cluster, running or not, in the order in which they came.</summary>
    public IReadOnlyList<EmbeddedNode> Nodes => _nodes;

    /// <summary>The endpoints of the nodes.</summary>
    public IReadOnlyList<NodeEndpoint> ContactPoints => [.. _nodes.Select(node => node.Endpoint)];

    /// <summary>Rules by which nodes fail.</summary>
    public FaultRules Faults { get; } = new();

    /// <summary>The version of the schema.</summary>
    public Guid SchemaVersion => Engine.Schema.Version;

    internal EmbeddedClusterOptions Options { get; }

    internal ServerDialect Dialect { get; }

    internal CqlEngine Engine { get; }

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
        var listeners = cluster._allocator.ListenAll(places.Count);
        cluster._nodes = [.. places.Select((place, i) => cluster.Create(EndpointAllocator.EndpointOf(listeners[i]), place.Name, place.Rack))];
        for (var i = 0; i < listeners.Count; i++)
        {
            cluster._nodes[i].Listen(listeners[i]);
        }

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
            Viewer = _nodes.IsEmpty ? null : new NodeViewer(_nodes[0], null),
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
        InTurnAsync(
            () =>
            {
                var listener = _allocator.Listen();
                var node = Create(EndpointAllocator.EndpointOf(listener), datacenter ?? _nodes.FirstOrDefault()?.Datacenter ?? "datacenter1", rack);
                _nodes = _nodes.Add(node);
                node.Listen(listener);
                Announce(node, other => other.SendTopologyChange(node.Endpoint, isNew: true));
                Announce(node, other => other.SendStatusChange(node.Endpoint, isUp: true));
                return Task.FromResult(node);
            },
            cancellationToken);

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
    public Task<EmbeddedNode> ReplaceNodeAsync(EmbeddedNode node, NodeEndpoint? endpoint = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(node);
        return InTurnAsync(
            async () =>
            {
                CheckMember(node);
                if (await node.EndAsync(abruptly: true).ConfigureAwait(false))
                {
                    Announce(node, other => other.SendStatusChange(node.Endpoint, isUp: false));
                }

                var at = endpoint ?? node.Endpoint;
                var replacement = new EmbeddedNode(this, new HostId(Guid.NewGuid()), at, node.Datacenter, node.Rack, node.Tokens);
                replacement.Listen();
                _nodes = _nodes.Replace(node, replacement);
                if (!at.Equals(node.Endpoint))
                {
                    Announce(replacement, other => other.SendTopologyChange(node.Endpoint, isNew: false));
                }

                Announce(replacement, other => other.SendTopologyChange(at, isNew: true));
                Announce(replacement, other => other.SendStatusChange(at, isUp: true));
                return replacement;
            },
            cancellationToken);
    }

    /// <summary>Ends all nodes and waits until nothing of them is left. May be called more than once.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _turn.WaitAsync().ConfigureAwait(false);
        foreach (var node in _nodes)
        {
            await node.EndAsync(abruptly: false).ConfigureAwait(false);
        }

        _turn.Dispose();
    }

    internal Task StartAsync(EmbeddedNode node, CancellationToken cancellationToken) => InTurnAsync(
        () =>
        {
            CheckMember(node);
            if (!node.IsRunning)
            {
                node.Listen();
                Announce(node, other => other.SendStatusChange(node.Endpoint, isUp: true));
            }

            return Task.FromResult(node);
        },
        cancellationToken);

    internal Task StopAsync(EmbeddedNode node, bool abruptly, CancellationToken cancellationToken) => InTurnAsync(
        async () =>
        {
            if (await node.EndAsync(abruptly).ConfigureAwait(false))
            {
                Announce(node, other => other.SendStatusChange(node.Endpoint, isUp: false));
            }

            return node;
        },
        cancellationToken);

    internal Task MoveAsync(EmbeddedNode node, NodeEndpoint? endpoint, CancellationToken cancellationToken) => InTurnAsync(
        async () =>
        {
            CheckMember(node);
            var from = node.Endpoint;
            if (await node.EndAsync(abruptly: false).ConfigureAwait(false))
            {
                Announce(node, other => other.SendStatusChange(from, isUp: false));
            }

            var listener = endpoint is null ? _allocator.Listen() : NodeServer.Listen(EmbeddedNode.ToIPEndPoint(endpoint).Address, endpoint.Port);
            node.SetEndpoint(EndpointAllocator.EndpointOf(listener));
            node.Listen(listener);
            Announce(node, other => other.SendStatusChange(node.Endpoint, isUp: true));
            return node;
        },
        cancellationToken);

    internal void OnSchemaChanged(SchemaChange change)
    {
        foreach (var node in _nodes)
        {
            node.Send(EventTypes.SchemaChange, new SchemaChangeEvent(change));
        }
    }

    /// <summary>The system tables as a node shows them.</summary>
    internal SystemView ViewOf(EmbeddedNode viewer)
    {
        var schema = Engine.Schema;
        var local = viewer.Override(RowOf(viewer, schema.Version)) ?? RowOf(viewer, schema.Version);
        ImmutableArray<NodeRow> peers = [.. _nodes.Where(node => node != viewer).Select(node => viewer.Override(RowOf(node, schema.Version))).OfType<NodeRow>()];
        return new SystemView(local, peers, Options.ClusterName, Options.CqlVersion, (int)Dialect.Newest, schema);
    }

    private NodeRow RowOf(EmbeddedNode node, Guid schemaVersion) => new()
    {
        Peer = node.Endpoint.Address!,
        PeerPort = PeerPortOf(node),
        HostId = node.HostId.Value,
        NativeAddress = node.Endpoint.Address,
        NativePort = node.Endpoint.Port,
        Datacenter = node.Datacenter,
        Rack = node.Rack,
        ReleaseVersion = node.Options.CassandraVersion,
        SchemaVersion = node.SchemaVersionOverride ?? schemaVersion,
        Tokens = node.Tokens,
    };

    /// <summary>Nodes on one address need different ports among themselves, or their rows in peers_v2 were one.</summary>
    private int PeerPortOf(EmbeddedNode node) => _allocator.UsesPorts ? node.Endpoint.Port : 7000;

    private EmbeddedNode Create(NodeEndpoint endpoint, string datacenter, string rack) =>
        new(this, new HostId(Guid.NewGuid()), endpoint, datacenter, rack, _tokens.Next());

    private Task<EmbeddedNode> RemoveAsync(EmbeddedNode node, bool abruptly, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(node);
        return InTurnAsync(
            async () =>
            {
                CheckMember(node);
                if (abruptly && await node.EndAsync(abruptly).ConfigureAwait(false))
                {
                    Announce(node, other => other.SendStatusChange(node.Endpoint, isUp: false));
                }

                _nodes = _nodes.Remove(node);
                Announce(node, other => other.SendTopologyChange(node.Endpoint, isNew: false));
                await node.EndAsync(abruptly).ConfigureAwait(false);
                return node;
            },
            cancellationToken);
    }

    private void Announce(EmbeddedNode about, Action<EmbeddedNode> send)
    {
        foreach (var node in _nodes.Where(node => node != about))
        {
            send(node);
        }
    }

    private void CheckMember(EmbeddedNode node)
    {
        if (!_nodes.Contains(node))
        {
            throw new InvalidOperationException($"Node {node} does not belong to the cluster any more.");
        }
    }

    private async Task<EmbeddedNode> InTurnAsync(Func<Task<EmbeddedNode>> change, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await change().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }
}
