namespace CqlDriver.Topology;

/// <summary>Where a committed log is to be read from.</summary>
/// <param name="After">The last position that is applied; entries at it or before it are ignored. <see cref="LogPosition.Start"/>: none is.</param>
/// <param name="NeedsSnapshot">Whether nothing but a snapshot helps, because what was told before cannot be believed.</param>
public readonly record struct CommittedLogStart(LogPosition After, bool NeedsSnapshot);

/// <summary>
/// A cluster, or a discovery service, that keeps a committed log of its topology: what its entries say is decided, and the driver
/// follows it, entry by entry, in one order. There is no control connection for the nodes, and no list of them is asked for.
/// </summary>
/// <remarks>
/// <para>The log is read as a stream that goes on for ever; when it ends or fails it is begun again after a pause, from where the
/// driver stands. Entries told twice are ignored; an entry that is not understood is skipped, with a warning; one that is
/// damaged is a fault: the last good view serves on, and nothing is applied until the log tells a snapshot.</para>
/// <para>Waiting for a refresh ends at once, since what was told is applied; with an error while there is a fault. To wait for a
/// position there is <c>CqlCluster.WaitForAppliedAsync</c>.</para>
/// </remarks>
public sealed class CommittedLogMonitor : ITopologyMonitor
{
    private readonly Func<CommittedLogStart, CancellationToken, IAsyncEnumerable<TopologyLogEntry>> _read;
    private readonly SnapshotApplier _told = new();
    private readonly Lock _applying = new();

    /// <summary>Creates a monitor.</summary>
    /// <param name="read">Reads the log from a position on, until it is cancelled. The first epoch begins with a snapshot, as every one does, unless it is epoch 0.</param>
    public CommittedLogMonitor(Func<CommittedLogStart, CancellationToken, IAsyncEnumerable<TopologyLogEntry>> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        _read = read;
    }

    /// <inheritdoc/>
    public bool RequiresControlConnection => false;

    /// <summary>The nodes as the entries read so far make them.</summary>
    /// <param name="cancellationToken">Not needed: nothing is waited for.</param>
    public Task<IReadOnlyList<NodeDescription>> ReadNodesAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<NodeDescription>>([.. _told.Current.Nodes.Where(static node => node.Endpoint is not null).Select(Describe)]);

    /// <inheritdoc/>
    public IAsyncEnumerable<TopologySuggestion> WatchAsync(CancellationToken cancellationToken) => Watch(new CommittedLogStart(_told.Position, _told.Fault is not null), cancellationToken);

    /// <summary>The entries from a position on, each as a suggestion of its own kind.</summary>
    internal IAsyncEnumerable<TopologySuggestion> Watch(CommittedLogStart start, CancellationToken cancellationToken) => new Stream(this, _read(start, cancellationToken));

    private static NodeDescription Describe(Node node) => new(node.HostId, node.Endpoint!)
    {
        Datacenter = node.Datacenter,
        Rack = node.Rack,
        Tokens = node.Tokens,
        State = node.State,
        ReleaseVersion = node.ReleaseVersion,
    };

    private EntryTold Take(TopologyLogEntry entry)
    {
        // A lock: two streams may overlap for a moment, when one does not mind that it was cancelled.
        lock (_applying)
        {
            try
            {
                _told.Apply([entry]);
            }
            catch (TopologyFaultException)
            {
                // Told by the driver, which comes to the same conclusion.
            }
        }

        return new EntryTold(entry);
    }

    private sealed class Stream(CommittedLogMonitor monitor, IAsyncEnumerable<TopologyLogEntry> entries) : IAsyncEnumerable<TopologySuggestion>
    {
        public IAsyncEnumerator<TopologySuggestion> GetAsyncEnumerator(CancellationToken cancellationToken) =>
            new Enumerator(monitor, entries.GetAsyncEnumerator(cancellationToken));
    }

    private sealed class Enumerator(CommittedLogMonitor monitor, IAsyncEnumerator<TopologyLogEntry> entries) : IAsyncEnumerator<TopologySuggestion>
    {
        private EntryTold? _current;

        public TopologySuggestion Current => _current ??= monitor.Take(entries.Current);

        public ValueTask<bool> MoveNextAsync()
        {
            _current = null;
            return entries.MoveNextAsync();
        }

        public ValueTask DisposeAsync() => entries.DisposeAsync();
    }
}

/// <summary>An entry of a committed log: decided by its source, and not by the driver.</summary>
internal sealed record EntryTold(TopologyLogEntry Entry) : TopologySuggestion;
