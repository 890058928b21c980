using System.Diagnostics;
using CqlDriver;

namespace Quickstart;

/// <summary>What a newcomer wants to see: nodes, a table, many writes at once, paging.</summary>
internal sealed class Tour(CqlSession session, QuickstartOptions options)
{
    private const int Sensors = 20;
    private const int AtOnce = 128;
    private const int PageSize = 500;

    private readonly Guid _run = Guid.NewGuid();

    public async Task RunAsync(CancellationToken stop)
    {
        ShowNodes();
        await CreateTableAsync(stop);
        var writing = await WriteAsync(stop);
        var reading = await ReadAsync(stop);
        ShowNodes();
        Console.WriteLine($"\nDone: {options.Rows:N0} rows written in {writing.TotalSeconds:F2} s and read in {reading.TotalSeconds:F2} s.");
    }

    private void ShowNodes()
    {
        var metadata = session.Cluster.Metadata;
        Console.WriteLine($"\nCluster '{metadata.ClusterName}'");
        foreach (var node in metadata.Nodes.OrderBy(node => node.Endpoint?.ToString(), StringComparer.Ordinal))
        {
            Console.WriteLine($"  {node.Endpoint,-22} {(node.IsUp ? "up" : "DOWN"),-5} {node.Datacenter}/{node.Rack}  version {node.ReleaseVersion}  host id {node.HostId}");
        }
    }

    private async Task CreateTableAsync(CancellationToken stop)
    {
        // As many copies as there are nodes in the datacenter, three at most: then a write at quorum survives the loss of one of three.
        var datacenter = options.Datacenter ?? session.Cluster.Metadata.Nodes[0].Datacenter;
        var copies = Math.Clamp(session.Cluster.Metadata.Nodes.Count(node => node.Datacenter == datacenter), 1, 3);
        await session.ExecuteAsync(
            $"CREATE KEYSPACE IF NOT EXISTS {options.Keyspace} WITH replication = {{'class': 'NetworkTopologyStrategy', '{datacenter}': {copies}}}", stop);
        await session.ExecuteAsync(
            $"CREATE TABLE IF NOT EXISTS {options.Keyspace}.readings (run uuid, sensor int, n int, value double, PRIMARY KEY ((run, sensor), n))", stop);
        Console.WriteLine($"\nTable {options.Keyspace}.readings, {copies} cop{(copies == 1 ? "y" : "ies")} in {datacenter}");
    }

    private async Task<TimeSpan> WriteAsync(CancellationToken stop)
    {
        // Idempotent: writing a reading twice changes nothing, so the driver may try another node when one is lost on the way.
        var insert = (await session.PrepareAsync($"INSERT INTO {options.Keyspace}.readings (run, sensor, n, value) VALUES (?, ?, ?, ?)", stop))
            .WithConsistency(ConsistencyLevel.LocalQuorum).WithIdempotence(true);

        Console.WriteLine($"\nWriting {options.Rows:N0} rows, {AtOnce} at once");
        var started = Stopwatch.GetTimestamp();
        await using (var progress = new ProgressLine(options.Rows))
        {
            var bounded = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop };
            await Parallel.ForEachAsync(Enumerable.Range(0, options.Rows), bounded, async (n, cancel) =>
            {
                await session.ExecuteAsync(insert, (_run, n % Sensors, n, Math.Sin(n)), cancel);
                progress.Step();
            });
        }

        return Stopwatch.GetElapsedTime(started);
    }

    private async Task<TimeSpan> ReadAsync(CancellationToken stop)
    {
        var select = (await session.PrepareAsync($"SELECT n, value FROM {options.Keyspace}.readings WHERE run = ? AND sensor = ?", stop))
            .WithPageSize(PageSize).WithIdempotence(true);

        Console.WriteLine($"\nReading {Sensors} partitions back, {PageSize} rows a page");
        var started = Stopwatch.GetTimestamp();
        var rows = 0;
        var sum = 0.0;
        for (var sensor = 0; sensor < Sensors; sensor++)
        {
            // Goes on from page to page by itself and asks for the next one while this one is read.
            await foreach (var row in (await session.ExecuteAsync(select, (_run, sensor), stop)).WithCancellation(stop))
            {
                rows++;
                sum += row.Get<double>("value");
            }
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        Console.WriteLine($"  {rows:N0} rows, sum of values {sum:F3}");
        return rows == options.Rows ? elapsed : throw new CqlException($"{options.Rows:N0} rows were written and {rows:N0} read: the cluster lost some.");
    }
}
