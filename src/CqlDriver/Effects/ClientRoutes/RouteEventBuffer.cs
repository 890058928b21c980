using System.Collections.Immutable;
using CqlDriver.Protocol;
using CqlDriver.Topology;

namespace CqlDriver.Effects;

/// <summary>
/// Merges events about client routes. The server tells every client of every pair that changed, whoever's it is: only those
/// of the configured connections are kept, and beyond a limit "read everything". An event that cannot be understood is that
/// too. Not thread-safe: its owner has a lock.
/// </summary>
internal sealed class RouteEventBuffer(RouteSettings settings)
{
    private const int MaxKept = 10_000;
    private readonly SortedSet<ClientRouteKey> _keys = [];
    private readonly ImmutableArray<string> _connectionIds = settings.ConnectionIds;
    private string? _problem;

    /// <returns>Whether anything of it matters here.</returns>
    public bool Add(ClientRoutesChangeEvent message)
    {
        if (message.Change != ClientRoutesChangeEvent.UpdateNodes)
        {
            return Misunderstood($"its kind is '{message.Change}'");
        }

        if (message.ConnectionIds.IsEmpty || message.ConnectionIds.Length != message.HostIds.Length)
        {
            return Misunderstood($"it lists {message.ConnectionIds.Length} connections and {message.HostIds.Length} nodes");
        }

        var isOurs = false;
        for (var i = 0; i < message.ConnectionIds.Length; i++)
        {
            if (!_connectionIds.Contains(message.ConnectionIds[i]))
            {
                continue;
            }

            isOurs = true;
            if (!Guid.TryParseExact(message.HostIds[i], "D", out var hostId) || hostId == Guid.Empty)
            {
                Misunderstood("a host id in it is no UUID");
            }
            else if (_keys.Count < MaxKept)
            {
                _keys.Add(new ClientRouteKey(new HostId(hostId), message.ConnectionIds[i]));
            }
            else
            {
                Misunderstood("more changed than is kept");
            }
        }

        return isOurs;
    }

    public RouteHints? Take()
    {
        var hints = _keys.Count == 0 && _problem is null ? null : new RouteHints([.. _keys], _problem);
        _keys.Clear();
        _problem = null;
        return hints;
    }

    private bool Misunderstood(string problem)
    {
        _problem ??= problem;
        return true;
    }
}
