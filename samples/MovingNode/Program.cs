using CqlDriver;
using CqlDriver.Testing;
using MovingNode;

// A node changes its address, twice, while an application writes and reads. The driver knows the node by its host id: it dials
// the new address, makes sure who answers there, makes its connections ready, and only then lets requests go there.
await using var server = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 3 });
await using var cluster = CqlCluster.Create(new CqlClusterOptions { ContactPoints = { server.ContactPoints[0].ToString() } });
await using var session = await cluster.ConnectAsync();
await session.ExecuteAsync("CREATE KEYSPACE moving WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}");
await session.ExecuteAsync("CREATE TABLE moving.numbers (id bigint PRIMARY KEY, square bigint)");

using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
await using var load = await Load.StartAsync(session, tasks: 8);
await load.GoOnAsync(5_000, limit.Token);

var node = server.Nodes[1];
await MoveAsync("dies and comes back elsewhere: its connections are reset", OldAddress.Reset);
await MoveAsync("moves again, and goes on answering at its old address", OldAddress.Kept);

await load.StopAsync();
Console.WriteLine($"\n{load.Rows:N0} rows written and read back");
Console.WriteLine($"{load.Failed} failed requests");
return load.Failed == 0 ? 0 : 1;

async Task MoveAsync(string how, OldAddress oldAddress)
{
    var to = new NodeEndpoint($"127.0.0.{int.Parse(node.Endpoint.Host.Split('.')[^1]) + 10}", node.Endpoint.Port);
    Console.WriteLine($"\nNode {node.HostId} {how}\n    {node.Endpoint} → {to}");
    var following = PhaseLog.FollowAsync(cluster.Handovers, node.HostId, to, limit.Token);
    await node.MoveAsync(oldAddress, to, limit.Token);
    await following;
    await load.GoOnAsync(5_000, limit.Token);
}
