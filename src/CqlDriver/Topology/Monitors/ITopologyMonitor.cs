namespace CqlDriver.Topology;

/// <summary>
/// Where the driver learns which nodes there are, in place of the system tables: a discovery service, a file, a proxy's list.
/// Set with <see cref="CqlClusterOptions.TopologyMonitor"/>; one object serves one cluster object, which disposes it.
/// </summary>
/// <remarks>
/// <para>A monitor suggests; the driver decides. It is asked for all nodes at the start, when it suggests so, and now and
/// then. What it tells is compared by host id with what is known: a node at another endpoint is handed over, one that is
/// missing leaves. A node with an open connection is up whatever is suggested, unless it is forced down.</para>
/// <para>Members are called from threads of the pool, reading and watching at the same time. Each call has a limit of ten
/// seconds, but for the stream. One that fails is logged and called again, later and later; what is known serves on.</para>
/// </remarks>
/// <example>
/// <code>
/// sealed class Registry(IRegistryClient client) : ITopologyMonitor
/// {
///     public bool RequiresControlConnection => false;
///
///     public Task&lt;IReadOnlyList&lt;NodeDescription&gt;&gt; ReadNodesAsync(CancellationToken cancellationToken) =>
///         client.ListNodesAsync(cancellationToken);   // each a new NodeDescription(hostId, new NodeEndpoint(host, port))
///
///     public IAsyncEnumerable&lt;TopologySuggestion&gt; WatchAsync(CancellationToken cancellationToken) =>
///         client.ChangesAsync(cancellationToken).Select(change => new RefreshSuggested());
/// }
/// </code>
/// </example>
public interface ITopologyMonitor : IAsyncDisposable
{
    /// <summary>
    /// Whether it reads through the driver's own control connection (<see cref="TopologyMonitorContext.SystemTables"/>): then one is
    /// kept, and nothing is read while there is none. False: none is opened for the nodes. One may be opened for the schema: see
    /// <see cref="CqlClusterOptions.ReadSchema"/> and <see cref="CqlClusterOptions.SchemaSource"/>. Asked once.
    /// </summary>
    bool RequiresControlConnection { get; }

    /// <summary>All nodes as they are now. An empty list counts as a failure: what is known stays.</summary>
    /// <param name="cancellationToken">Cancelled at the limit, and when the cluster object is disposed.</param>
    Task<IReadOnlyList<NodeDescription>> ReadNodesAsync(CancellationToken cancellationToken);

    /// <summary>One node as it is now; null when it is not known. By default the one of all nodes.</summary>
    /// <param name="hostId">The node.</param>
    /// <param name="cancellationToken">Cancelled at the limit, and when the cluster object is disposed.</param>
    Task<NodeDescription?> ReadNodeAsync(HostId hostId, CancellationToken cancellationToken) => ReadNodesAsync(cancellationToken).ContinueWith(
        read => read.GetAwaiter().GetResult().FirstOrDefault(node => node.HostId == hostId),
        CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    /// <summary>
    /// Whether all nodes have the same schema now; asked every 200 ms after a statement that changed it. Null, the default: this
    /// source does not know, and the node that ran the statement is asked.
    /// </summary>
    /// <param name="cancellationToken">Cancelled at the limit, and when the cluster object is disposed.</param>
    Task<bool?> CheckSchemaAgreementAsync(CancellationToken cancellationToken) => Task.FromResult<bool?>(null);

    /// <summary>
    /// What the source notices, as it happens, until it is cancelled. When it ends or fails it is begun again after a pause, and
    /// all nodes are read. By default nothing is noticed: the nodes are read at intervals only.
    /// </summary>
    /// <param name="cancellationToken">Cancelled when the cluster object is disposed.</param>
    IAsyncEnumerable<TopologySuggestion> WatchAsync(CancellationToken cancellationToken) => SilentSource.WatchAsync(cancellationToken);

    /// <summary>Nothing by default. Called once, after the last of its calls has ended or was given up.</summary>
#pragma warning disable CA1816 // Whether it has a finalizer is the implementer's affair.
    ValueTask IAsyncDisposable.DisposeAsync() => ValueTask.CompletedTask;
#pragma warning restore CA1816
}
