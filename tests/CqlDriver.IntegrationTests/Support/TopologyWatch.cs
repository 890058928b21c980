using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using CqlDriver.Topology;
using Xunit.Abstractions;

namespace CqlDriver.IntegrationTests.Support;

/// <summary>What a cluster object decided while a test ran: its changes in order, the phases of its handovers.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "It is disposed asynchronously.")]
internal sealed class TopologyWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<(DateTime At, TopologyChange Change)> _changes = new();
    private readonly ConcurrentQueue<(DateTime At, HandoverSnapshot Handover)> _handovers = new();
    private readonly Task _reading;

    public TopologyWatch(CqlCluster cluster)
    {
        _reading = Task.WhenAll(
            ReadAsync(cluster.ListenAsync(_stop.Token), change => _changes.Enqueue((DateTime.UtcNow, change))),
            ReadAsync(cluster.Handovers.ListenAsync(_stop.Token), handover => _handovers.Enqueue((DateTime.UtcNow, handover))));
    }

    /// <summary>All changes, batches opened.</summary>
    public IEnumerable<TopologyChange> Changes => _changes.SelectMany(entry => Open(entry.Change));

    /// <summary>Batches, and changes that came alone as batches of one.</summary>
    public IEnumerable<IReadOnlyList<TopologyChange>> Batches => _changes.Select(entry => Open(entry.Change).ToList());

    public IEnumerable<HandoverSnapshot> Handovers => _handovers.Select(entry => entry.Handover);

    public void WriteTo(ITestOutputHelper output)
    {
        var lines = _changes.Select(entry => (entry.At, Text: string.Join(" + ", Open(entry.Change).Select(Describe))))
            .Concat(_handovers.Select(entry => (entry.At, Text: entry.Handover.ToString())))
            .OrderBy(line => line.At);
        foreach (var (at, text) in lines)
        {
            output.WriteLine($"{at:HH:mm:ss.fff} {text}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _stop.Dispose();
    }

    private static IEnumerable<TopologyChange> Open(TopologyChange change) => change is ChangeBatch batch ? batch.Changes.SelectMany(Open) : [change];

    private static string Describe(TopologyChange change) => change is TokensChanged tokens ? $"TokensChanged {tokens.HostId} {tokens.Tokens.Length}" : change.ToString();

    private static async Task ReadAsync<T>(IAsyncEnumerable<T> source, Action<T> take)
    {
        try
        {
            await foreach (var item in source)
            {
                take(item);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
