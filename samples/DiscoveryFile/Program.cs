using CqlDriver;
using CqlDriver.Testing;
using CqlDriver.Topology;
using DiscoveryFile;

// The nodes of a cluster stand in a file, and nowhere else does the driver look: it opens no control connection. The file is
// edited while an application writes and reads. With the path of a file of yours as argument, its nodes are followed until a
// key is pressed.
if (args is [var yours])
{
    return await FollowAsync(yours);
}

var path = Path.Combine(Path.GetTempPath(), $"nodes-{Environment.ProcessId}.json");
await using var server = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 3 });
Edit(server.Nodes);
try
{
    return await EditUnderLoadAsync();
}
finally
{
    File.Delete(path);
}

async Task<int> EditUnderLoadAsync()
{
    using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
    await using var cluster = CqlCluster.Create(new CqlClusterOptions { TopologyMonitor = _ => new NodeFile(path), ReadSchema = false });
    using var told = new CancellationTokenSource();
    var telling = TellAsync(cluster, told.Token);
    await using var session = await cluster.ConnectAsync(limit.Token);
    await using var load = await Load.StartAsync(session);
    await load.GoOnAsync(5_000, limit.Token);

    Console.WriteLine("\nA node is added");
    var added = await server.AddNodeAsync();
    Edit(server.Nodes);
    await WhenAsync(() => Shows(added));

    Console.WriteLine("\nA node dies and comes back elsewhere");
    var moved = server.Nodes[1];
    await moved.MoveAsync(OldAddress.Reset);
    Edit(server.Nodes);
    await WhenAsync(() => Shows(moved));

    Console.WriteLine("\nSomebody saves nonsense: what is known serves on");
    File.WriteAllText(path, "[ { \"host_id\": ");
    await load.GoOnAsync(5_000, limit.Token);

    Console.WriteLine("\nA node is taken off the list, then switched off");
    var removed = server.Nodes[0];
    Edit(server.Nodes.Where(node => node != removed));
    await WhenAsync(() => !cluster.Metadata.TryGetNode(removed.HostId, out _));
    await WhenAsync(() => removed.Statistics.ConnectionsOpen == 0);
    await server.DecommissionNodeAsync(removed);
    await load.GoOnAsync(5_000, limit.Token);

    await load.StopAsync();
    await told.CancelAsync();
    await telling;
    var events = server.Nodes.Append(removed).Sum(node => node.Statistics.Count(RequestKind.Register));
    Console.WriteLine($"\n{load.Rows:N0} rows written and read back\n{events} control connections\n{load.Failed} failed requests");
    return load.Failed == 0 && events == 0 ? 0 : 1;

    bool Shows(EmbeddedNode node) => cluster.Metadata.TryGetNode(node.HostId, out var known) && node.Endpoint.Equals(known.Endpoint) && node.Statistics.ConnectionsOpen > 0;

    async Task WhenAsync(Func<bool> holds)
    {
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!holds())
        {
            await look.WaitForNextTickAsync(limit.Token);
        }

        await load.GoOnAsync(5_000, limit.Token);
    }
}

void Edit(IEnumerable<EmbeddedNode> nodes) =>
    NodeFile.Write(path, nodes.Select(node => new NodeFile.Entry(node.HostId.Value, node.Endpoint.Host, node.Endpoint.Port, node.Datacenter, node.Rack)));

async Task<int> FollowAsync(string file)
{
    await using var cluster = CqlCluster.Create(new CqlClusterOptions { TopologyMonitor = _ => new NodeFile(file), ReadSchema = false });
    using var stop = new CancellationTokenSource();
    var telling = TellAsync(cluster, stop.Token);
    await using var session = await cluster.ConnectAsync();
    Console.ReadKey(intercept: true);
    await stop.CancelAsync();
    await telling;
    return 0;
}

// What the driver decided, as it decides it.
static async Task TellAsync(CqlCluster cluster, CancellationToken stop)
{
    try
    {
        await foreach (var change in cluster.ListenAsync(stop))
        {
            foreach (var part in change is ChangeBatch batch ? [.. batch.Changes] : new[] { change })
            {
                var line = part switch
                {
                    NodeJoined joined => $"joined: {joined.Node}",
                    NodeLeft left => $"left: {left.HostId}",
                    NodeMoved moved => $"moved: {moved.HostId} to {moved.To}",
                    NodeDown down => $"down: {down.HostId}, {down.Reason}",
                    NodeUp up => $"up: {up.HostId}",
                    _ => null,
                };
                if (line is not null)
                {
                    Console.WriteLine($"    {line}");
                }
            }
        }
    }
    catch (OperationCanceledException)
    {
        // Enough was told.
    }
}
