using System.Collections.Immutable;
using CqlDriver.Topology;

namespace CqlDriver.Effects;

/// <summary>
/// Suggestions of one stream on their way to the loop, merged while they wait: of two lists the newer stays, of each node the
/// last word of each kind, and what is forced wins over what is merely said. Entries of a log are not merged. The loop has at most one input of them waiting;
/// a stream that is faster is not read until that was taken.
/// </summary>
internal sealed class SuggestionBuffer(EffectTicket stream, string source)
{
    private const int MaxWaiting = 1_000;

    // A lock: they change together, from the stream and from the topology loop.
    private readonly Lock _lock = new();
    private readonly OrderedDictionary<HostId, NodeStatus?> _forced = [];
    private readonly OrderedDictionary<HostId, bool> _hints = [];
    private readonly OrderedDictionary<HostId, bool> _reads = [];
    private readonly List<TopologyLogEntry> _entries = [];
    private ImmutableArray<NodeRow> _nodes = [];
    private bool _isRefreshSuggested;
    private bool _isSchemaSuggested;
    private bool _isPosted;
    private TaskCompletionSource? _room;

    /// <summary>Takes a suggestion in.</summary>
    /// <returns>Whether the loop has to be told that something waits.</returns>
    /// <exception cref="CqlException">It is none that can be used.</exception>
    public bool Add(TopologySuggestion? suggestion)
    {
        lock (_lock)
        {
            Merge(suggestion);
            var isFirst = !_isPosted;
            _isPosted = true;
            return isFirst;
        }
    }

    /// <summary>Completed unless so many wait that the stream must wait too.</summary>
    public Task WhenThereIsRoom()
    {
        lock (_lock)
        {
            if (_forced.Count + _hints.Count + _reads.Count + _entries.Count < MaxWaiting)
            {
                return Task.CompletedTask;
            }

            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task;
        }
    }

    /// <summary>Everything that waits, as one input.</summary>
    public SuggestionsTold Take()
    {
        lock (_lock)
        {
            var told = new SuggestionsTold(stream)
            {
                Nodes = _nodes,
                Entries = [.. _entries],
                IsRefreshSuggested = _isRefreshSuggested,
                IsSchemaSuggested = _isSchemaSuggested,
                Forced = [.. _forced.Select(static forced => (forced.Key, forced.Value))],
                Hints = [.. _hints.Where(hint => !_forced.ContainsKey(hint.Key)).Select(static hint => (hint.Key, hint.Value))],
                Reads = [.. _reads.Keys],
            };
            _forced.Clear();
            _hints.Clear();
            _reads.Clear();
            _entries.Clear();
            _nodes = [];
            (_isRefreshSuggested, _isSchemaSuggested, _isPosted) = (false, false, false);
            _room?.TrySetResult();
            _room = null;
            return told;
        }
    }

    private void Merge(TopologySuggestion? suggestion)
    {
        switch (suggestion)
        {
            case EntryTold { Entry: var entry }:
                _entries.Add(entry ?? throw new CqlException($"{source} told null in place of an entry."));
                break;
            case RefreshSuggested:
                _isRefreshSuggested = true;
                break;
            case SchemaRefreshSuggested:
                _isSchemaSuggested = true;
                break;
            case NodesTold told:
                _nodes = MonitorRunner.Rows(told.Nodes.IsDefault ? [] : told.Nodes, source);
                break;
            case NodeSuggestion { HostId: var hostId } when hostId == default:
                throw new CqlException($"{source} suggested something about default(HostId), which names no node.");
            case NodeForcedUp { HostId: var hostId }:
                _forced[hostId] = NodeStatus.ForcedUp;
                break;
            case NodeForcedDown { HostId: var hostId }:
                _forced[hostId] = NodeStatus.ForcedDown;
                break;
            case NodeReleased { HostId: var hostId }:
                _forced[hostId] = null;
                break;
            case NodeUpSuggested { HostId: var hostId }:
                _hints[hostId] = true;
                break;
            case NodeDownSuggested { HostId: var hostId }:
                _hints[hostId] = false;
                break;
            case NodeRefreshSuggested { HostId: var hostId }:
                _reads[hostId] = true;
                break;
            default:
                throw new CqlException($"{source} suggested {suggestion?.GetType().Name ?? "null"}, which is no suggestion that is known.");
        }
    }
}
