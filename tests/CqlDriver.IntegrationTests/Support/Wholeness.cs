using CqlDriver.IntegrationTests.Server;
using Xunit.Abstractions;

namespace CqlDriver.IntegrationTests.Support;

/// <summary>
/// Whether all nodes of a cluster serve and believe in each other: each of them coordinates a write that all must acknowledge.
/// A driver that sees all nodes proves less, since a server goes on for seconds believing in a dead one, or doubting a living.
/// </summary>
internal static class Wholeness
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Waits until the cluster is whole; starts it anew when a test before left it broken.</summary>
    public static async Task EnsureWholeAsync(this CassandraCluster server, ITestOutputHelper output)
    {
        try
        {
            await server.WhenWholeAsync();
        }
        catch (Exception error) when (error is CqlException or OperationCanceledException)
        {
            output.WriteLine($"The cluster was not whole and is started anew: {error.Message}");
            await server.StartAnewAsync();
            await server.WhenWholeAsync();
        }
    }

    public static async Task CreateTableAsync(CqlSession session, int nodes)
    {
        await session.ExecuteAsync(
            $"CREATE KEYSPACE IF NOT EXISTS wholeness WITH replication = {{'class': 'NetworkTopologyStrategy', '{CassandraCluster.Datacenter}': {nodes}}}");
        await session.ExecuteAsync("CREATE TABLE IF NOT EXISTS wholeness.rounds (id int PRIMARY KEY)");
    }

    /// <summary>Waits until the cluster is whole.</summary>
    public static async Task WhenWholeAsync(this CassandraCluster server)
    {
        await using var session = await server.ConnectAsync();
        if (server.TrafficKeyspace is null)
        {
            await CreateTableAsync(session, server.NodeCount);
        }

        var write = new SimpleStatement("INSERT INTO wholeness.rounds (id) VALUES (1)").WithConsistency(ConsistencyLevel.All).WithTimeout(TimeSpan.FromSeconds(5));
        using var timer = new PeriodicTimer(Interval);
        using var limit = new CancellationTokenSource(Limit);
        var coordinators = new HashSet<HostId>();
        while (coordinators.Count < server.NodeCount)
        {
            limit.Token.ThrowIfCancellationRequested();
            coordinators = await RoundAsync(session, write, server.NodeCount);
            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    /// <summary>Who coordinated, when one after the other all did and nobody doubted another one.</summary>
    private static async Task<HashSet<HostId>> RoundAsync(CqlSession session, Statement write, int nodes)
    {
        var coordinators = new HashSet<HostId>();
        for (var i = 0; i < 2 * nodes; i++)
        {
            try
            {
                var info = (await session.ExecuteAsync(write)).Info;
                if (!info.EarlierAttempts.IsEmpty)
                {
                    return [];
                }

                coordinators.Add(info.Coordinator.HostId);
            }
            catch (RequestException)
            {
                return [];
            }
        }

        return coordinators;
    }
}
