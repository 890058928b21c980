using BenchmarkDotNet.Attributes;
using CqlDriver.LoadBench;
using CqlDriver.LoadBench.Answerer;
using CqlDriver.LoadBench.Load;

namespace CqlDriver.Benchmarks;

/// <summary>Requests through a session over loopback, their answers read and verified; the answerer is a thread of this process. Time is of one request.</summary>
[MemoryDiagnoser]
public class RoundTripBenchmarks
{
    private const int Requests = 4096;

    private CqlSession? _session;
    private Workload? _workload;

    [Params(1, 256)]
    public int InFlight { get; set; }

    [Params(4, 5)]
    public int Version { get; set; }

    // Waited for here: within one process nobody awaits a setup.
    [GlobalSetup]
    public void Connect() => ConnectAsync().GetAwaiter().GetResult();

    [GlobalCleanup]
    public void Disconnect() => _session!.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Benchmark(OperationsPerInvoke = Requests)]
    public Task Insert() => RunAsync(Operation.Insert);

    [Benchmark(OperationsPerInvoke = Requests)]
    public Task SelectOneRow() => RunAsync(Operation.Select);

    private async Task ConnectAsync()
    {
        var options = new LoadOptions { Protocol = (ProtocolVersion)Version };
        var server = new CannedServer(options);
        server.Listen();
        _session = await CqlSession.ConnectAsync(options.ForDriver(server.Port));
        _workload = await Workload.PrepareAsync(_session, options.Keyspace, isReal: false);
    }

    private Task RunAsync(Operation operation)
    {
        var workers = new Task[InFlight];
        for (var i = 0; i < InFlight; i++)
        {
            workers[i] = WorkAsync(operation, Requests / InFlight);
        }

        return Task.WhenAll(workers);
    }

    private async Task WorkAsync(Operation operation, int count)
    {
        for (var number = 0; number < count; number++)
        {
            using var answer = await _workload!.StartAsync(operation, number);
            Workload.Verify(operation, number, answer);
        }
    }
}
