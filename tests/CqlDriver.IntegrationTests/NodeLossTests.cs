using CqlDriver.IntegrationTests.Server;
using CqlDriver.IntegrationTests.Support;

namespace CqlDriver.IntegrationTests;

/// <summary>One of three nodes is killed while rows are written, and comes back.</summary>
[Collection(ThreeNodesCollection.Name)]
public sealed class NodeLossTests(ThreeNodes server)
{
    private const int KillAfter = 2_000;
    private const int Rows = 10_000;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task Node_killed_while_writing_fails_no_idempotent_write_and_is_used_again()
    {
        server.SkipWithoutServer();
        await using var session = await server.ConnectAsync();
        await session.UseNewKeyspaceAsync(replicationFactor: 3);
        await session.ExecuteAsync("CREATE TABLE readings (id int PRIMARY KEY, value text)");
        var insert = (await session.PrepareAsync("INSERT INTO readings (id, value) VALUES (?, ?)"))
            .WithConsistency(ConsistencyLevel.LocalQuorum).WithIdempotence(true);
        session.Cluster.Metadata.Nodes.Should().HaveCount(3).And.OnlyContain(node => node.IsUp);

        var written = 0;
        var kill = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var killed = KillWhenToldAsync(kill.Task);
        await Parallel.ForEachAsync(Enumerable.Range(0, Rows), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            await session.ExecuteAsync(insert, (i, $"value {i}"), CancellationToken.None);
            if (Interlocked.Increment(ref written) == KillAfter)
            {
                kill.SetResult();
            }
        });
        await killed;

        await Eventually.TrueAsync("the killed node is seen as down", Limit, () => !Third(session).IsUp);

        await server.StartAgainAsync(3);
        await Eventually.TrueAsync("the node is up again", Limit, () => Third(session).IsUp);
        var coordinators = new HashSet<HostId>();
        for (var i = 0; i < 100 && coordinators.Count < 3; i++)
        {
            coordinators.Add((await session.ExecuteAsync(insert, (i, "again"))).Info.Coordinator.HostId);
        }

        coordinators.Should().HaveCount(3, "the node that came back coordinates requests again");

        // Only now: as long as the other nodes believe in the dead one, their quorum reads may wait for it.
        var all = new SimpleStatement("SELECT id FROM readings").WithPageSize(1_000).WithConsistency(ConsistencyLevel.LocalQuorum).WithIdempotence(true).WithTimeout(Limit);
        (await (await session.ExecuteAsync(all)).ReadAllAsync(row => row.Get<int>(0))).Order().Should().Equal(Enumerable.Range(0, Rows));
    }

    private async Task KillWhenToldAsync(Task told)
    {
        await told;
        await server.KillAsync(3);
    }

    private static Topology.Node Third(CqlSession session) =>
        session.Cluster.Metadata.Nodes.Single(node => node.Endpoint!.Host == CassandraCluster.Address(3));
}
