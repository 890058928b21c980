using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using CqlDriver;
using CqlDriver.Topology;

namespace DiscoveryFile;

/// <summary>
/// A list of nodes in a JSON file, as a source of topology. It is read when it changes, and now and then. A file that is half
/// written, or gone, is an error that the driver logs: what is known serves on, and the file is read again.
/// </summary>
internal sealed class NodeFile(string path) : ITopologyMonitor
{
    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Everything there is to know is in the file: the driver needs no connection of its own to the cluster.</summary>
    public bool RequiresControlConnection => false;

    public async Task<IReadOnlyList<NodeDescription>> ReadNodesAsync(CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        var entries = await JsonSerializer.DeserializeAsync<Entry[]>(file, Format, cancellationToken) ?? [];
        return [.. entries.Select(entry => entry.Describe())];
    }

    public async IAsyncEnumerable<TopologySuggestion> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(Path.GetFullPath(path))!, Path.GetFileName(path));
        watcher.Changed += (_, _) => changes.Writer.TryWrite(true);
        watcher.Created += (_, _) => changes.Writer.TryWrite(true);
        watcher.Renamed += (_, _) => changes.Writer.TryWrite(true);
        watcher.EnableRaisingEvents = true;
        await foreach (var _ in changes.Reader.ReadAllAsync(cancellationToken))
        {
            yield return new RefreshSuggested();
        }
    }

    /// <summary>Writes the file anew; a reader sees the old one or the new one.</summary>
    public static void Write(string path, IEnumerable<Entry> entries)
    {
        File.WriteAllText(path + ".new", JsonSerializer.Serialize(entries, Format));
        File.Move(path + ".new", path, overwrite: true);
    }

    internal sealed record Entry(Guid HostId, string Host, int Port, string Datacenter, string Rack)
    {
        public NodeDescription Describe() => new(new HostId(HostId), new NodeEndpoint(Host, Port)) { Datacenter = Datacenter, Rack = Rack };
    }
}
