using System.Collections.Immutable;
using CqlDriver.Protocol;

namespace CqlDriver.Testing;

/// <summary>A row of <c>system.client_routes</c>: how one node is reached through one private connection.</summary>
/// <param name="ConnectionId">The private connection.</param>
/// <param name="HostId">The node.</param>
/// <param name="Address">What to dial, an address or a name; null is null in the row.</param>
/// <param name="Port">The port for plain connections.</param>
/// <param name="TlsPort">The port for TLS.</param>
public sealed record EmbeddedClientRoute(string ConnectionId, HostId HostId, string? Address, int? Port, int? TlsPort = null);

/// <summary>
/// ScyllaDB's table of client routes, as its administration interface writes it: one request is one event on every node,
/// unless several are merged. Nodes apply what is written at once, unless they lag. Thread-safe.
/// </summary>
public sealed class EmbeddedClientRoutes
{
    private readonly EmbeddedCluster _cluster;

    // A lock: rows and the events about them change together, and tests are the only writers.
    private readonly Lock _lock = new();
    private readonly SortedSet<(string ConnectionId, Guid HostId)> _merged = [];
    private readonly Dictionary<EmbeddedNode, Lagging> _lagging = [];
    private ImmutableSortedDictionary<(string ConnectionId, Guid HostId), EmbeddedClientRoute> _routes = ImmutableSortedDictionary<(string, Guid), EmbeddedClientRoute>.Empty;
    private bool _isMerging;

    internal EmbeddedClientRoutes(EmbeddedCluster cluster) => _cluster = cluster;

    /// <summary>The rows.</summary>
    public ImmutableArray<EmbeddedClientRoute> Rows => [.. Volatile.Read(ref _routes).Values];

    /// <summary>Inserts or replaces rows: one request, one event.</summary>
    /// <param name="routes">The rows.</param>
    public void Post(params ReadOnlySpan<EmbeddedClientRoute> routes)
    {
        lock (_lock)
        {
            var changed = ImmutableArray.CreateBuilder<(string, Guid)>();
            foreach (var route in routes)
            {
                Volatile.Write(ref _routes, _routes.SetItem((route.ConnectionId, route.HostId.Value), route));
                changed.Add((route.ConnectionId, route.HostId.Value));
            }

            Announce(changed.ToImmutable());
        }
    }

    /// <summary>Deletes rows: one request, one event, about rows that are not there too.</summary>
    /// <param name="keys">Their keys.</param>
    public void Delete(params ReadOnlySpan<(string ConnectionId, HostId HostId)> keys)
    {
        lock (_lock)
        {
            var changed = ImmutableArray.CreateBuilder<(string, Guid)>();
            foreach (var (connectionId, hostId) in keys)
            {
                Volatile.Write(ref _routes, _routes.Remove((connectionId, hostId.Value)));
                changed.Add((connectionId, hostId.Value));
            }

            Announce(changed.ToImmutable());
        }
    }

    /// <summary>Several requests whose changes the server tells in one event.</summary>
    /// <param name="requests">Posts and deletes.</param>
    public void Merge(Action requests)
    {
        ArgumentNullException.ThrowIfNull(requests);
        lock (_lock)
        {
            _isMerging = true;
            try
            {
                requests();
            }
            finally
            {
                _isMerging = false;
                Announce([.. _merged]);
                _merged.Clear();
            }
        }
    }

    /// <summary>Sends an event that need not be true, nor well-formed, to all connections that registered for it.</summary>
    /// <param name="change">Its kind; real ones are <c>UPDATE_NODES</c>.</param>
    /// <param name="connectionIds">Its first list.</param>
    /// <param name="hostIds">Its second list; real ones are as long as the first, UUIDs, and parallel.</param>
    public void SendEvent(string change, IEnumerable<string> connectionIds, IEnumerable<string> hostIds)
    {
        foreach (var node in _cluster.Nodes)
        {
            node.Send(EventTypes.ClientRoutesChange, new ClientRoutesChangeEvent(change, [.. connectionIds], [.. hostIds]));
        }
    }

    /// <summary>From now on a node does not apply what is written; it neither shows nor tells it.</summary>
    /// <param name="node">The node.</param>
    public void Lag(EmbeddedNode node)
    {
        lock (_lock)
        {
            _lagging.TryAdd(node, new Lagging(_routes));
        }
    }

    /// <summary>Ends <see cref="Lag"/>: the node applies everything, and tells it in one event.</summary>
    /// <param name="node">The node.</param>
    public void CatchUp(EmbeddedNode node)
    {
        lock (_lock)
        {
            if (_lagging.Remove(node, out var lagging) && lagging.Missed.Count > 0)
            {
                Send(node, [.. lagging.Missed]);
            }
        }
    }

    internal ImmutableArray<EmbeddedClientRoute> SeenBy(EmbeddedNode node)
    {
        lock (_lock)
        {
            return [.. (_lagging.TryGetValue(node, out var lagging) ? lagging.Routes : _routes).Values];
        }
    }

    private void Announce(ImmutableArray<(string ConnectionId, Guid HostId)> changed)
    {
        if (_isMerging)
        {
            _merged.UnionWith(changed);
            return;
        }

        if (changed.IsEmpty)
        {
            return;
        }

        foreach (var node in _cluster.Nodes)
        {
            if (_lagging.TryGetValue(node, out var lagging))
            {
                lagging.Missed.UnionWith(changed);
            }
            else
            {
                Send(node, changed);
            }
        }
    }

    private static void Send(EmbeddedNode node, ImmutableArray<(string ConnectionId, Guid HostId)> changed)
    {
        var sorted = changed.Distinct().Order().ToArray();
        node.Send(EventTypes.ClientRoutesChange, new ClientRoutesChangeEvent(
            ClientRoutesChangeEvent.UpdateNodes, [.. sorted.Select(pair => pair.ConnectionId)], [.. sorted.Select(pair => pair.HostId.ToString())]));
    }

    private sealed record Lagging(ImmutableSortedDictionary<(string ConnectionId, Guid HostId), EmbeddedClientRoute> Routes)
    {
        public SortedSet<(string ConnectionId, Guid HostId)> Missed { get; } = [];
    }
}
