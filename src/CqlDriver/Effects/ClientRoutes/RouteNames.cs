using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using CqlDriver.Connections;
using CqlDriver.Diagnostics;
using Microsoft.Extensions.Logging;

namespace CqlDriver.Effects;

/// <summary>
/// Names behind which many nodes stand. A thousand nodes with sixteen shards share one balancer: so one look-up at a time for
/// each name, whose answer serves whoever asks within a second. The infrastructure may redeploy the balancer at any time: so no
/// longer than that. When a name cannot be resolved, the addresses that it had serve for five minutes, with a warning. Each
/// answer begins at another address.
/// </summary>
/// <remarks>
/// Thread-safe. A look-up that nobody waits for any more ends by its own limit, or when this is disposed. Names come from a table
/// that others write: no more than a few thousand are kept.
/// </remarks>
internal sealed class RouteNames(INameResolver inner, TimeProvider time, TimeSpan limit, ILogger logger) : INameResolver, IAsyncDisposable
{
    private const int MaxNames = 4_096;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastGood = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.OrdinalIgnoreCase);
    private readonly CancellationTokenSource _end = new();
    private int _turn;

    public async Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(name, out var literal))
        {
            return [Normal(literal)];
        }

        if (_entries.Count >= MaxNames && !_entries.ContainsKey(name))
        {
            foreach (var (other, entryOf) in _entries)
            {
                if (entryOf.Running is null or { IsCompleted: true })
                {
                    _entries.TryRemove(other, out _);
                }
            }
        }

        var entry = _entries.GetOrAdd(name, static name => new Entry(name));
        var (found, error) = await LookUp(entry).WaitAsync(cancellationToken).ConfigureAwait(false);
        var addresses = found ?? throw error!;
        var first = (int)((uint)Interlocked.Increment(ref _turn) % (uint)addresses.Length);
        return [.. addresses[first..], .. addresses[..first]];
    }

    /// <summary>Ends look-ups that are under way, and waits for them.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        foreach (var entry in _entries.Values)
        {
            await (entry.Running ?? Task.CompletedTask).ConfigureAwait(false);
        }

        _end.Dispose();
    }

    private Task<(IPAddress[]? Found, SocketException? Error)> LookUp(Entry entry)
    {
        // A lock: a look-up and its time change together, a few times a second at most.
        lock (entry)
        {
            if (entry.Running is { IsCompleted: false } running)
            {
                return running;
            }

            if (entry.Addresses is { } known && time.GetElapsedTime(entry.ResolvedAt) < Fresh)
            {
                return Task.FromResult<(IPAddress[]?, SocketException?)>((known, null));
            }

            return entry.Running = LookUpAsync(entry);
        }
    }

    /// <summary>Never throws: several wait for it, or nobody.</summary>
    private async Task<(IPAddress[]? Found, SocketException? Error)> LookUpAsync(Entry entry)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var late = new CancellationTokenSource(limit, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _end.Token);
        try
        {
            var found = await inner.ResolveAsync(entry.Name, end.Token).WaitAsync(end.Token).ConfigureAwait(false);
            IPAddress[] addresses = [.. found.Select(Normal).Distinct()];
            lock (entry)
            {
                (entry.Addresses, entry.ResolvedAt) = (addresses, time.GetTimestamp());
            }

            return (addresses, null);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ArgumentException)
        {
            lock (entry)
            {
                if (entry.Addresses is { } known && time.GetElapsedTime(entry.ResolvedAt) < LastGood)
                {
                    Log.LastGoodAddresses(logger, entry.Name, error.Message);
                    return (known, null);
                }
            }

            return (null, error as SocketException ?? new SocketException((int)SocketError.TryAgain, $"{entry.Name}: {error.Message}"));
        }
    }

    private static IPAddress Normal(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private sealed class Entry(string name)
    {
        public string Name => name;

        public Task<(IPAddress[]? Found, SocketException? Error)>? Running { get; set; }

        public IPAddress[]? Addresses { get; set; }

        public long ResolvedAt { get; set; }
    }
}
