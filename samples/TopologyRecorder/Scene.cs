using CqlDriver;
using CqlDriver.Testing;
using CqlDriver.Topology;

namespace TopologyRecorderSample;

/// <summary>A cluster to which things happen.</summary>
internal static class Scene
{
    public static async Task<Metadata> PlayAsync(string path)
    {
        Console.WriteLine("No arguments given: recording a session on an embedded cluster while nodes move, come and go.");
        await using var server = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 3 });
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        return await Recording.RecordAsync(path, [server.ContactPoints[0].ToString()], async cluster =>
        {
            await using var session = await cluster.ConnectAsync(limit.Token);
            var moving = server.Nodes[1];
            await moving.MoveAsync(OldAddress.Reset, cancellationToken: limit.Token);
            await UntilAsync(cluster, metadata => moving.Endpoint.Equals(NodeOf(metadata, moving.HostId)?.Endpoint) && metadata.Handovers.IsEmpty, limit.Token);

            var added = await server.AddNodeAsync(cancellationToken: limit.Token);
            await UntilAsync(cluster, metadata => NodeOf(metadata, added.HostId) is { State: TopologyState.Normal }, limit.Token);

            await server.DecommissionNodeAsync(added, limit.Token);
            await UntilAsync(cluster, metadata => NodeOf(metadata, added.HostId) is null, limit.Token);
            await session.ExecuteAsync("SELECT key FROM system.local", limit.Token);
        });
    }

    /// <summary>Looks at the snapshot after each change.</summary>
    private static async Task UntilAsync(CqlCluster cluster, Func<Metadata, bool> isReached, CancellationToken stop)
    {
        await foreach (var _ in cluster.ListenAsync(after: 0, stop))
        {
            if (isReached(cluster.Metadata))
            {
                return;
            }
        }
    }

    private static Node? NodeOf(Metadata metadata, HostId hostId) => metadata.TryGetNode(hostId, out var node) ? node : null;
}
