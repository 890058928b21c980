using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace CqlDriver.Testing;

/// <summary>What a node has seen, over all its lives. Thread-safe.</summary>
public sealed class NodeStatistics
{
    private readonly long[] _byKind = new long[Enum.GetValues<RequestKind>().Length];
    private readonly RequestRecord?[] _log;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<long, EmbeddedConnection> _open = new();
    private long _logged;
    private long _accepted;
    private long _direct;

    internal NodeStatistics(int logCapacity) => _log = new RequestRecord?[logCapacity];

    /// <summary>Connections that are open.</summary>
    public int ConnectionsOpen => _open.Count;

    /// <summary>The connections that are open, in the order in which they came.</summary>
    public ImmutableArray<EmbeddedConnection> Connections => [.. _open.Values.OrderBy(connection => connection.Number)];

    /// <summary>Connections that were ever accepted.</summary>
    public long ConnectionsAccepted => Interlocked.Read(ref _accepted);

    /// <summary>Connections that came from outside a balancer, and were reset: <see cref="EmbeddedClusterOptions.OnlyThroughBalancers"/>.</summary>
    public long DirectConnections => Interlocked.Read(ref _direct);

    /// <summary>Requests of all kinds, without connecting.</summary>
    public long TotalRequests => Enum.GetValues<RequestKind>().Where(kind => kind != RequestKind.Connect).Sum(Count);

    /// <summary>The latest requests, oldest first, as many as <see cref="EmbeddedClusterOptions.RequestLogCapacity"/> allows.</summary>
    public ImmutableArray<RequestRecord> Requests
    {
        get
        {
            // A lock: readers are tests, and the ring is more than one word.
            lock (_gate)
            {
                var count = (int)Math.Min(_logged, _log.Length);
                var records = ImmutableArray.CreateBuilder<RequestRecord>(count);
                for (var i = _logged - count; i < _logged; i++)
                {
                    records.Add(_log[i % _log.Length]!);
                }

                return records.MoveToImmutable();
            }
        }
    }

    internal bool KeepsLog => _log.Length > 0;

    /// <summary>How many requests of a kind there were.</summary>
    /// <param name="kind">The kind.</param>
    public long Count(RequestKind kind) => Interlocked.Read(ref _byKind[(int)kind]);

    /// <summary>The remembered requests whose statement contains a text.</summary>
    /// <param name="statementPart">The text, compared without regard to case.</param>
    public ImmutableArray<RequestRecord> RequestsWith(string statementPart) =>
        [.. Requests.Where(request => request.Statement?.Contains(statementPart, StringComparison.OrdinalIgnoreCase) ?? false)];

    internal void OnRequest(RequestKind kind) => Interlocked.Increment(ref _byKind[(int)kind]);

    internal void OnAccepted(EmbeddedConnection connection)
    {
        _open[connection.Number] = connection;
        Interlocked.Increment(ref _accepted);
        OnRequest(RequestKind.Connect);
    }

    internal void OnDirect() => Interlocked.Increment(ref _direct);

    internal void OnRegistered(long connection)
    {
        if (_open.TryGetValue(connection, out var open))
        {
            // Closed meanwhile: then there is nothing to update.
            _open.TryUpdate(connection, open with { IsRegistered = true }, open);
        }
    }

    internal void OnClosed(long connection) => _open.TryRemove(connection, out _);

    internal void Log(RequestRecord record)
    {
        if (_log.Length == 0)
        {
            return;
        }

        lock (_gate)
        {
            _log[_logged++ % _log.Length] = record;
        }
    }
}
