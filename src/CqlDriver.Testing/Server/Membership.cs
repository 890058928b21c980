using System.Collections.Immutable;
using System.Net;
using CqlDriver.Protocol;
using CqlDriver.Testing.SystemTables;
using CqlDriver.Topology;

namespace CqlDriver.Testing.Server;

/// <summary>
/// Who belongs to an embedded cluster and where. Changes are made one after the other, each with the events that the other
/// nodes of a real cluster send, in their order. What nodes tell in their tables changes at once for all of them.
/// </summary>
internal sealed class Membership : IAsyncDisposable
{
    private const string MetadataKeyspace = "system_cluster_metadata";
    private readonly SemaphoreSlim _turn = new(1);

    // A lock: rows name identities and addresses of several nodes, and a query must see those of one moment.
    private readonly Lock _rows = new();
    private readonly EmbeddedCluster _cluster;
    private readonly EndpointAllocator _allocator;
    private readonly TokenAllocator _tokens;
    private ImmutableArray<EmbeddedNode> _nodes = [];

    // Those that left too: their connections may hang on.
    private ImmutableArray<EmbeddedNode> _everyone = [];
    private bool _isServiceInitialized;
    private int _isDisposed;

    public Membership(EmbeddedCluster cluster)
    {
        _cluster = cluster;
        var options = cluster.Options;
        _allocator = new EndpointAllocator(options.Layout, options.Port, options.Scylla is { HasShardAwarePort: true });
        _tokens = new TokenAllocator(options.TokensPerNode);
        _isServiceInitialized = options.MetadataService == EmbeddedMetadataService.Initialized;
    }

    public ImmutableArray<EmbeddedNode> Nodes => _nodes;

    public int? ShardAwarePort => _allocator.ShardAwarePort;

    /// <summary>The first nodes, all at once and without events.</summary>
    public void Begin(IReadOnlyList<(string Datacenter, string Rack)> places)
    {
        var listeners = _allocator.ListenAll(places.Count);
        for (var i = 0; i < listeners.Count; i++)
        {
            Add(new EmbeddedNode(_cluster, NewHostId(), listeners[i].Endpoint, places[i].Datacenter, places[i].Rack, _tokens.Next()));
        }

        for (var i = 0; i < listeners.Count; i++)
        {
            _nodes[i].Listen(listeners[i]);
        }

        _cluster.CommittedLog.Begin();
    }

    /// <summary>Does a change when its turn has come.</summary>
    public async Task<T> InTurnAsync<T>(Func<Task<T>> change, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, _cluster);
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

    public async Task<EmbeddedNode> AddAsync(EmbeddedNodeOptions options)
    {
        if (options.HostId is { } known && _nodes.Any(other => other.HostId == known))
        {
            throw new ArgumentException($"A node with host id {known} belongs to the cluster already.", nameof(options));
        }

        var listeners = await ListenAtAsync(options.Endpoint).ConfigureAwait(false);
        var datacenter = options.Datacenter ?? _nodes.FirstOrDefault()?.Datacenter ?? "datacenter1";
        var node = new EmbeddedNode(_cluster, options.HostId ?? NewHostId(), listeners.Endpoint, datacenter, options.Rack, _tokens.Next()) { IsJoining = options.IsJoining };
        Change(() => Add(node));
        _cluster.CommittedLog.OnAdded(node);
        if (node.IsJoining)
        {
            listeners.Dispose();
            return node;
        }

        node.Listen(listeners);
        _cluster.CommittedLog.OnPromoted(node);
        AnnounceNew(node);
        return node;
    }

    public async Task<EmbeddedNode> FinishJoiningAsync(EmbeddedNode node)
    {
        CheckMember(node);
        if (node.IsJoining)
        {
            node.Listen(await ListenAtAsync(node.Endpoint).ConfigureAwait(false));
            Change(() => node.IsJoining = false);
            _cluster.CommittedLog.OnPromoted(node);
            AnnounceNew(node);
        }

        return node;
    }

    public async Task<EmbeddedNode> StartAsync(EmbeddedNode node)
    {
        CheckMember(node);
        if (!node.IsRunning)
        {
            node.Listen(await ListenAtAsync(node.Endpoint).ConfigureAwait(false));
            Announce(node, other => other.SendStatusChange(node.Endpoint, isUp: true));
        }

        return node;
    }

    public async Task<EmbeddedNode> StopAsync(EmbeddedNode node, bool abruptly)
    {
        if (await node.EndAsync(abruptly).ConfigureAwait(false))
        {
            Announce(node, other => other.SendStatusChange(node.Endpoint, isUp: false));
        }

        return node;
    }

    public async Task<EmbeddedNode> MoveAsync(EmbeddedNode node, OldAddress oldAddress, NodeEndpoint? endpoint)
    {
        CheckMember(node);
        await LeaveAsync(node, oldAddress).ConfigureAwait(false);
        var listeners = await ListenAtAsync(endpoint).ConfigureAwait(false);
        Change(() => node.Identity = node.Identity with { Endpoint = listeners.Endpoint });
        node.Listen(listeners);
        _cluster.CommittedLog.OnMoved(node);
        AnnounceNew(node);
        return node;
    }

    /// <summary>Both are stopped before either is started: neither address is ever answered by two.</summary>
    public async Task<EmbeddedNode> SwapAsync(EmbeddedNode one, EmbeddedNode other)
    {
        CheckMember(one);
        CheckMember(other);
        await LeaveAsync(one, OldAddress.Reset).ConfigureAwait(false);
        await LeaveAsync(other, OldAddress.Reset).ConfigureAwait(false);
        var (first, second) = (one.Endpoint, other.Endpoint);
        Change(() => (one.Identity, other.Identity) = (one.Identity with { Endpoint = second }, other.Identity with { Endpoint = first }));
        await StartAsync(one).ConfigureAwait(false);
        await StartAsync(other).ConfigureAwait(false);
        _cluster.CommittedLog.AppendBatch(CommittedChange.Moved(one.HostId, one.Endpoint), CommittedChange.Moved(other.HostId, other.Endpoint));
        return one;
    }

    public async Task<EmbeddedNode> ReplaceAsync(EmbeddedNode node, OldAddress oldAddress, NodeEndpoint? endpoint)
    {
        CheckMember(node);
        await LeaveAsync(node, oldAddress).ConfigureAwait(false);
        var from = node.Endpoint;
        var listeners = await ListenAtAsync(endpoint ?? from).ConfigureAwait(false);
        var replacement = new EmbeddedNode(_cluster, NewHostId(), listeners.Endpoint, node.Datacenter, node.Rack, node.Tokens);
        replacement.Listen(listeners);
        Change(() => (_nodes, _everyone) = (_nodes.Replace(node, replacement), _everyone.Add(replacement)));
        _cluster.CommittedLog.OnReplaced(node, replacement);
        if (!listeners.Endpoint.Equals(from))
        {
            Announce(replacement, other => other.SendTopologyChange(from, isNew: false));
        }

        AnnounceNew(replacement);
        return replacement;
    }

    public async Task<EmbeddedNode> RemoveAsync(EmbeddedNode node, bool abruptly)
    {
        CheckMember(node);
        if (abruptly)
        {
            await StopAsync(node, abruptly).ConfigureAwait(false);
        }
        else
        {
            _cluster.CommittedLog.OnLeaving(node);
        }

        Change(() => _nodes = _nodes.Remove(node));
        _cluster.CommittedLog.OnRemoved(node);
        Announce(node, other => other.SendTopologyChange(node.Endpoint, isNew: false));
        await node.EndAsync(abruptly).ConfigureAwait(false);
        await node.EndFormerAsync(abruptly).ConfigureAwait(false);
        return node;
    }

    public Task<EmbeddedNode> ReidentifyAllAsync()
    {
        if (_cluster.Options.Scylla is null)
        {
            // All that Cassandra says of it, and it says it before.
            _cluster.OnSchemaChanged(new SchemaChange(SchemaChangeKind.Created, SchemaChangeTarget.Keyspace, MetadataKeyspace, null, []));
            _cluster.OnSchemaChanged(new SchemaChange(SchemaChangeKind.Created, SchemaChangeTarget.Table, MetadataKeyspace, "distributed_metadata_log", []));
        }

        Change(() =>
        {
            foreach (var node in _nodes)
            {
                var isForeseen = !_isServiceInitialized && _cluster.Options.MetadataService != EmbeddedMetadataService.None;
                node.Identity = node.Identity with { HostId = isForeseen ? node.FutureHostId : NewHostId() };
            }

            _isServiceInitialized = true;
        });
        _cluster.CommittedLog.OnReidentified();
        return Task.FromResult(_nodes[0]);
    }

    public async Task<EmbeddedNode> ReshardAsync(EmbeddedNode node, int shards, bool restarts)
    {
        CheckMember(node);
        node.Reshard(shards);
        if (restarts && node.IsRunning)
        {
            await StopAsync(node, abruptly: true).ConfigureAwait(false);
            await StartAsync(node).ConfigureAwait(false);
        }

        return node;
    }

    /// <summary>Listens again where a node refused connections.</summary>
    public async Task<EmbeddedNode> AcceptAsync(EmbeddedNode node)
    {
        if (node is { IsRunning: true, IsListening: false })
        {
            node.Resume(await ListenAtAsync(node.Endpoint).ConfigureAwait(false));
        }

        return node;
    }

    public SystemView ViewOf(EmbeddedNode viewer)
    {
        var schema = _cluster.Engine.Schema;
        ImmutableArray<NodeRow> rows;
        ImmutableArray<(NodeRow, string)> directory;
        NodeRow own;
        lock (_rows)
        {
            directory = [.. _nodes.Where(node => viewer.Override(DirectoryRowOf(node, schema.Version)) is not null)
                .Select(node => (viewer.Override(DirectoryRowOf(node, schema.Version))!, StateOf(node)))];
            own = RowOf(viewer, schema.Version);
            rows = [.. _nodes.Where(node => node != viewer).Select(node => RowOf(node, schema.Version))];
        }

        var options = _cluster.Options;
        ImmutableArray<NodeRow> peers = [.. rows.Select(viewer.Override).OfType<NodeRow>()];
        return new SystemView(viewer.Override(own) ?? own, peers, options.ClusterName, _cluster.Dialect.CqlVersion, (int)_cluster.Dialect.Newest, schema)
        {
            ClientRoutes = _cluster.ClientRoutes.SeenBy(viewer),
            Directory = directory,
            Shards = viewer.Shards is { } shards ? (shards.Count, shards.IgnoreMsb) : null,
            TabletsPerTable = options.Scylla?.TabletsPerTable ?? 0,
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _turn.WaitAsync().ConfigureAwait(false);
        foreach (var node in _everyone)
        {
            await node.EndAsync(abruptly: false).ConfigureAwait(false);
            await node.EndFormerAsync(abruptly: false).ConfigureAwait(false);
        }

        _turn.Dispose();
    }

    private static HostId NewHostId() => new(Guid.NewGuid());

    private NodeRow RowOf(EmbeddedNode node, Guid schemaVersion) => new()
    {
        Peer = node.Endpoint.Address!,

        // Nodes on one address need different ports among themselves, or their rows in peers_v2 were one.
        PeerPort = _allocator.UsesPorts ? node.Endpoint.Port : 7000,
        HostId = node.HostId.Value,
        NativeAddress = node.Endpoint.Address,
        NativePort = node.Endpoint.Port,
        Datacenter = node.Datacenter,
        Rack = node.Rack,
        ReleaseVersion = _cluster.Dialect.ReleaseVersion,
        SchemaVersion = node.SchemaVersionOverride ?? schemaVersion,
        Tokens = node.IsJoining ? default : node.Tokens,
    };

    private NodeRow DirectoryRowOf(EmbeddedNode node, Guid schemaVersion)
    {
        var row = RowOf(node, schemaVersion);
        return _isServiceInitialized ? row : row with { HostId = node.FutureHostId.Value };
    }

    private static string StateOf(EmbeddedNode node) => node.DirectoryState ?? (node.IsJoining ? "BOOTSTRAPPING" : "JOINED");

    private void Add(EmbeddedNode node) => (_nodes, _everyone) = (_nodes.Add(node), _everyone.Add(node));

    /// <summary>Changes what the tables tell.</summary>
    private void Change(Action change)
    {
        lock (_rows)
        {
            change();
        }
    }

    private async Task LeaveAsync(EmbeddedNode node, OldAddress oldAddress)
    {
        if (oldAddress is OldAddress.Closed or OldAddress.Reset)
        {
            await StopAsync(node, abruptly: oldAddress == OldAddress.Reset).ConfigureAwait(false);
            return;
        }

        if (node.Detach(hangs: oldAddress == OldAddress.Hangs) && oldAddress == OldAddress.Hangs)
        {
            Announce(node, other => other.SendStatusChange(node.Endpoint, isUp: false));
        }
    }

    /// <summary>Listeners at an endpoint, which former addresses of nodes yield; null: one that no node has had.</summary>
    private async Task<NodeListeners> ListenAtAsync(NodeEndpoint? endpoint)
    {
        if (endpoint is null)
        {
            return _allocator.Listen();
        }

        foreach (var node in _everyone)
        {
            await node.YieldAsync(endpoint).ConfigureAwait(false);
        }

        IPEndPoint at = EmbeddedNode.ToIPEndPoint(endpoint);
        return _allocator.ListenAt(at.Address, at.Port);
    }

    private void AnnounceNew(EmbeddedNode node)
    {
        Announce(node, other => other.SendTopologyChange(node.Endpoint, isNew: true));
        Announce(node, other => other.SendStatusChange(node.Endpoint, isUp: true));
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
}
