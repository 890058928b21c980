using System.Net;
using CqlDriver.Connections;
using CqlDriver.Protocol;
using CqlDriver.Topology;

namespace CqlDriver.Effects;

/// <summary>
/// Events of one control connection on their way to the loop. They come at the server's pace and are merged here: of an
/// address only the last word about up and down counts, the same schema change told twice counts once, and beyond a limit
/// they become "read everything". So the loop has at most one input of events waiting, and the connection's read loop never
/// waits for it.
/// </summary>
internal sealed class EventBuffer(ConnectionId connectionId, RouteSettings? routes = null)
{
    private const int MaxKept = 1_000;

    // A lock: short lists change together, from the read loop and from the topology loop, a few times a second.
    private readonly Lock _lock = new();
    private readonly List<NodeHint> _hints = [];
    private readonly List<SchemaHint> _schema = [];
    private readonly RouteEventBuffer? _routes = routes is null ? null : new RouteEventBuffer(routes);
    private bool _hasOverflowed;
    private bool _isPosted;

    /// <summary>Takes an event in.</summary>
    /// <returns>Whether the loop has to be told that something waits.</returns>
    public bool Add(CqlEvent message)
    {
        lock (_lock)
        {
            if (!TryMerge(message))
            {
                return false;
            }

            var isFirst = !_isPosted;
            _isPosted = true;
            return isFirst;
        }
    }

    /// <summary>Everything that waits, as one input.</summary>
    public EventsObserved Take()
    {
        lock (_lock)
        {
            var observed = new EventsObserved(connectionId, [.. _hints], [.. _schema], _hasOverflowed, _routes?.Take());
            _hints.Clear();
            _schema.Clear();
            _hasOverflowed = false;
            _isPosted = false;
            return observed;
        }
    }

    private bool TryMerge(CqlEvent message)
    {
        switch (message)
        {
            case StatusChangeEvent { Change: StatusChangeKind.Up } up:
                Merge(NodeHintKind.Up, NodeHintKind.Down, up.Address);
                return true;
            case StatusChangeEvent { Change: StatusChangeKind.Down } down:
                Merge(NodeHintKind.Down, NodeHintKind.Up, down.Address);
                return true;
            case TopologyChangeEvent { Change: Protocol.TopologyChangeKind.RemovedNode } removed:
                Merge(NodeHintKind.Removed, NodeHintKind.Added, removed.Address);
                return true;
            case TopologyChangeEvent { Change: Protocol.TopologyChangeKind.NewNode or Protocol.TopologyChangeKind.MovedNode } added:
                Merge(NodeHintKind.Added, NodeHintKind.Removed, added.Address);
                return true;
            case SchemaChangeEvent { Change: var change }:
                Merge(new SchemaHint(change.Change.ToString().ToUpperInvariant(), change.Target.ToString().ToUpperInvariant(), change.Keyspace, change.Name));
                return true;
            case ClientRoutesChangeEvent changed:
                return _routes?.Add(changed) == true;
            default:
                return false;
        }
    }

    private void Merge(NodeHintKind kind, NodeHintKind opposite, IPEndPoint address)
    {
        if (address.Port is < 1 or > IPEndPoint.MaxPort)
        {
            // Whoever that is: reading everything will tell.
            _hasOverflowed = true;
            return;
        }

        var endpoint = new NodeEndpoint(address.Address, address.Port);
        _hints.Remove(new NodeHint(opposite, endpoint));
        var hint = new NodeHint(kind, endpoint);
        if (!_hints.Contains(hint))
        {
            Keep(_hints, hint);
        }
    }

    private void Merge(SchemaHint hint)
    {
        // Only neighbours are the same change told again; created, dropped and created is three.
        if (_schema.Count == 0 || _schema[^1] != hint)
        {
            Keep(_schema, hint);
        }
    }

    private void Keep<T>(List<T> list, T item)
    {
        if (list.Count < MaxKept)
        {
            list.Add(item);
        }
        else
        {
            _hasOverflowed = true;
        }
    }
}
