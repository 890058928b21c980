using System.Diagnostics;
using CqlDriver.IntegrationTests.Server;
using Xunit.Abstractions;

namespace CqlDriver.IntegrationTests.Support;

/// <summary>
/// Idempotent writes and reads at LOCAL_QUORUM over a session, at a bounded rate, for as long as a test changes the cluster
/// under them. It keeps every acknowledged write and every error with its attempts, and what had to be retried. Each reader
/// asks for rows that were acknowledged, so a lost one shows at once; at the end all of them are read.
/// </summary>
internal sealed class Traffic : IAsyncDisposable
{
    // At most 240 writes and 120 reads a second. A cluster that shares two cores with the test, and is starting a node, has to
    // have the greater part of them for itself; at a kill all workers are at the dead node within a few turns all the same.
    private const int Workers = 24;
    private const int ShownErrors = 20;
    private const string Write = "write";
    private const string Read = "read";
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ProgressLimit = TimeSpan.FromSeconds(60);

    private readonly CqlSession _session;
    private readonly PreparedStatement _insert;
    private readonly PreparedStatement _select;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lane[] _lanes = [.. Enumerable.Range(0, Workers).Select(worker => new Lane(worker))];
    private readonly Task[] _running;
    private int _answered;
    private int _failed;

    private Traffic(CqlSession session, PreparedStatement insert, PreparedStatement select)
    {
        (_session, _insert, _select) = (session, insert, select);
        _running = [.. _lanes.Select(lane => Task.Run(() => RunAsync(lane)))];
    }

    /// <summary>Whether a request has failed, or a row was missing.</summary>
    public bool HasErrors => Volatile.Read(ref _failed) > 0;

    /// <summary>Why attempts failed whose requests then ended well. To be asked after the end.</summary>
    public IEnumerable<Exception> Retried => _lanes.SelectMany(lane => lane.Retried).Select(attempt => attempt.Error);

    /// <summary>Creates the table. Its keyspace has a copy on each of three nodes, or of as many as there are.</summary>
    public static async Task CreateTableAsync(CqlSession session, string keyspace, int replicationFactor)
    {
        await session.ExecuteAsync(
            $"CREATE KEYSPACE {keyspace} WITH replication = {{'class': 'NetworkTopologyStrategy', '{CassandraCluster.Datacenter}': {Math.Min(3, replicationFactor)}}}");

        // Else the server takes long to ask another replica when one does not answer. It does for all that, 5 s, until it has
        // looked at the new table for the first time: that long a read may take here when a node dies.
        await session.ExecuteAsync($"CREATE TABLE {keyspace}.traffic (id int PRIMARY KEY, value text) WITH speculative_retry = '100ms'");
    }

    /// <summary>Starts on a table that is there and empty.</summary>
    public static async Task<Traffic> StartAsync(CqlSession session, string keyspace)
    {
        await session.ExecuteAsync($"USE {keyspace}");
        var insert = await session.PrepareAsync("INSERT INTO traffic (id, value) VALUES (?, ?)");
        var select = await session.PrepareAsync("SELECT value FROM traffic WHERE id = ?");
        return new Traffic(session, Safe(insert), Safe(select));

        static PreparedStatement Safe(PreparedStatement statement) => statement.WithConsistency(ConsistencyLevel.LocalQuorum).WithIdempotence(true);
    }

    /// <summary>Waits until that many further requests have been answered well.</summary>
    public Task ProceedAsync(int requests)
    {
        var goal = Volatile.Read(ref _answered) + requests;
        return Eventually.TrueAsync($"{requests} further requests are answered", ProgressLimit, () => Volatile.Read(ref _answered) >= goal);
    }

    /// <summary>Waits until each of that many nodes has coordinated a request since the call.</summary>
    public Task WhenCoordinatedByAsync(params IEnumerable<HostId> nodes)
    {
        foreach (var lane in _lanes)
        {
            lane.Coordinators.Clear();
        }

        var wanted = nodes.ToHashSet();
        return Eventually.TrueAsync(
            $"{string.Join(", ", wanted)} coordinate requests",
            ProgressLimit,
            () => wanted.IsSubsetOf(_lanes.SelectMany(lane => lane.Coordinators.Keys)));
    }

    /// <summary>
    /// Ends the traffic and proves it: no request failed, no row that was acknowledged was missing when it was read, and all
    /// of them can be read at the end.
    /// </summary>
    /// <param name="output">Where it is told.</param>
    /// <param name="isServersOwn">Errors that no driver can avoid, because the server cannot answer; by default there are none.</param>
    public async Task ShouldHaveLostNothingAsync(ITestOutputHelper output, Func<Exception, bool>? isServersOwn = null)
    {
        await StopAsync();
        output.WriteLine(ToString());
        var errors = _lanes.SelectMany(lane => lane.Errors).OrderBy(error => error.At).ToList();
        foreach (var error in errors.Take(ShownErrors))
        {
            output.WriteLine(error.ToString());
        }

        errors.Where(error => isServersOwn is null || !isServersOwn(error.Error)).Should().BeEmpty("idempotent requests are retried on nodes that serve");

        var all = new SimpleStatement("SELECT id, value FROM traffic").WithPageSize(1_000).WithConsistency(ConsistencyLevel.LocalQuorum).WithIdempotence(true);
        var found = (await (await _session.ExecuteAsync(all)).ReadAllAsync(row => (Id: row.Get<int>(0), Value: row.Get<string>(1)))).ToDictionary(row => row.Id, row => row.Value);
        var lost = _lanes.SelectMany(lane => lane.Acknowledged).Where(id => found.GetValueOrDefault(id) != ValueOf(id)).ToList();
        lost.Should().BeEmpty("an acknowledged write is not lost; {0} were acknowledged, {1} rows are there", _lanes.Sum(lane => lane.Acknowledged.Count), found.Count);
    }

    public override string ToString()
    {
        var retried = _lanes.SelectMany(lane => lane.Retried).CountBy(attempt => $"{KindOf(attempt.Error)} at {attempt.Endpoint}").Select(kind => $"{kind.Value} × {kind.Key}");
        return $"{_lanes.Sum(lane => lane.Acknowledged.Count)} writes acknowledged, {_lanes.Sum(lane => lane.RowsRead)} rows read, " +
            $"{_lanes.Sum(lane => lane.Errors.Count)} errors, longest {_lanes.Max(lane => lane.LongestWrite).TotalMilliseconds:0} ms to write, " +
            $"{_lanes.Max(lane => lane.LongestRead).TotalMilliseconds:0} ms to read; retried: {string.Join(", ", retried.DefaultIfEmpty("none"))}";
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private static string KindOf(Exception error) => error is ServerException { Code: var code } ? $"{error.GetType().Name} 0x{code:X4}" : error.GetType().Name;

    private static string ValueOf(int id) => $"value {id}";

    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
    }

    /// <summary>Requests themselves are not cancelled: each one started is counted.</summary>
    private async Task RunAsync(Lane lane)
    {
        using var timer = new PeriodicTimer(Pace);
        for (var turn = 0; !_stop.IsCancellationRequested; turn++)
        {
            await WriteAsync(lane, (turn * Workers) + lane.Number);
            if (turn % 2 == 1 && lane.Acknowledged.Count > 0)
            {
                await ReadAsync(lane, lane.Acknowledged[(turn * 7_919) % lane.Acknowledged.Count]);
            }

            try
            {
                await timer.WaitForNextTickAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task WriteAsync(Lane lane, int id)
    {
        if (await RequestAsync(lane, Write, id, () => _session.ExecuteAsync(_insert, (id, ValueOf(id)))) is not null)
        {
            lane.Acknowledged.Add(id);
        }
    }

    private async Task ReadAsync(Lane lane, int id)
    {
        if (await RequestAsync(lane, Read, id, () => _session.ExecuteAsync(_select, id)) is not { } rows)
        {
            return;
        }

        lane.RowsRead++;
        if (rows.FirstOrDefault()?.Get<string>(0) != ValueOf(id))
        {
            Fail(lane, Read, id, new InvalidDataException($"The acknowledged row was not found by {rows.Info.Coordinator}."));
        }
    }

    private async Task<RowSet?> RequestAsync(Lane lane, string what, int id, Func<ValueTask<RowSet>> request)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            var rows = await request();
            lane.Coordinators.TryAdd(rows.Info.Coordinator.HostId, true);
            lane.Retried.AddRange(rows.Info.EarlierAttempts);
            Interlocked.Increment(ref _answered);
            return rows;
        }
        catch (CqlException error)
        {
            Fail(lane, what, id, error);
            return null;
        }
        finally
        {
            lane.Took(what, Stopwatch.GetElapsedTime(start));
        }
    }

    private void Fail(Lane lane, string what, int id, Exception error)
    {
        lane.Errors.Add(new TrafficError(what, id, DateTime.UtcNow, error));
        Interlocked.Increment(ref _failed);
    }

    /// <summary>What one worker did. Its own until the traffic has stopped, but for the coordinators.</summary>
    private sealed class Lane(int number)
    {
        public int Number => number;

        public List<int> Acknowledged { get; } = [];

        public List<TrafficError> Errors { get; } = [];

        public List<AttemptFailure> Retried { get; } = [];

        public System.Collections.Concurrent.ConcurrentDictionary<HostId, bool> Coordinators { get; } = new();

        public int RowsRead { get; set; }

        public TimeSpan LongestWrite { get; private set; }

        public TimeSpan LongestRead { get; private set; }

        public void Took(string what, TimeSpan time)
        {
            if (what == Write)
            {
                LongestWrite = time > LongestWrite ? time : LongestWrite;
            }
            else
            {
                LongestRead = time > LongestRead ? time : LongestRead;
            }
        }
    }
}

/// <summary>A request that failed, or a read that did not find what had been acknowledged.</summary>
internal sealed record TrafficError(string What, int Id, DateTime At, Exception Error)
{
    public override string ToString()
    {
        var tried = Error switch
        {
            NoNodeAvailableException none => none.Nodes,
            RequestException request => request.EarlierAttempts,
            _ => [],
        };
        return $"{At:HH:mm:ss.fff} {What} of {Id}: {Error.GetType().Name}: {Error.Message}" + string.Concat(tried.Select(attempt => $"\n    before: {attempt.Error.GetType().Name}, {attempt}"));
    }
}
