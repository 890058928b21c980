using System.Collections.Immutable;
using System.Threading.Channels;
using CqlDriver.Testing;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Topology.Monitors;

/// <summary>A monitor that says what the test tells it to, and counts what it is asked.</summary>
internal sealed class ScriptedMonitor : ITopologyMonitor
{
    private Channel<TopologySuggestion> _suggestions = Channel.CreateUnbounded<TopologySuggestion>();
    private int _reads;
    private int _watches;
    private int _agreementChecks;
    private int _disposals;

    public bool RequiresControlConnection { get; init; }

    /// <summary>What all nodes are; may be changed at any time.</summary>
    public Func<CancellationToken, Task<IReadOnlyList<NodeDescription>>> Nodes { get; set; } = _ => Task.FromResult<IReadOnlyList<NodeDescription>>([]);

    /// <summary>The stream of suggestions; null: the one that <see cref="Suggest"/> writes to.</summary>
    public Func<CancellationToken, IAsyncEnumerable<TopologySuggestion>>? Stream { get; set; }

    public bool? Agreement { get; set; }

    public int Reads => Volatile.Read(ref _reads);

    public int Watches => Volatile.Read(ref _watches);

    public int AgreementChecks => Volatile.Read(ref _agreementChecks);

    public int Disposals => Volatile.Read(ref _disposals);

    /// <summary>Tells the nodes of an embedded cluster, whatever they are when it is asked.</summary>
    public static ScriptedMonitor Of(EmbeddedCluster server, bool requiresControlConnection = false) => new()
    {
        RequiresControlConnection = requiresControlConnection,
        Nodes = _ => Task.FromResult<IReadOnlyList<NodeDescription>>([.. server.Nodes.Select(Describe)]),
    };

    public static NodeDescription Describe(EmbeddedNode node) =>
        new(node.HostId, node.Endpoint) { Datacenter = node.Datacenter, Rack = node.Rack, Tokens = node.Tokens };

    public static ImmutableArray<NodeDescription> Describe(EmbeddedCluster server) => [.. server.Nodes.Select(Describe)];

    public void Suggest(TopologySuggestion suggestion) => Volatile.Read(ref _suggestions).Writer.TryWrite(suggestion);

    /// <summary>Ends the stream; the next watch gets another one.</summary>
    public void EndStream(Exception? error = null) =>
        Interlocked.Exchange(ref _suggestions, Channel.CreateUnbounded<TopologySuggestion>()).Writer.Complete(error);

    public Task<IReadOnlyList<NodeDescription>> ReadNodesAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        return Nodes(cancellationToken);
    }

    public Task<bool?> CheckSchemaAgreementAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _agreementChecks);
        return Task.FromResult(Agreement);
    }

    public IAsyncEnumerable<TopologySuggestion> WatchAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _watches);
        return Stream is { } stream ? stream(cancellationToken) : Volatile.Read(ref _suggestions).Reader.ReadAllAsync(cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        Interlocked.Increment(ref _disposals);
        return ValueTask.CompletedTask;
    }
}
